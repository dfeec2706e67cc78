package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/driftdb/driftdb/internal/sql/parse"
)

// parseGoal is in nanoseconds.
const parseGoal = 5000

// parse times the parser alone.
func (b *bench) parse() error {
	const sql = "SELECT abalance FROM pgbench_accounts WHERE aid = 4711"
	if _, err := parse.Statements(sql); err != nil {
		return err
	}
	var times []float64
	for range b.rounds {
		r := testing.Benchmark(func(tb *testing.B) {
			for tb.Loop() {
				_, _ = parse.Statements(sql)
			}
		})
		times = append(times, float64(r.NsPerOp()))
	}
	b.print(row{
		work: "parse of a point query", goal: "<= 5 us", a: fmt.Sprintf("%.2f us", median(times)/1000),
		met: met(median(times) <= parseGoal),
	})
	return nil
}

// accountsPerScale is pgbench's.
const accountsPerScale = 100_000

func (b *bench) accounts() int { return b.scale * accountsPerScale }

// loadAccounts makes pgbench's tables and fills them by COPY, on both servers.
func (b *bench) loadAccounts() error {
	if b.loaded {
		return nil
	}
	if err := b.both(
		"CREATE TABLE pgbench_accounts (aid int NOT NULL, bid int, abalance int, filler char(84), PRIMARY KEY (aid))",
		"CREATE TABLE pgbench_tellers (tid int NOT NULL, bid int, tbalance int, filler char(84), PRIMARY KEY (tid))",
		"CREATE TABLE pgbench_branches (bid int NOT NULL, bbalance int, filler char(88), PRIMARY KEY (bid))",
		"CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))",
	); err != nil {
		return err
	}
	tables := []struct {
		name string
		rows int
		line func(b []byte, i int) []byte
	}{
		{"pgbench_accounts", b.accounts(), func(b []byte, i int) []byte {
			return fmt.Appendf(b, "%d\t%d\t0\t\n", i, (i-1)/accountsPerScale+1)
		}},
		{"pgbench_tellers", b.scale * 10, func(b []byte, i int) []byte { return fmt.Appendf(b, "%d\t%d\t0\t\\N\n", i, (i-1)/10+1) }},
		{"pgbench_branches", b.scale, func(b []byte, i int) []byte { return fmt.Appendf(b, "%d\t0\t\\N\n", i) }},
	}
	for _, t := range tables {
		var speeds [2]sample
		for k, server := range []*target{b.drift, b.pg} {
			var err error
			if speeds[k], err = server.load(t.name, t.rows, t.line); err != nil {
				return err
			}
		}
		if t.rows == b.accounts() {
			b.print(row{
				work: fmt.Sprintf("COPY of %d pgbench_accounts", t.rows), a: rowSpeed(speeds[0]), b: "PostgreSQL " + rowSpeed(speeds[1]),
				ratio: number(speeds[0].rate / speeds[1].rate), cpu: number(speeds[0].cpu / speeds[1].cpu),
			})
		}
	}
	b.loaded = true
	return b.both("VACUUM ANALYZE")
}

// point is the prepared point SELECT.
func (b *bench) point() error {
	if err := b.loadAccounts(); err != nil {
		return err
	}
	for _, aid := range []int{1, b.accounts() / 2, b.accounts(), b.accounts() + 1} {
		if _, err := b.same(fmt.Sprintf("SELECT abalance FROM pgbench_accounts WHERE aid = %d", aid)); err != nil {
			return err
		}
	}
	p, err := b.race(b.clients, prepare("p", plainPoint), b.byAid("p"))
	if err != nil {
		return err
	}
	b.printPair("point SELECT, prepared", 1, p)
	setup := func(*client) error { return nil }
	p, err = b.race(b.clients, setup, func(c *client, r *rand.Rand) error {
		return c.simple("SELECT abalance FROM pgbench_accounts WHERE aid = " + strconv.Itoa(1+r.IntN(b.accounts())))
	})
	if err != nil {
		return err
	}
	b.printPair("point SELECT, simple protocol, literals", 0, p)
	p, err = b.race(b.clients, setup, func(c *client, r *rand.Rand) error {
		if err := c.prepare("", plainPoint); err != nil {
			return err
		}
		return c.exec("", strconv.AppendInt(nil, int64(1+r.IntN(b.accounts())), 10))
	})
	if err != nil {
		return err
	}
	b.printPair("point SELECT, parsed each time", 0, p)
	return nil
}

const plainPoint = "SELECT abalance FROM pgbench_accounts WHERE aid = $1"

// prepare makes a setup that prepares one statement.
func prepare(name, sql string) func(c *client) error {
	return func(c *client) error { return c.prepare(name, sql) }
}

// byAid runs a prepared statement with a random account as its parameter.
func (b *bench) byAid(name string) work {
	n := b.accounts()
	return func(c *client, r *rand.Rand) error {
		var buf [20]byte
		return c.exec(name, strconv.AppendInt(buf[:0], int64(1+r.IntN(n)), 10))
	}
}

// load fills a table by COPY and tells the rate in rows and the CPU time of a row.
func (t *target) load(table string, rows int, line func(b []byte, i int) []byte) (s sample, err error) {
	err = t.with(func(c *client) error {
		i := 0
		s, err = t.timed(rows, func() error {
			return c.copyIn("COPY "+table+" FROM STDIN", func(b []byte) []byte {
				if i++; i > rows {
					return nil
				}
				return line(b, i)
			})
		})
		return err
	})
	return s, err
}

// rowSpeed is a rate of rows.
func rowSpeed(s sample) string { return fmt.Sprintf("%.0f rows/s, CPU %.2f us", s.rate, s.cpu) }
