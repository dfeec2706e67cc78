package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// bulkStep is one piece of work on many rows.
type bulkStep struct {
	name string
	rows int
	goal float64 // least ratio of the rates; 0 is none
	do   func(c *client) error
}

// insertRows is the number of rows of one multi-row INSERT.
const insertRows = 1000

// bulk measures work on many rows at a time, on both servers, with the CPU time
// of a row: what the server does in the background afterwards is counted too.
func (b *bench) bulk() error {
	if err := b.both(
		"CREATE TABLE bulk_plain (aid int NOT NULL, bid int, abalance int, filler char(84))",
		"CREATE TABLE bulk_keyed (aid int NOT NULL, bid int, abalance int, filler char(84), PRIMARY KEY (aid))",
		"CREATE TABLE bulk_copied (aid int NOT NULL, bid int, abalance int, filler char(84), PRIMARY KEY (aid))",
	); err != nil {
		return err
	}
	for _, s := range b.bulkSteps() {
		var speeds [2]sample
		for k, t := range []*target{b.drift, b.pg} {
			before := b.allocated(t)
			var err error
			if speeds[k], err = t.settled(s); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if after := b.allocated(t); after.objects > 0 {
				n := float64(s.rows)
				b.note(fmt.Sprintf("%s: %.2f allocations and %.0f bytes a row", s.name,
					float64(after.objects-before.objects)/n, float64(after.bytes-before.bytes)/n))
			}
		}
		ratio := speeds[0].rate / speeds[1].rate
		r := row{work: s.name, a: rowSpeed(speeds[0]), b: rowSpeed(speeds[1]), ratio: number(ratio), cpu: number(speeds[0].cpu / speeds[1].cpu)}
		if s.goal > 0 {
			r.goal, r.met = ">= "+number(s.goal)+"x", met(ratio >= s.goal)
		}
		b.print(r)
	}
	for _, t := range []string{"bulk_plain", "bulk_keyed", "bulk_copied"} {
		if _, err := b.same("SELECT count(*), sum(aid::int8), sum(abalance), min(filler), max(length(filler)) FROM " + t); err != nil {
			return err
		}
	}
	return b.both("DROP TABLE bulk_plain, bulk_keyed, bulk_copied")
}

func (b *bench) bulkSteps() []bulkStep {
	n := b.rows
	few := n / 5
	statement := func(sql string) func(c *client) error {
		return func(c *client) error { return c.simple(sql) }
	}
	return []bulkStep{
		{"COPY, truncated in the same transaction, no key", n, 1, func(c *client) error {
			if err := c.simple("BEGIN"); err != nil {
				return err
			}
			if err := c.simple("TRUNCATE bulk_plain"); err != nil {
				return err
			}
			if err := c.copyAccounts("bulk_plain", 0, n, inOrder); err != nil {
				return err
			}
			return c.simple("COMMIT")
		}},
		{"ADD PRIMARY KEY", n, 0, statement("ALTER TABLE bulk_plain ADD PRIMARY KEY (aid)")},
		{"COPY, empty table with a key", n, 1, func(c *client) error { return c.copyAccounts("bulk_keyed", 0, n, inOrder) }},
		{"COPY, table with rows", n / 2, 1, func(c *client) error { return c.copyAccounts("bulk_keyed", n, n/2, inOrder) }},
		{"COPY, table with rows, keys in no order", n / 2, 1, func(c *client) error { return c.copyAccounts("bulk_keyed", 2*n, n/2, shuffled) }},
		{"INSERT of 1000 rows, literals", few, 1.5, func(c *client) error { return c.insertLiterals("bulk_keyed", 3*n, few) }},
		{"INSERT of 1000 rows, prepared", few, 1.5, func(c *client) error { return c.insertPrepared("bulk_keyed", 4*n, few) }},
		{"INSERT ... SELECT", n, 0, statement(fmt.Sprintf("INSERT INTO bulk_copied SELECT * FROM bulk_keyed WHERE aid <= %d", n))},
		{"CREATE INDEX", n, 0, statement("CREATE INDEX bulk_index ON bulk_copied (bid)")},
		{"UPDATE of half the rows", n / 2, 0, statement(fmt.Sprintf("UPDATE bulk_keyed SET abalance = abalance + 1 WHERE aid <= %d", n/2))},
		{"DELETE of half the rows", n / 2, 0, statement(fmt.Sprintf("DELETE FROM bulk_keyed WHERE aid > %d AND aid <= %d", n/2, n))},
		{"UPDATE of half the rows, indexed column", n / 2, 0, statement(fmt.Sprintf("UPDATE bulk_copied SET bid = bid + 1 WHERE aid <= %d", n/2))},
	}
}

