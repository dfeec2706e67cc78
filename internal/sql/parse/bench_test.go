package parse

import "testing"

// The house promises 5 us or less for the point query; see also TestPointQueryAllocs.
var benchQueries = map[string]string{
	"point":  "SELECT abalance FROM pgbench_accounts WHERE aid = 12345",
	"update": "UPDATE pgbench_accounts SET abalance = abalance + -1234 WHERE aid = 98765",
	"insert": "INSERT INTO pgbench_history (tid, bid, aid, delta, mtime) VALUES (1, 2, 3, 4, CURRENT_TIMESTAMP)",
	"asof":   "SELECT abalance FROM pgbench_accounts FOR SYSTEM_TIME AS OF @SEQ:42 WHERE aid = $1",
	"begin":  "BEGIN",
	"join": `SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
		FROM customer, orders, lineitem, supplier, nation, region
		WHERE c_custkey = o_custkey AND l_orderkey = o_orderkey AND l_suppkey = s_suppkey
			AND c_nationkey = s_nationkey AND s_nationkey = n_nationkey AND n_regionkey = r_regionkey
			AND r_name = 'ASIA' AND o_orderdate >= date '1994-01-01'
			AND o_orderdate < date '1994-01-01' + interval '1' year
		GROUP BY n_name ORDER BY revenue DESC`,
}

func BenchmarkStatements(b *testing.B) {
	for name, sql := range benchQueries {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Statements(sql); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
