package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// ErrStatement: a statement failed; its error has been printed.
var ErrStatement = errors.New("a statement failed")

// Shell runs statements on a connection and prints what comes back.
type Shell struct {
	Conn   *pgconn.PgConn
	Out    io.Writer // results
	Err    io.Writer // errors and notices
	JSON   bool      // rows as JSON, one object a line
	Quiet  bool      // no command tags
	Timing bool

	status byte // of the transaction, as ReadyForQuery tells: 'I', 'T', 'E'
}

// PrintNotice prints a notice as psql does; it suits Dial.
func PrintNotice(w io.Writer) func(*pgconn.Notice) {
	return func(n *pgconn.Notice) { printMessage(w, (*pgconn.PgError)(n), "") }
}

// Run runs one query string, which may hold several statements, and prints all
// results. data supplies the lines of COPY FROM STDIN; nil refuses it. It returns
// ErrStatement for an error of the server, and the error of a broken connection.
func (s *Shell) Run(ctx context.Context, query string, data func() io.Reader) error {
	defer s.interruptible()()
	start := time.Now()
	front := s.Conn.Frontend()
	front.Send(&pgproto3.Query{String: query})
	if err := front.Flush(); err != nil {
		return err
	}
	failed := false
	out := result{shell: s}
	for {
		m, err := s.Conn.ReceiveMessage(ctx)
		if err != nil {
			return err
		}
		switch m := m.(type) {
		case *pgproto3.ErrorResponse:
			failed = true
			out.flush()
			s.flush()
			printMessage(s.Err, pgconn.ErrorResponseToPgError(m), query)
		case *pgproto3.CopyInResponse:
			if err := s.copyIn(front, data); err != nil {
				return err
			}
		case *pgproto3.ReadyForQuery:
			s.status = m.TxStatus
			if s.Timing {
				fmt.Fprintf(s.Out, "Time: %.3f ms\n", float64(time.Since(start).Microseconds())/1000)
			}
			if failed {
				return ErrStatement
			}
			return out.err
		default:
			out.message(m)
		}
	}
}

// flush brings results out before a message about them.
func (s *Shell) flush() {
	if f, ok := s.Out.(interface{ Flush() error }); ok {
		_ = f.Flush() // the error stays in the writer
	}
}

// interruptible lets Ctrl-C cancel the running statement instead of the program.
func (s *Shell) interruptible() (stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt)
	go func() {
		for {
			select {
			case <-signals:
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				_ = s.Conn.CancelRequest(ctx) // if it does not arrive the statement goes on, and so may the user
				cancel()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

// copyIn sends the data of COPY FROM STDIN.
func (s *Shell) copyIn(front *pgproto3.Frontend, data func() io.Reader) error {
	if data == nil {
		front.Send(&pgproto3.CopyFail{Message: "there is no input to copy from"})
		return front.Flush()
	}
	r, buf := data(), make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			front.Send(&pgproto3.CopyData{Data: buf[:n]})
			if ferr := front.Flush(); ferr != nil {
				return ferr
			}
		}
		switch {
		case err == io.EOF:
			front.Send(&pgproto3.CopyDone{})
			return front.Flush()
		case err != nil:
			front.Send(&pgproto3.CopyFail{Message: err.Error()})
			return front.Flush()
		}
	}
}

// result gathers one statement's answer and prints it.
type result struct {
	shell  *Shell
	fields []pgproto3.FieldDescription
	rows   [][]*string
	copied bool // COPY TO STDOUT: its tag would look like data
	err    error
}

func (r *result) note(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *result) message(m pgproto3.BackendMessage) {
	switch m := m.(type) {
	case *pgproto3.RowDescription:
		// The message's memory is used again for the next one.
		r.fields = make([]pgproto3.FieldDescription, len(m.Fields))
		for i, f := range m.Fields {
			f.Name = append([]byte(nil), f.Name...)
			r.fields[i] = f
		}
	case *pgproto3.DataRow:
		row := make([]*string, len(m.Values))
		for i, v := range m.Values {
			if v != nil {
				text := string(v)
				row[i] = &text
			}
		}
		if r.shell.JSON {
			r.note(writeJSON(r.shell.Out, r.fields, row))
			return
		}
		r.rows = append(r.rows, row)
	case *pgproto3.CopyOutResponse:
		r.copied = true
	case *pgproto3.CopyData:
		_, err := r.shell.Out.Write(m.Data)
		r.note(err)
	case *pgproto3.CommandComplete:
		silent := r.fields != nil || r.copied
		r.flush()
		r.copied = false
		if !silent && !r.shell.JSON && !r.shell.Quiet {
			_, err := fmt.Fprintf(r.shell.Out, "%s\n", m.CommandTag)
			r.note(err)
		}
	}
}

// flush prints the rows gathered so far.
func (r *result) flush() {
	if r.fields != nil && !r.shell.JSON {
		r.note(writeTable(r.shell.Out, r.fields, r.rows))
	}
	r.fields, r.rows = nil, nil
}
