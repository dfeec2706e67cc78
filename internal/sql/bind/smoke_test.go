package bind

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

func TestSmoke(t *testing.T) {
	c := newToyCatalog()
	if err := c.run("create table t (a int primary key, b text, c numeric(10,2)); create table u (a int, d timestamptz)"); err != nil {
		t.Fatal(err)
	}
	sql := os.Getenv("SQL")
	list, err := parse.Statements(sql)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		st, err := Bind(context.Background(), c, s.Stmt, Options{InferParams: true, AllowMissingBodies: true})
		if err != nil {
			e := pgerr.From(err)
			fmt.Println(e.Code, e.Message, "|", e.Detail, "|", e.Hint, "|", e.Position)
			continue
		}
		fmt.Println(plan.FormatStatement(st))
	}
}
