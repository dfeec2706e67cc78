// Command driftdb is the database in one binary: the server, the shell and the
// tools around a data directory.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/driftdb/driftdb/internal/store"
)

// Exit codes, beside 0 for success and 1 for any other failure.
const (
	exitUsage  = 2 // the command line is wrong
	exitInUse  = 3 // another process holds the data directory
	exitFormat = 4 // the data directory is from a newer version
	exitDamage = 5 // doctor found damage
)

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "driftdb:", err)
		os.Exit(exitCode(err))
	}
}

func exitCode(err error) int {
	var e *exitError
	switch {
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, store.ErrInUse):
		return exitInUse
	case errors.Is(err, store.ErrNewerFormat):
		return exitFormat
	}
	return 1
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "driftdb",
		Short:         "A PostgreSQL-compatible database that never forgets",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitUsage, err} })
	c.CompletionOptions.HiddenDefaultCmd = true
	c.AddCommand(serveCommand(), versionCommand())
	return c
}
