package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/driftdb/driftdb"
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
	options        server.Options
}

func serveCommand() *cobra.Command {
	f := &serveFlags{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve PostgreSQL clients from a data directory",
		Long: "Serve PostgreSQL clients from a data directory, which is made if it does not exist.\n" +
			"The first start makes the superuser and the database, both called driftdb.",
		Args:    noArgs,
		Example: "  driftdb serve --data ./data\n  psql -h 127.0.0.1 -p 5433 -U driftdb driftdb",
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := interruptible(c)
			defer stop()
			return f.run(ctx, c.ErrOrStderr())
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.data, "data", defaultData, "data directory")
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

func (f *serveFlags) run(ctx context.Context, errOut io.Writer) error {
	level, ok := obs.ParseLevel(f.logLevel)
	if !ok {
		return usagef("unknown log level %q", f.logLevel)
	}
	var lv slog.LevelVar
	lv.Set(level)
	log := slog.New(obs.NewHandler(errOut, &lv, f.logJSON))
	db, err := openData(f.data, &driftdb.Options{AllowClockStep: f.allowClockStep, CacheBytes: f.cacheMiB << 20, Logger: log})
	if err != nil {
		return err
	}
	f.options.Log = log
	f.options.Version = version()
	f.options.SelfSignedDir = f.data
	s, err := server.New(ctx, db, f.options)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(s.Run(ctx), db.Close())
}
