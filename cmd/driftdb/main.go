// Command driftdb is the database in one binary: the server, the shell and the
// tools around a data directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/driftdb/driftdb"
)

// Exit codes, beside 0 for success and 1 for any other failure.
const (
	exitUsage  = 2 // the command line is wrong
	exitInUse  = 3 // another process holds the data directory
	exitFormat = 4 // the data directory is from a newer version
	exitDamage = 5 // the data directory is damaged
)

const exitHelp = `Exit codes: 0 success, 1 failure, 2 wrong command line, 3 the data directory is in use,
4 the data directory is from a newer version, 5 the data directory is damaged.`

// exitError is an error with an exit code of its own. A quiet one has been
// printed already.
type exitError struct {
	code  int
	err   error
	quiet bool
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main for a command line, and returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	c := root()
	c.SetArgs(args)
	c.SetIn(in)
	c.SetOut(out)
	c.SetErr(errOut)
	err := c.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	var e *exitError
	if !errors.As(err, &e) || !e.quiet {
		fmt.Fprintln(errOut, "driftdb:", err)
	}
	return exitCode(err)
}

func exitCode(err error) int {
	var e *exitError
	switch {
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, driftdb.ErrInUse):
		return exitInUse
	case errors.Is(err, driftdb.ErrNewerFormat):
		return exitFormat
	case errors.Is(err, driftdb.ErrCorrupt):
		return exitDamage
	}
	return 1
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "driftdb",
		Short:         "A PostgreSQL-compatible database that never forgets",
		Long:          "A PostgreSQL-compatible database that never forgets.\n\n" + exitHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("unknown command %q; driftdb --help lists them", args[0])
			}
			return c.Help()
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{code: exitUsage, err: err} })
	c.CompletionOptions.HiddenDefaultCmd = true
	c.AddCommand(serveCommand(), sqlCommand(), initCommand(), doctorCommand(), compactCommand(), versionCommand())
	return c
}

// noArgs refuses arguments with the exit code of a wrong command line.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument %q", c.CommandPath(), args[0])
	}
	return nil
}
