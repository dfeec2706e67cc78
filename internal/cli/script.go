package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// help is what \? prints.
const help = `Statements end with a semicolon.
  \q        leave
  \timing   show how long statements take, or no longer
  \?        this help
Tables and columns are in information_schema and pg_catalog; psql connects to
"driftdb serve" for \d and its other commands.
`

// lines is where a script's lines come from.
type lines interface {
	// line returns the next line without its end; io.EOF after the last.
	line(prompt string) (string, error)
}

// Script runs the statements of r one by one, each on its own as psql does, and
// stops at the first that fails, with ErrStatement. Lines after COPY FROM STDIN up
// to one with \. are its data.
func (s *Shell) Script(ctx context.Context, r io.Reader) error {
	return s.each(ctx, &fileLines{r: bufio.NewReaderSize(r, 64<<10)}, true)
}

// Terminal talks to a person at a terminal until \q or the end of input.
func (s *Shell) Terminal(ctx context.Context, in *os.File, out io.Writer) error {
	t := &ttyLines{in: in, out: out}
	t.term = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, out}, "")
	fmt.Fprintf(out, "driftdb sql. Type \\? for help, \\q to leave.\n")
	return s.each(ctx, t, false)
}

// each reads lines and runs statements as they become complete.
func (s *Shell) each(ctx context.Context, in lines, stop bool) error {
	pending := ""
	for {
		line, err := in.line(s.prompt(pending))
		switch {
		case errors.Is(err, io.EOF):
			if blank(pending) {
				return nil
			}
			return s.Run(ctx, pending, nil)
		case err != nil:
			return err
		}
		if blank(pending) && strings.HasPrefix(strings.TrimSpace(line), `\`) {
			quit, err := s.command(strings.TrimSpace(line))
			if quit || err != nil && stop {
				return err
			}
			continue
		}
		pending += line + "\n"
		for end := statementEnd(pending); end >= 0; end = statementEnd(pending) {
			statement := pending[:end]
			pending = pending[end:]
			if blank(statement) {
				continue
			}
			err := s.Run(ctx, strings.TrimLeft(statement, " \t\r\n"), func() io.Reader { return &copyLines{in: in} })
			if err != nil && (stop || !errors.Is(err, ErrStatement)) {
				return err
			}
		}
		if blank(pending) {
			pending = ""
		}
	}
}

// prompt shows the transaction's state and whether a statement is unfinished.
func (s *Shell) prompt(pending string) string {
	mark := "="
	if !blank(pending) {
		mark = "-"
	}
	switch s.status {
	case 'T':
		return "driftdb" + mark + "*> "
	case 'E':
		return "driftdb" + mark + "!> "
	}
	return "driftdb" + mark + "> "
}

// command carries out a backslash command.
func (s *Shell) command(line string) (quit bool, err error) {
	switch word, _, _ := strings.Cut(line, " "); word {
	case `\q`:
		return true, nil
	case `\?`, `\h`:
		_, err = io.WriteString(s.Out, help)
	case `\timing`:
		s.Timing = !s.Timing
		state := "off"
		if s.Timing {
			state = "on"
		}
		_, err = fmt.Fprintf(s.Out, "Timing is %s.\n", state)
	default:
		fmt.Fprintf(s.Err, "invalid command %s\nTry \\? for help.\n", word)
		err = ErrStatement
	}
	return false, err
}

// fileLines reads lines of any length from a file.
type fileLines struct{ r *bufio.Reader }

func (f *fileLines) line(string) (string, error) {
	line, err := f.r.ReadString('\n')
	if err == io.EOF && line != "" {
		return line, nil
	}
	return strings.TrimSuffix(line, "\n"), err
}

// ttyLines edits lines at a terminal. The terminal is raw only while a line is
// typed, so that Ctrl-C reaches a running statement as a signal.
type ttyLines struct {
	in   *os.File
	out  io.Writer
	term *term.Terminal
}

func (t *ttyLines) line(prompt string) (string, error) {
	state, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return "", err
	}
	defer term.Restore(int(t.in.Fd()), state) //nolint:errcheck // nothing is left to try
	if w, h, err := term.GetSize(int(t.in.Fd())); err == nil && w > 0 {
		_ = t.term.SetSize(w, h)
	}
	t.term.SetPrompt(prompt)
	line, err := t.term.ReadLine()
	if errors.Is(err, term.ErrPasteIndicator) {
		err = nil
	}
	return line, err
}

// copyLines are the data lines of COPY FROM STDIN up to \. or the end.
type copyLines struct {
	in   lines
	left string
	done bool
}

// Read implements io.Reader.
func (c *copyLines) Read(b []byte) (int, error) {
	if c.left == "" {
		if c.done {
			return 0, io.EOF
		}
		line, err := c.in.line(">> ")
		if err != nil || strings.TrimSuffix(line, "\r") == `\.` {
			c.done = true
			if err == nil {
				err = io.EOF
			}
			return 0, err
		}
		c.left = line + "\n"
	}
	n := copy(b, c.left)
	c.left = c.left[n:]
	return n, nil
}
