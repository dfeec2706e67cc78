package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The conformance suite is what every kind of store must do.
func TestConformance(t *testing.T) {
	kinds := map[string]func(t *testing.T) *DB{
		"memory": func(t *testing.T) *DB { return mem(t) },
		"disk": func(t *testing.T) *DB {
			db, err := Open(t.TempDir()+"/db", smallOptions)
			must(t, err)
			t.Cleanup(func() { db.Close() })
			return db
		},
	}
	cases := map[string]func(t *testing.T, db *DB){
		"versions":        conformVersions,
		"commit log":      conformCommitLog,
		"key change":      conformKeyChange,
		"without history": conformWithoutHistory,
		"swap":            conformSwap,
		"refused":         conformRefused,
	}
	for kind, open := range kinds {
		for name, f := range cases {
			t.Run(kind+"/"+name, func(t *testing.T) { f(t, open(t)) })
		}
	}
}

func conformCommitLog(t *testing.T, db *DB) {
	commit(t, db, func(b *Batch) {
		b.SetMeta(Meta{TxID: 3, User: "ada", Application: "psql", ClientAddr: "[::1]:9", Reason: "hire", JSON: []byte(`{}`)})
		b.Put(100, []byte("a"), []byte("1"))
		b.Change(7, 100, OpInsert, []byte("a"), nil, nil, []byte("1"))
		b.Put(101, []byte("x"), nil)
		b.Change(8, 101, OpInsert, []byte("x"), nil, nil, nil)
	})
	for i := range 5 {
		commit(t, db, func(b *Batch) {
			b.Replace(100, []byte("a"), Seq(i+1), []byte("1"), []byte("1"))
			b.Change(7, 100, OpUpdate, []byte("a"), nil, []byte{byte(i)}, []byte("1"))
		})
	}
	c, ok, err := db.GetCommit(1)
	must(t, err)
	if !ok || c.Meta.User != "ada" || c.Meta.ClientAddr != "[::1]:9" || c.Meta.Reason != "hire" || fmt.Sprint(c.Tables) != "[{7 1} {8 1}]" || fmt.Sprint(c.Storages) != "[100 101]" {
		t.Errorf("commit 1: %+v", c)
	}
	if _, ok, err := db.GetCommit(99); ok || err != nil {
		t.Errorf("commit 99: %v %v", ok, err)
	}
	var got []string
	cs := db.Changes(7, 2, 4)
	for cs.Next() {
		ch := cs.Change().Clone()
		got = append(got, fmt.Sprintf("%d %s %s %v", ch.Seq, ch.Op, ch.Key, ch.Columns))
	}
	must(t, cs.Close())
	if want := "2 update a [0],3 update a [1],4 update a [2]"; strings.Join(got, ",") != want {
		t.Errorf("changes: %v, want %s", got, want)
	}
	n := 0
	all := db.Commits(0, MaxSeq)
	for all.Next() {
		n++
	}
	must(t, all.Close())
	if n != 6 {
		t.Errorf("%d commits", n)
	}
	if db.TableLastChange(101) != 1 || db.TableLastChange(100) != 6 || db.TableLastChange(555) != 0 {
		t.Errorf("last changes %d %d", db.TableLastChange(101), db.TableLastChange(100))
	}
}

// A changed primary key is one update with the old and the new key.
func conformKeyChange(t *testing.T, db *DB) {
	commit(t, db, func(b *Batch) { b.Put(100, []byte("old"), []byte("row")) })
	commit(t, db, func(b *Batch) {
		b.Delete(100, []byte("old"), 1, []byte("row"))
		b.Put(100, []byte("new"), []byte("row"))
		b.Change(7, 100, OpUpdate, []byte("old"), []byte("new"), []byte{1}, []byte("row"))
	})
	v := db.View()
	defer v.Release()
	if got, want := dump(t, v.History(100, nil, nil, 0, MaxSeq)), "new=row[2,inf) old=row[1,2) "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	cs := db.Changes(7, 0, MaxSeq)
	defer cs.Close()
	if !cs.Next() || string(cs.Change().NewKey) != "new" || cs.Next() {
		t.Error("the key change is not one entry")
	}
}

// Two rows exchange their keys in one commit.
func conformSwap(t *testing.T, db *DB) {
	commit(t, db, func(b *Batch) {
		b.Put(100, []byte("a"), []byte("1"))
		b.Put(100, []byte("b"), []byte("2"))
	})
	commit(t, db, func(b *Batch) {
		b.Replace(100, []byte("a"), 1, []byte("1"), []byte("2"))
		b.Replace(100, []byte("b"), 1, []byte("2"), []byte("1"))
	})
	v := db.View()
	defer v.Release()
	if got, want := dump(t, v.History(100, nil, nil, 0, MaxSeq)), "a=1[1,2) a=2[2,inf) b=2[1,2) b=1[2,inf) "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func conformWithoutHistory(t *testing.T, db *DB) {
	for i := range 3 {
		commit(t, db, func(b *Batch) { b.Overwrite(100, []byte("a"), []byte{'0' + byte(i)}) })
	}
	v := db.View()
	if got, want := dump(t, v.History(100, nil, nil, 0, MaxSeq)), "a=2[3,inf) "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	v.Release()
	commit(t, db, func(b *Batch) { b.Discard(100, []byte("a")) })
	v = db.View()
	defer v.Release()
	if got := dump(t, v.History(100, nil, nil, 0, MaxSeq)); got != "" {
		t.Errorf("%q", got)
	}
}

func conformRefused(t *testing.T, db *DB) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	b := db.NewBatch()
	b.Put(100, []byte("a"), nil)
	if _, _, err := db.Commit(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled commit: %v", err)
	}
	if _, err := db.SeqAt(context.Background(), db.Now()+10_000_000); !errors.Is(err, ErrFuture) {
		t.Errorf("the future: %v", err)
	}
	if db.LastSeq() != 0 {
		t.Error("something was committed")
	}
}
