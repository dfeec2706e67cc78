// Command profserve serves a data directory as "driftdb serve" does and offers
// net/http/pprof or writes a CPU profile, which the product does not. Only the
// benchmark starts it.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"log/slog"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/server"
)

func main() {
	data := flag.String("data", "", "data directory")
	listen := flag.String("listen", "127.0.0.1:5433", "address for PostgreSQL clients")
	address := flag.String("pprof", "", "address of net/http/pprof")
	profile := flag.String("cpuprofile", "", "file for a CPU profile of the whole run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *address != "" {
		go func() { log.Print(http.ListenAndServe(*address, nil)) }()
	}
	if err := profiled(*profile, func() error { return run(ctx, *data, *listen) }); err != nil {
		log.Fatal(err)
	}
}

// profiled runs f with a CPU profile written to a file, if one is named.
func profiled(name string, f func() error) error {
	if name == "" {
		return f()
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	err = f()
	pprof.StopCPUProfile()
	return errors.Join(err, file.Close())
}

func run(ctx context.Context, data, listen string) error {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	e, err := engine.Open(data, engine.Options{Logger: logger, Verifier: authn.NewVerifier})
	if err != nil {
		return err
	}
	defer func() { _ = e.Close() }()
	s, err := server.NewOn(ctx, server.For(e), server.Options{Listen: listen, Log: logger, Grace: time.Second})
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
