package segments

// Goal: a query as of any commit answers the same with segments and without.
// Method: random statements change tables with and without a primary key, their
// columns included; in between the server is started again and files of segments are
// damaged. Then every commit is read with drift.segments off and force.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/driftserver"
)

type run struct {
	t      *testing.T
	rng    *rand.Rand
	fs     store.FS
	server *driftserver.Server
	conn   *pgconn.PgConn
	next   int // the next id
	column int // the next added column
	used   int // queries that segments answered
	broken map[string]bool
}

func (r *run) start() {
	r.server = driftserver.Open(r.t, "db", engine.Options{FS: r.fs, CacheBytes: 16 << 20})
	r.conn = r.server.Connect(r.t)
	r.answer("SET statement_timeout = '60s'")
}

// answer runs statements and returns all of their rows, or the error's code.
func (r *run) answer(sql string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	results, err := r.conn.Exec(ctx, sql).ReadAll()
	var b strings.Builder
	for _, res := range results {
		for _, row := range res.Rows {
			for _, v := range row {
				if v == nil {
					b.WriteString("NULL|")
				} else {
					fmt.Fprintf(&b, "%s|", v)
				}
			}
			b.WriteByte('\n')
		}
	}
	if err != nil {
		var e *pgconn.PgError
		if !asPgError(err, &e) || e.Code[:2] == "XX" || e.Code[:2] == "57" {
			r.t.Fatalf("%s: %v", sql, err)
		}
		fmt.Fprintf(&b, "error %s", e.Code)
	}
	return b.String()
}

func asPgError(err error, to **pgconn.PgError) bool {
	e, ok := err.(*pgconn.PgError)
	*to = e
	return ok
}

// change runs one random statement; some fail, which is of no interest.
func (r *run) change() {
	table := []string{"keyed", "heap"}[r.rng.IntN(2)]
	id := func() int { return r.rng.IntN(r.next + 1) }
	n := r.rng.IntN(100)
	switch {
	case n < 35:
		from := r.next
		r.next += 1 + r.rng.IntN(30)
		r.answer(fmt.Sprintf("INSERT INTO %s (id, a, b, c, d) SELECT i, i %% 7, CASE WHEN i %% 5 = 0 THEN NULL ELSE repeat('x', i %% 9) || i %% 4 END,"+
			" i / 4.0, timestamptz '2020-01-01' + i * interval '1 day' FROM generate_series(%d, %d) i", table, from, r.next-1))
	case n < 65:
		r.answer(fmt.Sprintf("UPDATE %s SET a = a + %d, c = c * 1.5 WHERE id %% %d = 0", table, r.rng.IntN(5), 1+r.rng.IntN(6)))
	case n < 72:
		r.answer(fmt.Sprintf("UPDATE %s SET id = id + 100000, b = 'moved' WHERE id = %d", table, id()))
	case n < 84:
		from := id()
		r.answer(fmt.Sprintf("DELETE FROM %s WHERE id BETWEEN %d AND %d", table, from, from+r.rng.IntN(15)))
	case n < 87:
		r.answer("TRUNCATE " + table)
	case n < 91:
		r.column++
		r.answer(fmt.Sprintf("ALTER TABLE %s ADD COLUMN n%d int DEFAULT %d", table, r.column, r.column))
	case n < 93:
		r.answer(fmt.Sprintf("ALTER TABLE %s DROP COLUMN n%d", table, 1+r.rng.IntN(r.column+1)))
	case n < 95:
		r.answer(fmt.Sprintf("ALTER TABLE %s ALTER COLUMN a TYPE %s", table, []string{"bigint", "int", "numeric"}[r.rng.IntN(3)]))
	case n < 97:
		r.answer(fmt.Sprintf("ALTER TABLE %s RENAME COLUMN n%d TO m%d", table, 1+r.rng.IntN(r.column+1), r.rng.IntN(9)))
	case n < 98:
		r.answer("BEGIN; UPDATE keyed SET a = 0; ALTER TABLE heap ADD COLUMN gone int; ROLLBACK")
	default:
		r.answer("VACUUM")
	}
}

