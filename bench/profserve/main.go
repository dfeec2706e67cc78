// Command profserve serves a data directory as "driftdb serve" does and offers
// net/http/pprof, which the product does not. Only the benchmark starts it.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/server"
)

func main() {
	data := flag.String("data", "", "data directory")
	listen := flag.String("listen", "127.0.0.1:5433", "address for PostgreSQL clients")
	pprof := flag.String("pprof", "127.0.0.1:6060", "address of net/http/pprof")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { log.Print(http.ListenAndServe(*pprof, nil)) }()
	if err := run(ctx, *data, *listen); err != nil {
		log.Fatal(err)
	}
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
