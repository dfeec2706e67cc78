package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/obs"
	"github.com/driftdb/driftdb/server"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	data           string
	logLevel       string
	logJSON        bool
	allowClockStep bool
	cacheMiB       int64
	grace          time.Duration
	options        server.Options
}

func serveCommand() *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve PostgreSQL clients from a data directory",
		Long: "Serve PostgreSQL clients from a data directory, which is made if it does not exist.\n" +
			"The first start makes the superuser and the database, both called driftdb.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c.Context()) },
	}
	fl := c.Flags()
	fl.StringVar(&f.data, "data", "./data", "data directory")
	fl.StringVar(&f.options.Listen, "listen", "127.0.0.1:5433", "address for PostgreSQL clients")
	fl.StringVar(&f.options.HTTP, "http", "127.0.0.1:8080", "address for health checks and metrics, \"\" for none")
	fl.BoolVar(&f.options.RequirePassword, "require-password", false, "ask clients on this machine for a password too")
	fl.BoolVar(&f.options.RequireTLS, "require-tls", false, "refuse clients from other machines without TLS")
	fl.BoolVar(&f.options.TLS, "tls", false, "offer TLS on a loopback address too")
	fl.StringVar(&f.options.CertFile, "tls-cert", "", "TLS certificate (PEM); a self-signed one is made when TLS is needed and none given")
	fl.StringVar(&f.options.KeyFile, "tls-key", "", "TLS key (PEM)")
	fl.StringVar(&f.logLevel, "log-level", "info", "debug, info, notice, warning, error, log")
	fl.BoolVar(&f.logJSON, "log-json", false, "write the log as JSON lines")
	fl.BoolVar(&f.allowClockStep, "allow-clock-step", false, "start although the clock is far behind the last commit")
	fl.Int64Var(&f.cacheMiB, "cache-mib", 0, "block cache in MiB (default a quarter of the memory)")
	fl.DurationVar(&f.options.Grace, "grace", 10*time.Second, "how long running statements may go on after SIGTERM")
	return c
}

func (f *serveFlags) run(ctx context.Context) error {
	level, ok := obs.ParseLevel(f.logLevel)
	if !ok {
		return &exitError{exitUsage, fmt.Errorf("unknown log level %q", f.logLevel)}
	}
	var lv slog.LevelVar
	lv.Set(level)
	log := slog.New(obs.NewHandler(os.Stderr, &lv, f.logJSON))
	e, err := engine.Open(f.data, engine.Options{
		AllowClockStep: f.allowClockStep, CacheBytes: f.cacheMiB << 20, Logger: log, Verifier: authn.NewVerifier,
	})
	if err != nil {
		return err
	}
	f.options.Log = log
	f.options.Version = version()
	f.options.SelfSignedDir = f.data
	f.options.Collector = server.NewCollector(e)
	s, err := server.NewOn(ctx, server.For(e), f.options)
	if err != nil {
		_ = e.Close()
		return err
	}
	err = s.Run(ctx)
	if cerr := e.Close(); err == nil {
		err = cerr
	}
	return err
}