func (r *run) queries() []string {
	k := r.rng.IntN(r.next + 1)
	return []string{
		"SELECT * FROM %s",
		"SELECT count(*), sum(a), min(b), max(c), count(d) FROM %s",
		fmt.Sprintf("SELECT id, b FROM %%s WHERE id > %d AND a < 5", k),
		fmt.Sprintf("SELECT c, id FROM %%s WHERE id >= %d AND %d > id", k, k+20),
		"SELECT id FROM %s WHERE d = timestamptz '2020-02-01' OR b IS NULL",
		fmt.Sprintf("SELECT system_seq_start, id FROM %%s WHERE d > timestamptz '2020-01-01' + %d * interval '1 day'", k),
		"SELECT b, count(*), sum(c) FROM %s GROUP BY b ORDER BY b",
		"SELECT id FROM %s ORDER BY a DESC, id LIMIT 5",
	}
}

// compare reads some commits, the newest always, with and without segments.
func (r *run) compare(every int) {
	r.t.Helper()
	last, err := strconv.Atoi(strings.Trim(r.answer("SELECT drift.current_seq()"), "|\n"))
	if err != nil {
		r.t.Fatal(err)
	}
	for seq := 1 + r.rng.IntN(every); seq <= last; seq += 1 + r.rng.IntN(every) {
		for _, table := range []string{"keyed", "heap"} {
			for _, q := range r.queries() {
				q = fmt.Sprintf(q, table+" FOR SYSTEM_TIME AS OF @SEQ:"+strconv.Itoa(seq))
				want, got := r.answer("SET drift.segments = off; "+q), r.answer("SET drift.segments = force; "+q)
				if want != got {
					r.t.Fatalf("%s\nwithout segments:\n%s\nwith segments:\n%s", q, want, got)
				}
			}
		}
		if strings.Contains(r.answer(fmt.Sprintf("EXPLAIN ANALYZE SELECT * FROM keyed FOR SYSTEM_TIME AS OF @SEQ:%d", seq)), "Segments Used: 1") {
			r.used++
		}
	}
}

// damage changes a byte of some segment's file, or cuts it.
func (r *run) damage() {
	names, err := r.fs.List("db/seg")
	if err != nil || len(names) == 0 {
		return
	}
	name := "db/seg/" + names[r.rng.IntN(len(names))]
	r.broken[name] = true
	f, err := r.fs.Open(name)
	if err != nil {
		r.t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		r.t.Fatal(err)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		r.t.Fatal(err)
	}
	_ = f.Close()
	if r.rng.IntN(3) == 0 {
		b = b[:r.rng.IntN(len(b))]
	} else {
		b[r.rng.IntN(len(b))] ^= 1 << r.rng.IntN(8)
	}
	out, err := store.CreateTemp(r.fs, name)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := out.Write(b); err != nil {
		r.t.Fatal(err)
	}
	_ = out.Close()
}

// rounds is how many seeds are run: DRIFTDB_SEGMENT_SEEDS, 2 without.
func rounds(t *testing.T) uint64 {
	if s := os.Getenv("DRIFTDB_SEGMENT_SEEDS"); s != "" {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 2
}

func TestSameAnswers(t *testing.T) {
	for seed := range rounds(t) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := &run{t: t, rng: rand.New(rand.NewPCG(seed, 3)), fs: store.MemFS(), broken: map[string]bool{}}
			r.start()
			r.answer("CREATE TABLE keyed (id int PRIMARY KEY, a int, b text, c numeric(20,4), d timestamptz);" +
				"CREATE TABLE heap (id int, a int, b text, c numeric, d timestamptz)")
			for range 4 {
				for range 30 {
					r.change()
				}
				r.compare(24)
				r.damage()
				if r.rng.IntN(2) == 0 {
					r.server.Stop()
					r.start()
				}
				r.compare(24)
			}
			if r.used == 0 {
				t.Error("segments had no part in it")
			}
			r.server.Stop()
			var found []string
			if err := engine.Doctor(context.Background(), "db", engine.Options{FS: r.fs}, func(f store.Finding) {
				if f.What != "segment" || !r.broken[f.Where] { // it was damaged and not read since
					found = append(found, f.String())
				}
			}); err != nil {
				t.Fatal(err)
			}
			if len(found) > 0 {
				t.Errorf("doctor: %s", strings.Join(found, "\n"))
			}
		})
	}
}
