package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/driftdb/driftdb"
	"github.com/driftdb/driftdb/internal/cli"
)

// defaultData is the directory of every verb when none is given.
const defaultData = "./data"

// target is the database a verb works on: a directory or a server.
type target struct {
	data string
	url  string
}

func (t *target) flags(c *cobra.Command, withURL bool) {
	c.Flags().StringVar(&t.data, "data", defaultData, "data directory; no server may have it open")
	if withURL {
		c.Flags().StringVar(&t.url, "url", "", "a running server instead: postgres://USER@HOST:PORT/driftdb")
	}
}

// check finds a wrong use of the two flags.
func (t *target) check(c *cobra.Command) error {
	switch {
	case !c.Flags().Changed("url"):
	case t.url == "":
		return usagef("--url must not be empty")
	case c.Flags().Changed("data"):
		return usagef("give --data or --url, not both")
	}
	return nil
}

// exists fails when there is no database in a directory; only serve and init make
// one, so that a mistyped name does not.
func exists(dir string) error {
	_, err := os.Stat(filepath.Join(dir, "DRIFTDB"))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no database in %s; driftdb init or driftdb serve makes one", dir)
	}
	return err
}

// openData opens a directory of which the verb says that it exists.
func openData(dir string, o *driftdb.Options) (*driftdb.DB, error) {
	db, err := driftdb.Open(dir, o)
	return db, explain(dir, err)
}

// explain adds to an error of opening what the user can do.
func explain(dir string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, driftdb.ErrInUse):
		return &exitError{code: exitInUse, err: fmt.Errorf("the data directory %s is in use by another process: stop that server, or reach it with --url", dir)}
	case errors.Is(err, driftdb.ErrCorrupt):
		return fmt.Errorf("%w\nrun: driftdb doctor --data %s", err, dir)
	case errors.Is(err, driftdb.ErrClockBehind):
		return fmt.Errorf("%w\nset the clock, or start with serve --allow-clock-step", err)
	}
	return err
}

// connect opens a connection to the target. end closes everything.
func (t *target) connect(ctx context.Context, c *cobra.Command) (conn *pgconn.PgConn, end func() error, err error) {
	notice := cli.PrintNotice(c.ErrOrStderr())
	if t.url != "" {
		conn, err = cli.Dial(ctx, t.url, notice, func() (string, error) { return readPassword(c, "Password: ") })
		if err != nil {
			return nil, nil, err
		}
		return conn, func() error { return conn.Close(context.WithoutCancel(ctx)) }, nil
	}
	if err := exists(t.data); err != nil {
		return nil, nil, err
	}
	db, err := openData(t.data, nil)
	if err != nil {
		return nil, nil, err
	}
	local := cli.NewLocal(db)
	conn, err = local.Dial(ctx, notice)
	end = func() error {
		var cerr error
		if conn != nil {
			cerr = conn.Close(context.WithoutCancel(ctx))
		}
		local.Close()
		return errors.Join(cerr, db.Close())
	}
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return conn, end, nil
}

// interruptible ends a verb's context at Ctrl-C and SIGTERM.
func interruptible(c *cobra.Command) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
}

// terminal returns the terminal that a reader is, or nil.
func terminal(r io.Reader) *os.File {
	if f, ok := r.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// readPassword asks for a password without showing it.
func readPassword(c *cobra.Command, prompt string) (string, error) {
	f := terminal(c.InOrStdin())
	if f == nil {
		return "", errors.New("a password is needed and there is no terminal to ask at")
	}
	fmt.Fprint(c.ErrOrStderr(), prompt)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(c.ErrOrStderr())
	return string(b), err
}
