package bind_test

import (
	"context"
	"testing"

	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/bind/bindtest"
	"github.com/driftdb/driftdb/internal/sql/parse"
)

// BenchmarkBind measures binding of statements that a plan cache misses.
func BenchmarkBind(b *testing.B) {
	cat, err := bindtest.Default()
	if err != nil {
		b.Fatal(err)
	}
	for name, sql := range map[string]string{
		"point":  "SELECT p, q FROM w WHERE p = $1",
		"join":   "SELECT t.b, u.x FROM t JOIN u USING (a) WHERE t.c > 10 AND u.b LIKE 'x%' ORDER BY t.d LIMIT 10",
		"insert": "INSERT INTO w (p, q, r) VALUES ($1, $2, $3)",
	} {
		list, err := parse.Statements(sql)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bind.Bind(context.Background(), cat, list[0].Stmt, bind.Options{InferParams: true, AllowMissingBodies: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
