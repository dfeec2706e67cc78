package crash

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/driftproc"
)

const writers = 6

// The power fails while writers commit. What they were told must be there, whole;
// then they go on, and the power fails again on the same database.
func TestPowerCut(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	fs := store.CrashableFS()
	e := openEngine(t, "db", engine.Options{FS: fs})
	b := newBank(t, connect(t, e), writers)
	for range setting(t, "DRIFTDB_CRASH_CUTS", 8) {
		stop := b.load(t, func() querier { return connect(t, e) }, never)
		time.Sleep(time.Duration(20+rng.IntN(150)) * time.Millisecond)
		if rng.IntN(3) == 0 {
			go func() { _ = e.Store().Compact(context.Background()) }()
			time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
		}
		acked, seq := b.promised()
		clone := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		stop()
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		doctor(t, "db", store.Options{FS: clone})
		fs = clone
		e = openEngine(t, "db", engine.Options{FS: fs})
		b.check(t, connect(t, e), acked, seq)
		if t.Failed() {
			break
		}
	}
	if b.seq.Load() < b.loaded+20 {
		t.Errorf("only %d commits: that judges nothing", b.seq.Load()-b.loaded)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// remote is a session through the wire.
type remote struct{ c *pgconn.PgConn }

func (r remote) query(sql string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	rs, err := r.c.Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", err
	}
	var out []byte
	last := rs[len(rs)-1]
	for i, row := range last.Rows {
		if i > 0 {
			out = append(out, '\n')
		}
		for j, v := range row {
			if j > 0 {
				out = append(out, '|')
			}
			out = append(out, v...)
		}
	}
	return string(out), nil
}

// The process is killed while clients commit.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	s := driftproc.Start(t, dir)
	client := func() querier { return remote{s.Connect(t)} }
	b := newBank(t, client(), writers)
	for range setting(t, "DRIFTDB_CRASH_KILLS", 3) {
		stop := b.load(t, client, connectionLost)
		time.Sleep(time.Duration(100+rand.IntN(400)) * time.Millisecond)
		acked, seq := b.promised()
		s.Kill()
		stop()
		// Answers that were on their way count too.
		acked2, seq2 := b.promised()
		for w := range acked {
			acked[w] = max(acked[w], acked2[w])
		}
		doctor(t, dir, store.Options{})
		s = driftproc.Start(t, dir)
		b.check(t, client(), acked, max(seq, seq2))
		if t.Failed() {
			t.Log(s.Log())
			break
		}
	}
	if b.seq.Load() < b.loaded+20 {
		t.Errorf("only %d commits: that judges nothing", b.seq.Load()-b.loaded)
	}
	if code := s.Stop(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.Log())
	}
	doctor(t, dir, store.Options{})
}
