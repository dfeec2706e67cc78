package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/driftdb/driftdb/internal/cli"
)

func sqlCommand() *cobra.Command {
	var t target
	var commands, files []string
	asJSON, quiet := false, false
	c := &cobra.Command{
		Use:   "sql",
		Short: "Run SQL: from the command line, from files, or at a prompt",
		Long: "Run SQL: from the command line (-c), from files (-f), or at a prompt.\n" +
			"Each -c is sent as one string, so its statements are one transaction; statements of files\n" +
			"are run one by one. The first statement that fails ends the run with exit code 1.",
		Example: "  driftdb sql --data ./data\n" +
			"  driftdb sql --url postgres://driftdb@127.0.0.1:5433/driftdb -c 'select 1' --json\n" +
			"  driftdb sql --data ./data -f schema.sql",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if err := t.check(c); err != nil {
				return err
			}
			conn, end, err := t.connect(c.Context(), c)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, end()) }()
			out := bufio.NewWriter(c.OutOrStdout())
			s := &cli.Shell{Conn: conn, Out: out, Err: c.ErrOrStderr(), JSON: asJSON, Quiet: quiet}
			err = runSQL(c, s, commands, files)
			if ferr := out.Flush(); err == nil {
				err = ferr
			}
			if errors.Is(err, cli.ErrStatement) {
				err = &exitError{code: 1, err: err, quiet: true}
			}
			return err
		},
	}
	t.flags(c, true)
	c.Flags().StringArrayVarP(&commands, "command", "c", nil, "run this SQL and leave; may be given several times")
	c.Flags().StringArrayVarP(&files, "file", "f", nil, "run the statements of a file, - for standard input; after all -c")
	c.Flags().BoolVar(&asJSON, "json", false, "print each row as a JSON object on a line of its own")
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "do not print command tags")
	return c
}

func runSQL(c *cobra.Command, s *cli.Shell, commands, files []string) error {
	for _, text := range commands {
		if err := s.Run(c.Context(), text, c.InOrStdin); err != nil {
			return err
		}
	}
	for _, name := range files {
		if err := runFile(c, s, name); err != nil {
			return err
		}
	}
	if len(commands)+len(files) > 0 {
		return nil
	}
	if in := terminal(c.InOrStdin()); in != nil {
		s.Out = c.OutOrStdout() // a person reads along
		return s.Terminal(c.Context(), in, c.OutOrStdout())
	}
	return s.Script(c.Context(), c.InOrStdin())
}

func runFile(c *cobra.Command, s *cli.Shell, name string) error {
	var r io.Reader = c.InOrStdin()
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		r = f
	}
	return s.Script(c.Context(), r)
}
