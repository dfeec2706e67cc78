package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// tpcbStatements are those of pgbench's built-in script.
var tpcbStatements = [...]string{
	"BEGIN",
	"UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1",
	"UPDATE pgbench_tellers SET tbalance = tbalance + $1 WHERE tid = $2",
	"UPDATE pgbench_branches SET bbalance = bbalance + $1 WHERE bid = $2",
	"INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP)",
	"END",
}

func prepareTPCB(c *client) error {
	for i, sql := range tpcbStatements {
		if err := c.prepare("s"+strconv.Itoa(i), sql); err != nil {
			return err
		}
	}
	return nil
}

// tpcbWork is one transaction, seven round trips.
func (b *bench) tpcbWork() work {
	scale := b.scale
	return func(c *client, r *rand.Rand) error {
		number := func(n int) []byte { return strconv.AppendInt(nil, int64(n), 10) }
		aid, tid, bid := number(1+r.IntN(scale*accountsPerScale)), number(1+r.IntN(scale*10)), number(1+r.IntN(scale))
		delta := number(r.IntN(10001) - 5000)
		for i, params := range [len(tpcbStatements)][][]byte{
			nil, {delta, aid}, {aid}, {delta, tid}, {delta, bid}, {tid, bid, aid, delta}, nil,
		} {
			if err := c.exec("s"+strconv.Itoa(i), params...); err != nil {
				return fmt.Errorf("%s: %w", tpcbStatements[i], err)
			}
		}
		return nil
	}
}

// tpcb compares pgbench's default transactions, durable on both sides, and checks
// its sums afterwards.
func (b *bench) tpcb() error {
	if err := b.loadAccounts(); err != nil {
		return err
	}
	// The sums must agree whatever other parts did before.
	if err := b.both("UPDATE pgbench_accounts SET abalance = 0 WHERE abalance <> 0", "TRUNCATE pgbench_history"); err != nil {
		return err
	}
	p, err := b.race(b.clients, prepareTPCB, b.tpcbWork())
	if err != nil {
		return err
	}
	for _, t := range []*target{b.drift, b.pg} {
		rows, err := t.rows(`SELECT a = t AND t = b AND b = h FROM
			(SELECT sum(abalance) a FROM pgbench_accounts) a, (SELECT sum(tbalance) t FROM pgbench_tellers) t,
			(SELECT sum(bbalance) b FROM pgbench_branches) b, (SELECT sum(delta) h FROM pgbench_history) h`)
		if err != nil {
			return err
		}
		if len(rows) != 1 || rows[0] != "t" {
			return fmt.Errorf("%s: the sums of accounts, tellers, branches and history differ", t.name)
		}
	}
	b.printPair("TPC-B, prepared", 0.8, p)
	if p, err = b.race(b.clients, prepare("w", plainWrite), b.byAid("w")); err != nil {
		return err
	}
	b.printPair("single-row durable UPDATE, prepared", 0, p)
	return nil
}
