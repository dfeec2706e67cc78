package session

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

func cacheServer(t *testing.T) *Server {
	t.Helper()
	db, err := store.Open("", store.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &Server{DB: db, Txns: txn.NewManager(db, txn.Settings{}), Catalog: catalog.NewHistory(db), Defaults: config.NewDefaults()}
}

func cacheSession(t *testing.T, srv *Server) *Session {
	t.Helper()
	s, err := srv.New(client.Info{User: "driftdb", Database: "driftdb"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lastRow keeps the last row a statement answered.
type lastRow struct{ row []datum.Datum }

func (w *lastRow) Columns([]client.Column, bool) error { return nil }
func (w *lastRow) Row(row []datum.Datum) error         { w.row = append(w.row[:0], row...); return nil }
func (w *lastRow) Complete(string) error               { return nil }
func (w *lastRow) Empty() error                        { return nil }
func (w *lastRow) Suspended() error                    { return nil }
func (w *lastRow) Notice(*pgerr.Error) error           { return nil }
func (w *lastRow) Status(string, string) error         { return nil }
func (w *lastRow) CopyOut(bool, int) error             { return nil }
func (w *lastRow) CopyData([]byte) error               { return nil }
func (w *lastRow) CopyDone() error                     { return nil }
func (w *lastRow) CopyIn(bool, int) (io.Reader, error) { return nil, io.EOF }

func (s *Session) must(t *testing.T, sql string) []datum.Datum {
	t.Helper()
	var w lastRow
	if err := s.Simple(context.Background(), sql, &w); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return w.row
}

func TestTellsTime(t *testing.T) {
	for text, want := range map[string]bool{
		"select 1": false, "select 'a'": false, "select now(), 'x'": false, "insert into nowhere values ('unknown')": false,
		"select 'now'": true, "select date '  NOW'": true, "select timestamp '10:00 tomorrow'": true, "select 'yesterday'::date": true,
		"select $$today$$": true, `select E'\x6eow'`: true, `select U&'!006eow' UESCAPE '!'`: true, "select a & b, 'x'": false,
		"select today from t": false,
	} {
		if got := tellsTime(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// The cache holds no more than its limit, keeps what is used while texts that come
// once pass by, and counts about the bytes that its entries take.
func TestPlanCacheMemory(t *testing.T) {
	srv := cacheServer(t)
	s := cacheSession(t, srv)
	defer s.Close()
	s.must(t, "create table t (id int primary key, a int, b text)")
	s.must(t, "insert into t select g, g, g::text from generate_series(1, 100) g")
	s.must(t, "set drift.plan_cache = first")
	used := func() { s.must(t, "select b from t where id = 7") }
	used()
	before := heap()
	for i := range 300 {
		s.must(t, fmt.Sprintf("select a, b, %d as c%d from t where id = 1 and a < 100", i, i))
		s.must(t, fmt.Sprintf("select count(*), max(b) as c%d from t where a > 5 group by a order by a", i))
		used()
	}
	real, told := heap()-before, srv.plans.bytes
	t.Logf("%d entries take %d bytes, the cache says %d", len(srv.plans.ring), real, told)
	if told < real/2 || told > real*2 {
		t.Errorf("%d entries take %d bytes, the cache says %d", len(srv.plans.ring), real, told)
	}
	srv.plans.setLimit(told / 4)
	used()
	for i := range 300 {
		s.must(t, fmt.Sprintf("select %d as d%d from t where id = 1", i, i))
		used()
	}
	if srv.plans.bytes > told/4 || srv.plans.counts.evictions.Load() < 300 || len(srv.plans.ring) != len(srv.plans.entries) {
		t.Errorf("%d bytes of %d, %d evictions", srv.plans.bytes, told/4, srv.plans.counts.evictions.Load())
	}
	if row := s.must(t, "select hits from drift.plan_cache where statement = 'select b from t where id = 7'"); row == nil || row[0].Int() != 601 {
		t.Errorf("the used one: %v", row)
	}
	srv.plans.setLimit(0)
	if srv.plans.bytes != 0 || len(srv.plans.entries) != 0 {
		t.Errorf("%d bytes, %d entries of a cache that is off", srv.plans.bytes, len(srv.plans.entries))
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Sessions share plans while another changes the schema: each answer is that of
// the one or the other schema, and after the change of the new one only.
func TestPlanCacheConcurrent(t *testing.T) {
	srv := cacheServer(t)
	ddl := cacheSession(t, srv)
	defer ddl.Close()
	ddl.must(t, "create table t (id int primary key, a int)")
	ddl.must(t, "insert into t select g, g from generate_series(1, 100) g")
	var wg sync.WaitGroup
	for range 4 {
		s := cacheSession(t, srv)
		wg.Go(func() {
			defer s.Close()
			for i := range 300 {
				for _, sql := range []string{"select * from t where id = %d", "select sum(a) - %d + %[1]d from t where a = %[1]d", "select id from t where id = 7 and %d = %[1]d"} {
					var w lastRow
					if err := s.Simple(context.Background(), fmt.Sprintf(sql, i%100+1), &w); err != nil {
						t.Error(err)
						return
					}
					if len(w.row) == 0 || w.row[0].Int() != int64(i%100+1) && w.row[0].Int() != 7 {
						t.Errorf("%v", w.row)
					}
				}
				if err := s.Parse(context.Background(), "", "select a from t where id = $1", nil, &lastRow{}); err != nil {
					t.Error(err)
				}
				_ = s.Sync(context.Background(), false, &lastRow{})
			}
		})
	}
	for i := range 10 {
		ddl.must(t, fmt.Sprintf("alter table t add column c%d int default %d", i, i))
		if row := ddl.must(t, "select * from t where id = 5"); len(row) != i+3 {
			t.Errorf("%d columns after %d were added", len(row), i+1)
		}
	}
	wg.Wait()
}
