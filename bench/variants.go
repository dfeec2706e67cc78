package main

import (
	"fmt"
	"slices"
	"strings"
)

// variantGoal is how many times the plain form a variant may cost.
const variantGoal = 2

// plainWrite is the plain form of the variants that write.
const plainWrite = "UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = $1"

// variants are other ways to say the same point work; $1 is a key. Those that
// write are compared with plainWrite, the others with plainPoint.
var variants = []string{
	"SELECT abalance AS a FROM pgbench_accounts WHERE aid = $1",
	"SELECT a.abalance FROM pgbench_accounts a WHERE a.aid = $1",
	"SELECT a.abalance FROM public.pgbench_accounts AS a WHERE a.aid = $1",
	"SELECT pgbench_accounts.abalance FROM pgbench_accounts WHERE pgbench_accounts.aid = $1",
	"SELECT abalance FROM pgbench_accounts WHERE $1 = aid",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1::int",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1::bigint",
	"SELECT abalance FROM pgbench_accounts WHERE (aid = $1)",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND true",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND bid > 0",
	"SELECT abalance FROM pgbench_accounts WHERE bid > 0 AND aid = $1",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND abalance IS NOT NULL",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND bid BETWEEN 1 AND 1000",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND (bid = 1 OR bid > 0)",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND filler IS NOT NULL",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND NOT bid = 0",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND bid IN (SELECT 1 UNION ALL SELECT 2) OR aid = $1 AND bid > 2",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 AND bid IS DISTINCT FROM 0",
	"SELECT abalance FROM pgbench_accounts WHERE aid IN ($1)",
	"SELECT abalance FROM pgbench_accounts WHERE aid = ANY (ARRAY[$1]::int[])",
	"SELECT abalance FROM pgbench_accounts WHERE aid BETWEEN $1 AND $1",
	"SELECT abalance FROM pgbench_accounts WHERE aid >= $1 AND aid <= $1",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 + 0",
	"SELECT abalance FROM pgbench_accounts WHERE aid = abs($1::int)",
	"SELECT aid, bid, abalance FROM pgbench_accounts WHERE aid = $1",
	"SELECT * FROM pgbench_accounts WHERE aid = $1",
	"SELECT abalance + 1 FROM pgbench_accounts WHERE aid = $1",
	"SELECT abalance * 2 + bid FROM pgbench_accounts WHERE aid = $1",
	"SELECT -abalance FROM pgbench_accounts WHERE aid = $1",
	"SELECT abalance::bigint FROM pgbench_accounts WHERE aid = $1",
	"SELECT abalance::text FROM pgbench_accounts WHERE aid = $1",
	"SELECT coalesce(abalance, 0) FROM pgbench_accounts WHERE aid = $1",
	"SELECT CASE WHEN abalance > 0 THEN 'plus' ELSE 'minus' END FROM pgbench_accounts WHERE aid = $1",
	"SELECT 'balance ' || abalance FROM pgbench_accounts WHERE aid = $1",
	"SELECT abs(abalance) FROM pgbench_accounts WHERE aid = $1",
	"SELECT length(filler), abalance FROM pgbench_accounts WHERE aid = $1",
	"SELECT abalance = 0 FROM pgbench_accounts WHERE aid = $1",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 LIMIT 1",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 ORDER BY abalance",
	"SELECT abalance FROM pgbench_accounts WHERE aid = $1 ORDER BY aid LIMIT 1",
	"SELECT DISTINCT abalance FROM pgbench_accounts WHERE aid = $1",
	"SELECT count(*) FROM pgbench_accounts WHERE aid = $1",
	"SELECT sum(abalance) FROM pgbench_accounts WHERE aid = $1",
	"SELECT abalance FROM (SELECT * FROM pgbench_accounts) s WHERE aid = $1",
	"WITH s AS (SELECT aid, abalance FROM pgbench_accounts) SELECT abalance FROM s WHERE aid = $1",
	"SELECT a.abalance, b.bbalance FROM pgbench_accounts a JOIN pgbench_branches b ON b.bid = a.bid WHERE a.aid = $1",
	"SELECT a.abalance FROM pgbench_accounts a JOIN pgbench_accounts b USING (aid) WHERE b.aid = $1",
	"SELECT abalance, (SELECT bbalance FROM pgbench_branches b WHERE b.bid = a.bid) FROM pgbench_accounts a WHERE aid = $1",
	"SELECT abalance FROM pgbench_accounts a WHERE aid = $1 AND EXISTS (SELECT 1 FROM pgbench_branches b WHERE b.bid = a.bid)",
	"UPDATE pgbench_accounts SET abalance = abalance + 1 WHERE aid = $1 RETURNING aid, abalance - abalance",
}

// variants compares each variant with its plain form.
func (b *bench) variants() error {
	if err := b.loadAccounts(); err != nil {
		return err
	}
	plain := map[bool]*load{}
	for write, sql := range map[bool]string{false: plainPoint, true: plainWrite} {
		l, err := newLoad(b.drift, b.clients, prepare("p", sql), b.byAid("p"))
		if err != nil {
			return err
		}
		defer l.close()
		plain[write] = l
	}
	var worst []string
	good, rounds := 0, min(b.rounds, 3)
	for _, sql := range variants {
		if _, err := b.same(strings.ReplaceAll(sql, "$1", "42")); err != nil {
			return err
		}
		v, err := newLoad(b.drift, b.clients, prepare("v", sql), b.byAid("v"))
		if err != nil {
			return err
		}
		p, err := compare(v, plain[strings.HasPrefix(sql, "UPDATE")], rounds, b.d/4)
		v.close()
		if err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
		if p.ratio() >= 1.0/variantGoal {
			good++
		}
		worst = append(worst, fmt.Sprintf("%5.2f  CPU %5.2f  %s", 1/p.ratio(), p.cpuRatio(), sql))
	}
	slices.Sort(worst)
	slices.Reverse(worst)
	b.print(row{
		work: fmt.Sprintf("%d variants of it", len(variants)), goal: fmt.Sprintf("<= %dx the plain form", variantGoal),
		a: fmt.Sprintf("%d of %d", good, len(variants)), b: "plain form", ratio: "slowest " + strings.TrimSpace(worst[0][:5]), met: met(good == len(variants)),
	})
	b.note("Variants, times the plain form, slowest first:\n\n```\n" + strings.Join(worst, "\n") + "\n```")
	return nil
}
