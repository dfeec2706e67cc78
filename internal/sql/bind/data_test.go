package bind_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/bind/bindtest"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

var rewrite = flag.Bool("rewrite", false, "write the expected output of testdata anew")

// history resolves moments in tests: @SEQ:n is commit n, every time is commit 7,
// NULL is none, parameters are not known yet. Up to commit 9 the catalog is the
// old one.
type history struct{ old bind.Catalog }

func (h history) Resolve(_ context.Context, i plan.Instant) (plan.Instant, error) {
	e := i.Expr
	if call, ok := e.(*plan.FuncCall); ok && len(call.Args) == 1 {
		e = call.Args[0] // the conversion of an int4 literal
	}
	switch e := e.(type) {
	case *plan.Param:
		return i, nil
	case *plan.Const:
		i.Resolved, i.Null = true, e.Value.IsNull()
		i.At = 7
		if i.Seq && !i.Null {
			i.At = uint64(e.Value.Int())
		}
		if i.At > 1000 {
			return i, pgerr.New(pgcode.InvalidParameterValue, "commit %d is in the future", i.At)
		}
		return i, nil
	}
	i.Resolved, i.At = true, 7
	return i, nil
}

func (h history) CatalogAt(_ context.Context, at uint64) (bind.Catalog, error) {
	if at < 10 {
		return h.old, nil
	}
	return bindtest.Default()
}

// TestData binds the statements of testdata/*.txt and compares plans and errors
// as text. A case is a statement, a line ----, and the output up to an empty line.
func TestData(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	now := testCatalog(t)
	old := bindtest.New()
	if err := old.Run("CREATE TABLE t (a int PRIMARY KEY, was text); CREATE VIEW tv AS SELECT was FROM t; CREATE VIEW tvm AS SELECT a FROM t FOR SYSTEM_TIME AS OF @SEQ:3;"); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			for _, c := range strings.Split(strings.TrimSpace(string(raw)), "\n\n") {
				c = strings.TrimSpace(c)
				if strings.HasPrefix(c, "#") {
					fmt.Fprintf(&out, "%s\n\n", c)
					continue
				}
				sql, want, _ := strings.Cut(strings.TrimSuffix(c, "\n----"), "\n----\n")
				have := bindText(now, history{old}, sql)
				fmt.Fprintf(&out, "%s\n----\n%s\n\n", sql, have)
				if !*rewrite && have != want {
					t.Errorf("%s\nwant\n%s\nhave\n%s", sql, want, have)
				}
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// bindText binds a statement and prints the outcome.
func bindText(cat bind.Catalog, moments bind.Moments, sql string) string {
	list, err := parse.Statements(sql)
	var s *plan.Statement
	if err == nil {
		s, err = bind.Bind(context.Background(), cat, list[0].Stmt, bind.Options{InferParams: true, AllowMissingBodies: true, Moments: moments})
	}
	if err == nil {
		return strings.TrimSuffix(plan.FormatStatement(s), "\n")
	}
	e := pgerr.From(err)
	out := fmt.Sprintf("ERROR %s at %d: %s", e.Code, e.Position, e.Message)
	if e.Detail != "" {
		out += "\nDETAIL: " + e.Detail
	}
	if e.Hint != "" {
		out += "\nHINT: " + e.Hint
	}
	return out
}

// TestPinned checks that a transaction that reads the past refuses another moment.
func TestPinned(t *testing.T) {
	cat := testCatalog(t)
	at := uint64(5)
	for sql, want := range map[string]pgcode.Code{
		"SELECT a FROM t AS OF @SEQ:5": "",
		"SELECT a FROM t AS OF @SEQ:6": pgcode.FeatureNotSupported,
		"SELECT a FROM t":              "",
	} {
		list, err := parse.Statements(sql)
		if err != nil {
			t.Fatal(err)
		}
		_, err = bind.Bind(context.Background(), cat, list[0].Stmt, bind.Options{Moments: history{cat}, Pinned: &at})
		if got := pgerr.CodeOf(err); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

// TestMissingBody checks that a function that is known and not built is refused
// when it is bound, not when it is called.
func TestMissingBody(t *testing.T) {
	list, err := parse.Statements("SELECT pg_ls_waldir()")
	if err != nil {
		t.Fatal(err)
	}
	_, err = bind.Bind(context.Background(), testCatalog(t), list[0].Stmt, bind.Options{})
	if pgerr.CodeOf(err) != pgcode.FeatureNotSupported || pgerr.From(err).Hint == "" {
		t.Errorf("got %v", err)
	}
}
