package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb"
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/private"
	"github.com/driftdb/driftdb/internal/store"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// product is a database that SQL made: tables with and without a key, indexes of
// every kind, rows that were changed and deleted, tables altered, rewritten,
// truncated and dropped, an index dropped.
type product struct {
	fs      *vfs.MemFS
	account *catalog.Table
	byOwner *catalog.Index
	gone    *catalog.Index // of a table that was dropped
	dropped *catalog.Index // of a table that lives on
	last    store.Seq
}

func newProduct(t *testing.T) *product {
	t.Helper()
	p := &product{fs: vfs.NewMem()}
	db, err := driftdb.Open("db", &driftdb.Options{FileSystem: p.fs, CacheBytes: 8 << 20})
	must(t, err)
	ctx := context.Background()
	run := func(sql string) {
		t.Helper()
		if _, err := db.Exec(ctx, sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	find := func(name string) catalog.Desc {
		v := private.Engine(db).Store().View()
		defer v.Release()
		cat, _, err := private.Engine(db).Sessions().Catalog.At(v.Reader)
		must(t, err)
		d := cat.Relation(catalog.SchemaPublic, name)
		if d == nil {
			t.Fatalf("no relation %s", name)
		}
		return d
	}
	run(`create table account (id bigint primary key, owner text not null, balance numeric(12,2) check (balance >= 0))`)
	run(`create index by_owner on account (owner) include (balance)`)
	run(`create index by_lower on account (lower(owner)) where balance > 10`)
	run(`create table note (author bigint references account, text text)`)
	run(`create unique index note_text on note (text)`)
	run(`insert into account select g, 'owner ' || g, g from generate_series(1, 300) g`)
	run(`insert into note select g, 'note ' || g from generate_series(1, 100) g`)
	for i := range 20 {
		run(fmt.Sprintf(`update account set balance = balance + 1, owner = owner || '.' where id %% 20 = %d`, i))
	}
	run(`delete from note where author between 11 and 20`)
	run(`update account set id = id + 1000 where id > 290`)
	run(`create table gone (a int primary key, b text unique)`)
	run(`insert into gone select g, g::text from generate_series(1, 50) g`)
	run(`update gone set b = b || '!' where a < 10`)
	p.gone = find("gone_b_key").(*catalog.Index)
	run(`drop table gone`)
	run(`create index short_lived on account (balance)`)
	run(`update account set balance = balance * 2 where id < 30`)
	p.dropped = find("short_lived").(*catalog.Index)
	run(`drop index short_lived`)
	run(`update account set balance = balance + 5 where id < 60`)
	run(`alter table note alter column text type varchar(40) using text || '?'`)
	run(`alter table account add column since date default '2024-01-01'`)
	run(`create table log (line text); insert into log values ('a'), ('b')`)
	run(`truncate log`)
	run(`insert into log values ('c')`)
	must(t, db.Compact(ctx))
	for i := range 40 {
		run(fmt.Sprintf(`update account set balance = %d where id %% 10 = 7`, i))
	}
	p.account = find("account").(*catalog.Table)
	p.byOwner = find("by_owner").(*catalog.Index)
	p.last = store.Seq(db.CurrentSeq())
	must(t, db.Close())
	return p
}

// doctor returns what is found.
func (p *product) doctor(t *testing.T) []store.Finding {
	t.Helper()
	var got []store.Finding
	must(t, engine.Doctor(context.Background(), "db", engine.Options{FS: p.fs, CacheBytes: 8 << 20}, func(f store.Finding) { got = append(got, f) }))
	return got
}

// first returns the first key of a span in which a value may be changed.
func first(t *testing.T, eng *pebble.DB, lower, upper []byte) (key, value []byte) {
	t.Helper()
	it, err := eng.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	must(t, err)
	defer it.Close()
	if !it.First() {
		t.Fatal("the span is empty")
	}
	value, err = it.ValueAndErr()
	must(t, err)
	return slices.Clone(it.Key()), slices.Clone(value)
}

// TestDoctorOfTheProduct damages a database that SQL made, one place at a time:
// doctor must find and name each, and nothing in a healthy one.
func TestDoctorOfTheProduct(t *testing.T) {
	// removed deletes the first entry of a storage in one of the two spaces.
	removed := func(span func(store.StorageID) ([]byte, []byte), id func(*product) uint64) func(*testing.T, *product) {
		return func(t *testing.T, p *product) {
			store.EditEngine(t, p.fs, func(eng *pebble.DB) {
				lower, upper := span(store.StorageID(id(p)))
				key, _ := first(t, eng, lower, upper)
				must(t, eng.Delete(key, pebble.Sync))
			})
		}
	}
	account := func(p *product) uint64 { return p.account.Storage }
	byOwner := func(p *product) uint64 { return p.byOwner.Storage }
	for _, c := range []struct {
		name        string
		damage      func(t *testing.T, p *product)
		what, where string
	}{
		{"nothing", func(*testing.T, *product) {}, "", ""},
		{"table file", func(t *testing.T, p *product) {
			store.FlipByte(t, p.fs, store.LargestOf(t, p.fs, "", ".sst"), 900)
		}, "table file", ".sst"},
		{"log", func(t *testing.T, p *product) {
			store.FlipByte(t, p.fs, store.NewestLog(t, p.fs), 3000)
		}, "log", ".log"},
		{"manifest", func(t *testing.T, p *product) {
			store.FlipByte(t, p.fs, store.LargestOf(t, p.fs, "MANIFEST-", ""), 30)
		}, "manifest", "MANIFEST-"},
		{"format file", func(t *testing.T, p *product) { store.FlipByte(t, p.fs, store.FormatFile, 0) }, "format file", store.FormatFile},
		{"row", removed(store.PresentBounds, account), "change list", "table "},
		{"past entry", removed(store.PastBounds, account), "past entry", "storage "},
		{"index entry", removed(store.PresentBounds, byOwner), "index entry", `index "by_owner" of table "account"`},
		{"past index entry", removed(store.PastBounds, byOwner), "index entry", `index "by_owner" of table "account"`},
		{"index entry of a dropped table", removed(store.PresentBounds, func(p *product) uint64 { return p.gone.Storage }), "index entry", `index "gone_b_key"`},
		{"entry of a dropped index", removed(store.PresentBounds, func(p *product) uint64 { return p.dropped.Storage }), "index entry", `index "short_lived"`},
		{"index entry changed", func(t *testing.T, p *product) {
			store.EditEngine(t, p.fs, func(eng *pebble.DB) {
				lower, upper := store.PresentBounds(store.StorageID(p.byOwner.Storage))
				key, value := first(t, eng, lower, upper)
				value[len(value)-1] ^= 1 // the included balance
				must(t, eng.Set(key, value, pebble.Sync))
			})
		}, "index entry", `index "by_owner"`},
		{"row changed", func(t *testing.T, p *product) {
			store.EditEngine(t, p.fs, func(eng *pebble.DB) {
				lower, upper := store.PresentBounds(store.StorageID(p.account.Storage))
				key, value := first(t, eng, lower, upper)
				value[len(value)-1] ^= 1
				must(t, eng.Set(key, value, pebble.Sync))
			})
		}, "chain", "commit "},
		{"change-list entry", func(t *testing.T, p *product) {
			store.EditEngine(t, p.fs, func(eng *pebble.DB) {
				must(t, eng.Delete(store.ChangesKey(nil, p.account.OID, p.last, 0), pebble.Sync))
			})
		}, "change list", "commit "},
		{"chain link", func(t *testing.T, p *product) {
			store.EditEngine(t, p.fs, func(eng *pebble.DB) {
				key := store.ChainKey(nil, 20)
				must(t, eng.Set(key, make([]byte, 32), pebble.Sync))
			})
		}, "chain", "commit 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProduct(t)
			c.damage(t, p)
			got := p.doctor(t)
			if c.what == "" {
				for _, f := range got {
					t.Error(f)
				}
				return
			}
			if !slices.ContainsFunc(got, func(f store.Finding) bool {
				return f.What == c.what && strings.Contains(f.Where, c.where)
			}) {
				t.Errorf("want %s at %s among %v", c.what, c.where, got)
			}
		})
	}
}
