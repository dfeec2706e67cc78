package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/driftdb/driftdb/internal/cli"
	"github.com/driftdb/driftdb/internal/private"
)

func compactCommand() *cobra.Command {
	var t target
	asJSON := false
	c := &cobra.Command{
		Use:   "compact",
		Short: "Rewrite a database in its final order",
		Long: "Rewrite a database in its final order, which makes it smaller and faster to read.\n" +
			"History is kept. On a running server (--url) reads and writes go on; it is VACUUM there.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := t.check(c); err != nil {
				return err
			}
			ctx, stop := interruptible(c)
			defer stop()
			if t.url != "" {
				return t.vacuum(ctx, c, asJSON)
			}
			return t.compact(ctx, c, asJSON)
		},
	}
	t.flags(c, true)
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

func (t *target) compact(ctx context.Context, c *cobra.Command, asJSON bool) error {
	if err := exists(t.data); err != nil {
		return err
	}
	db, err := openData(t.data, nil)
	if err != nil {
		return err
	}
	store := private.Engine(db).Store()
	before := store.Stats().TableBytes + store.Stats().LogBytes
	err = db.Compact(ctx)
	after := store.Stats().TableBytes + store.Stats().LogBytes
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"data": t.data, "bytes_before": before, "bytes_after": after})
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "compacted %s: %d bytes before, %d after\n", t.data, before, after)
	return err
}

func (t *target) vacuum(ctx context.Context, c *cobra.Command, asJSON bool) error {
	conn, end, err := t.connect(ctx, c)
	if err != nil {
		return err
	}
	s := &cli.Shell{Conn: conn, Out: c.OutOrStdout(), Err: c.ErrOrStderr(), Quiet: true}
	if err := errors.Join(s.Run(ctx, "vacuum", nil), end()); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(map[string]any{"url": true, "compacted": true})
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), "compacted")
	return err
}