// inOrder and shuffled give the place among n of the i-th key.
func inOrder(i, _ int) int { return i }

func shuffled(i, n int) int { return int(uint64(i) * 7_368_787 % uint64(n)) }

// copyAccounts copies n rows like pgbench's, with keys after a first one.
func (c *client) copyAccounts(table string, after, n int, place func(i, n int) int) error {
	i := 0
	return c.copyIn("COPY "+table+" FROM STDIN", func(b []byte) []byte {
		if i == n {
			return nil
		}
		aid := after + place(i, n) + 1
		i++
		b = strconv.AppendInt(b, int64(aid), 10)
		b = append(b, '\t')
		b = strconv.AppendInt(b, int64((aid-1)/accountsPerScale+1), 10)
		return append(b, "\t0\t\n"...)
	})
}

func (c *client) insertLiterals(table string, after, n int) error {
	var sql strings.Builder
	for i := 0; i < n; {
		sql.Reset()
		sql.WriteString("INSERT INTO " + table + " VALUES ")
		for k := range insertRows {
			if k > 0 {
				sql.WriteByte(',')
			}
			i++
			fmt.Fprintf(&sql, "(%d, %d, 0, 'some text')", after+i, i%10)
		}
		if err := c.simple(sql.String()); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) insertPrepared(table string, after, n int) error {
	var sql strings.Builder
	sql.WriteString("INSERT INTO " + table + " VALUES ")
	for k := range insertRows {
		if k > 0 {
			sql.WriteByte(',')
		}
		fmt.Fprintf(&sql, "($%d, $%d, 0, $%d)", 3*k+1, 3*k+2, 3*k+3)
	}
	if err := c.prepare("bulk", sql.String()); err != nil {
		return err
	}
	params := make([][]byte, 3*insertRows)
	for i := 0; i < n; {
		for k := range insertRows {
			i++
			params[3*k] = strconv.AppendInt(params[3*k][:0], int64(after+i), 10)
			params[3*k+1] = strconv.AppendInt(params[3*k+1][:0], int64(i%10), 10)
			params[3*k+2] = append(params[3*k+2][:0], "some text"...)
		}
		if err := c.exec("bulk", params...); err != nil {
			return err
		}
	}
	return c.simple("DEALLOCATE bulk")
}

// settled measures a step; its CPU time is taken when the server has come to rest,
// or after some seconds.
func (t *target) settled(s bulkStep) (sample, error) {
	var got sample
	err := t.with(func(c *client) error {
		cpu, begin := t.cpu(), time.Now()
		if err := s.do(c); err != nil {
			return err
		}
		got.rate = float64(s.rows) / time.Since(begin).Seconds()
		for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
			was := t.cpu()
			time.Sleep(300 * time.Millisecond)
			if t.cpu()-was <= 10*time.Millisecond {
				break
			}
		}
		got.cpu = float64((t.cpu() - cpu).Microseconds()) / float64(s.rows)
		return nil
	})
	return got, err
}

// allocated is what a server has allocated since it began.
type allocated struct{ objects, bytes int64 }

// allocated asks the server under test; zero without its profiling address.
func (b *bench) allocated(t *target) (a allocated) {
	if b.profile == "" || t != b.drift {
		return a
	}
	r, err := http.Get("http://" + b.profile + "/debug/pprof/allocs?debug=1")
	if err != nil {
		return a
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return a
	}
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(line)), "# "), " = ")
		n, _ := strconv.ParseInt(value, 10, 64)
		switch name {
		case "Mallocs":
			a.objects = n
		case "TotalAlloc":
			a.bytes = n
		}
	}
	return a
}
