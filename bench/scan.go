package main

import (
	"fmt"
	"math/rand/v2"
)

// aggregate is the scan that is judged.
const aggregate = "SELECT sum(a) FROM t WHERE b < 500"

func scanLine(b []byte, i int) []byte {
	return fmt.Appendf(b, "%d\t%d\t%d\trow %d\n", i, i*7919%100_000, i*104_729%1000, i)
}

// single runs one query string again and again, without parallel workers where
// the server has them.
func single(sql string) (setup func(c *client) error, op work) {
	setup = func(c *client) error { return c.simple("SET max_parallel_workers_per_gather = 0") }
	return setup, func(c *client, _ *rand.Rand) error { return c.simple(sql) }
}

func (b *bench) createScanned() error {
	return b.both("DROP TABLE IF EXISTS t", "CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text)")
}

// scan is the aggregate over a table: the first time after its load, settled, and
// while another session changes the table.
func (b *bench) scan() error {
	var first pair
	setup, op := single(aggregate)
	for i := range min(b.rounds, 3) {
		if err := b.createScanned(); err != nil {
			return err
		}
		var took [2]sample
		order := []*target{b.drift, b.pg}
		for k := range order {
			k = (k + i) % 2
			t := order[k]
			if _, err := t.load("t", b.rows, scanLine); err != nil {
				return err
			}
			if err := t.with(func(c *client) error {
				if err := setup(c); err != nil {
					return err
				}
				var err error
				took[k], err = t.timed(1, func() error { return op(c, nil) })
				return err
			}); err != nil {
				return err
			}
		}
		first.a, first.b = append(first.a, took[0]), append(first.b, took[1])
		first.ratios = append(first.ratios, took[0].rate/took[1].rate)
	}
	if _, err := b.same(aggregate); err != nil {
		return err
	}
	b.printPair(fmt.Sprintf("sum(a) WHERE b < c, %d rows, first time after the load", b.rows), 1, first)
	if err := b.both("VACUUM ANALYZE t"); err != nil {
		return err
	}
	p, err := b.race(1, setup, op)
	if err != nil {
		return err
	}
	b.printPair("the same, settled", 1, p)
	return b.scanWhileWritten(setup, op)
}

// scanWhileWritten times the aggregate after each change of a row, which takes a
// copy of the rows in memory from it.
func (b *bench) scanWhileWritten(setup func(c *client) error, op work) error {
	p, err := b.race(1, setup, func(c *client, r *rand.Rand) error {
		if err := c.simple(fmt.Sprintf("UPDATE t SET c = 'changed' WHERE id = %d", 1+r.IntN(b.rows))); err != nil {
			return err
		}
		return op(c, r)
	})
	if err != nil {
		return err
	}
	b.printPair("the same, each after an UPDATE of one row", 0, p)
	_, err = b.same(aggregate)
	return err
}
