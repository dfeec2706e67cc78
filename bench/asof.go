package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// asOfVersions is how many versions each row of the history has, asOfAt which of
// them the reads of the past want.
const (
	asOfVersions = 10
	asOfAt       = 5
)

// makeHistory makes the table h, each row changed asOfVersions-1 times, and
// returns the commit at asOfAt. PostgreSQL keeps a copy of that moment in h_past.
func (b *bench) makeHistory(rows int) (seq string, err error) {
	if err := b.both("CREATE TABLE h (id int PRIMARY KEY, v int, pad text)"); err != nil {
		return "", err
	}
	for _, t := range []*target{b.drift, b.pg} {
		if _, err := t.load("h", rows, func(b []byte, i int) []byte { return fmt.Appendf(b, "%d\t%d\trow %d\n", i, i, i) }); err != nil {
			return "", err
		}
	}
	for version := 2; version <= asOfVersions; version++ {
		for from := 1; from <= rows; from += 10_000 {
			if err := b.both(fmt.Sprintf("UPDATE h SET v = v + %d WHERE id BETWEEN %d AND %d", version, from, from+9999)); err != nil {
				return "", err
			}
		}
		if version == asOfAt {
			got, err := b.drift.rows("SELECT drift.current_seq()")
			if err != nil {
				return "", err
			}
			seq = got[0]
			if err := b.pg.script("CREATE TABLE h_past AS SELECT * FROM h"); err != nil {
				return "", err
			}
		}
	}
	return seq, b.both("VACUUM ANALYZE h")
}

// asOf compares reads of a past moment with the same reads of the present.
func (b *bench) asOf() error {
	rows := b.accounts() / 10
	seq, err := b.makeHistory(rows)
	if err != nil {
		return err
	}
	past := "h FOR SYSTEM_TIME AS OF @SEQ:" + seq
	if _, err := b.same("SELECT sum(v) FROM h"); err != nil {
		return err
	}
	for _, q := range []string{"SELECT sum(v), count(*) FROM %s", "SELECT v FROM %s WHERE id = 77"} {
		if _, err := b.sameAs(fmt.Sprintf(q, past), fmt.Sprintf(q, "h_past")); err != nil {
			return err
		}
	}
	const current = "SELECT v FROM h WHERE id = $1"
	id := func(r *rand.Rand) []byte { return strconv.AppendInt(nil, int64(1+r.IntN(rows)), 10) }
	one := func(c *client, r *rand.Rand) error { return c.exec("q", id(r)) }
	none := func(*client) error { return nil }
	forms := []struct {
		name      string
		setup     func(c *client) error
		op        work
		baseSetup func(c *client) error
		base      work
	}{
		{
			"AS OF @SEQ:$2, prepared", prepare("q", "SELECT v FROM h FOR SYSTEM_TIME AS OF @SEQ:$2 WHERE id = $1"),
			func(c *client, r *rand.Rand) error { return c.exec("q", id(r), []byte(seq)) }, prepare("q", current), one,
		},
		{"AS OF a literal, prepared", prepare("q", "SELECT v FROM "+past+" WHERE id = $1"), one, prepare("q", current), one},
		{"SET drift.as_of, prepared", func(c *client) error {
			if err := c.simple("SET drift.as_of = 'seq:" + seq + "'"); err != nil {
				return err
			}
			return c.prepare("q", current)
		}, one, prepare("q", current), one},
		{
			"AS OF a literal, simple protocol", none,
			func(c *client, r *rand.Rand) error {
				return c.simple("SELECT v FROM " + past + " WHERE id = " + string(id(r)))
			},
			none, func(c *client, r *rand.Rand) error { return c.simple("SELECT v FROM h WHERE id = " + string(id(r))) },
		},
	}
	for _, f := range forms {
		p, err := b.within(b.clients, f.setup, f.op, f.baseSetup, f.base)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		b.printPair("point SELECT "+f.name+" / current", 0.8, p)
	}
	made, err := b.drift.timed(rows*asOfVersions, func() error { return b.drift.script("SELECT drift.build_segments('h')") })
	if err != nil {
		return err
	}
	b.print(row{work: fmt.Sprintf("columnar segments of %d versions, versions", rows*asOfVersions), a: rowSpeed(made)})
	setup, pastSum := single("SELECT sum(v) FROM " + past)
	_, presentSum := single("SELECT sum(v) FROM h")
	p, err := b.within(1, setup, pastSum, setup, presentSum)
	if err != nil {
		return err
	}
	b.printTimes(fmt.Sprintf("sum(v) AS OF / current, %d rows", rows), 0, p)
	return nil
}
