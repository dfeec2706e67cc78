package opt_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/session"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

// db is a session of a fresh database in memory.
type db struct {
	t testing.TB
	s *session.Session
}

func open(t testing.TB) *db {
	t.Helper()
	kv, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kv.Close() })
	srv := &session.Server{DB: kv, Txns: txn.NewManager(kv, txn.Settings{}), Catalog: catalog.NewHistory(kv), Defaults: config.NewDefaults()}
	s, err := srv.New(client.Info{User: "driftdb", Database: "driftdb"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return &db{t, s}
}

// rows runs statements and returns the rows of all of them as lines.
func (d *db) rows(sql string) ([]string, error) {
	w := &lines{formats: d.s}
	err := d.s.Simple(context.Background(), sql, w)
	return w.rows, err
}

func (d *db) must(sql string) []string {
	d.t.Helper()
	rows, err := d.rows(sql)
	if err != nil {
		d.t.Fatalf("%s: %v", sql, err)
	}
	return rows
}

// lines is a client.Writer that keeps rows as text.
type lines struct {
	formats client.Formatter
	cols    []client.Column
	rows    []string
}

func (w *lines) Columns(cols []client.Column, _ bool) error { w.cols = cols; return nil }

func (w *lines) Row(row []datum.Datum) error {
	parts := make([]string, len(row))
	for i, d := range row {
		parts[i] = "NULL"
		if !d.IsNull() {
			parts[i] = string(pgfmt.AppendText(nil, w.cols[i].Type, d, w.formats.Formats()))
		}
	}
	w.rows = append(w.rows, strings.Join(parts, "|"))
	return nil
}

func (w *lines) Complete(string) error               { return nil }
func (w *lines) Empty() error                        { return nil }
func (w *lines) Suspended() error                    { return nil }
func (w *lines) Status(string, string) error         { return nil }
func (w *lines) Notice(*pgerr.Error) error           { return nil }
func (w *lines) CopyOut(bool, int) error             { return nil }
func (w *lines) CopyData([]byte) error               { return nil }
func (w *lines) CopyDone() error                     { return nil }
func (w *lines) CopyIn(bool, int) (io.Reader, error) { return strings.NewReader(""), nil }
