package exec_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/txn"
)

// faultFS fails one operation on its files: the n-th write finds the disk full, the
// n-th read gives a wrong bit, or fails.
type faultFS struct {
	vfs.FS
	write, read, broken atomic.Int64 // counted down; the one that reaches 0 fails
}

type faultFile struct {
	vfs.File
	fs *faultFS
}

func (f *faultFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return &faultFile{file, f}, err
}

func (f *faultFile) Write(b []byte) (int, error) {
	if f.fs.write.Add(-1) == 0 {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, syscall.ENOSPC
	}
	return f.File.Write(b)
}

func (f *faultFile) ReadAt(b []byte, at int64) (int, error) {
	if f.fs.broken.Add(-1) == 0 {
		return 0, syscall.EIO
	}
	n, err := f.File.ReadAt(b, at)
	if f.fs.read.Add(-1) == 0 && n > 0 {
		b[n/2] ^= 4
	}
	return n, err
}

// TestSpillFaults fails writes and reads of temporary files, one at a time at
// random places. The statement fails with 53100, XX001 or 58030, or gives the right
// answer when it did not come that far; no file and no memory stays behind.
func TestSpillFaults(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t)
	loadSpill(w, rng)
	fs := &faultFS{FS: vfs.NewMem()}
	area, err := spill.NewArea(fs, "db", 0)
	if err != nil {
		t.Fatal(err)
	}
	w.temp, w.path, w.work = area.Session(3), exec.PathBatch, 1
	w.workMem, w.hashMem = 64<<10, 64<<10
	var pool mem.Pool
	w.pool = &pool
	met := map[pgcode.Code]int{}
	for n := range 240 {
		sql := spillQueries[n%len(spillQueries)]
		if sql[0] == '=' {
			sql = sql[1:]
		}
		want := pgcode.Code("")
		switch n % 3 {
		case 0:
			fs.write.Store(1 + rng.Int64N(4))
			want = pgcode.DiskFull
		case 1:
			fs.read.Store(1 + rng.Int64N(60))
			want = pgcode.DataCorrupted
		case 2:
			fs.broken.Store(1 + rng.Int64N(60))
			want = pgcode.IoError
		}
		a := w.exec(sql)
		fs.write.Store(0)
		fs.read.Store(0)
		fs.broken.Store(0)
		if a.err != nil {
			if code := pgerr.CodeOf(a.err); code != want {
				t.Errorf("seed %d, %d: %s: %v %s, want %s", seed, n, sql, a.err, code, want)
			}
			met[want]++
		}
		gone(t, area, fs, sql)
		if pool.Used() != 0 {
			t.Fatalf("after %s: %d bytes are accounted", sql, pool.Used())
		}
	}
	for _, code := range []pgcode.Code{pgcode.DiskFull, pgcode.DataCorrupted, pgcode.IoError} {
		if met[code] < 20 {
			t.Errorf("%d statements met %s", met[code], code)
		}
	}
}

// TestSpillCancel stops statements while they spill.
func TestSpillCancel(t *testing.T) {
	w := newWorld(t)
	loadSpill(w, rand.New(rand.NewPCG(1, 1)))
	area, fs := spillArea(t, w)
	var pool mem.Pool
	stopped := 0
	for n, sql := range spillQueries {
		if sql[0] == '=' {
			sql = sql[1:]
		}
		p, err := w.compile(sql)
		if err != nil {
			t.Fatal(err)
		}
		func() {
			cause := pgerr.New(pgcode.QueryCanceled, "canceling statement due to user request")
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			tx := w.m.Begin(txn.Options{})
			defer tx.Rollback()
			st, err := tx.Statement(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			c, err := p.Run(exec.Env{Ctx: ctx, B: w.context(ctx), Stmt: st, Tables: w.set, Path: exec.PathBatch, Temp: w.temp, WorkMem: 64 << 10, HashMem: 64 << 10, Pool: &pool})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for i := 0; ; i++ {
				row, err := c.NextRow()
				if err != nil {
					if !errors.Is(err, error(cause)) {
						t.Errorf("%s: %v", sql, err)
					}
					stopped++
					return
				}
				if row == nil {
					return
				}
				if i == n%7 { // in the middle of the result, with files open
					cancel(cause)
				}
			}
		}()
		gone(t, area, fs, sql)
		if pool.Used() != 0 {
			t.Fatalf("after %s: %d bytes are accounted", sql, pool.Used())
		}
	}
	if stopped < len(spillQueries)/4 {
		t.Errorf("%d statements of %d were stopped", stopped, len(spillQueries))
	}
}

// TestServerMemory runs statements at once whose memory together is limited: they
// spill and succeed though each alone would have kept everything in memory.
func TestServerMemory(t *testing.T) {
	w := newWorld(t)
	loadSpill(w, rand.New(rand.NewPCG(1, 1)))
	area, fs := spillArea(t, w)
	w.path, w.work = exec.PathBatch, 1
	var pool mem.Pool
	w.pool = &pool
	sql := "SELECT x.id, x.u, y.s FROM s0 x JOIN s0 y ON x.id = y.id ORDER BY x.u, x.id DESC"
	p, err := w.compile(sql)
	if err != nil {
		t.Fatal(err)
	}
	run := func() answer {
		tx := w.m.Begin(txn.Options{})
		defer tx.Rollback()
		return w.runIn(tx, p)
	}
	want := run().text()
	if area.Files() != 0 {
		t.Fatal("it spilled without a limit")
	}
	pool.SetLimit(2 << 20)
	done := make(chan answer)
	const sessions = 4
	for range sessions {
		go func() { done <- run() }()
	}
	failed := 0
	for range sessions {
		a := <-done
		switch {
		case pgerr.CodeOf(a.err) == pgcode.OutOfMemory:
			failed++ // the others may have taken what it cannot do without
		case a.text() != want:
			t.Errorf("another answer under the limit: %s", a.text()[:min(len(a.text()), 200)])
		}
	}
	if failed > sessions/2 || area.Files() == 0 {
		t.Errorf("%d of %d failed, %d files", failed, sessions, area.Files())
	}
	gone(t, area, fs, sql)
	if pool.Used() != 0 {
		t.Errorf("%d bytes are accounted", pool.Used())
	}
}
