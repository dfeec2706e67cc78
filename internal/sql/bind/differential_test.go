package bind_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/bind/bindtest"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// The differential tests compare what binding says of a statement with what
// PostgreSQL says of it when it is prepared: columns' names and types,
// parameters' types, or all fields of the error.

// reference connects to the reference server in a schema of its own.
func reference(t *testing.T) *pgconn.PgConn {
	dsn := os.Getenv("DRIFTDB_PG_DSN")
	if dsn == "" {
		t.Skip("DRIFTDB_PG_DSN is not set: no PostgreSQL 15 to compare with")
	}
	ctx := context.Background()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Skipf("cannot connect to the reference server: %v", err)
	}
	setup := "DROP SCHEMA IF EXISTS bindtest CASCADE; CREATE SCHEMA bindtest; SET search_path = bindtest; SET client_min_messages = error;"
	if _, err := conn.Exec(ctx, setup+bindtest.Schema).ReadAll(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Exec(ctx, "DROP SCHEMA bindtest CASCADE").ReadAll() //nolint:errcheck // the next run drops it too
		conn.Close(ctx)                                          //nolint:errcheck // end of test
	})
	return conn
}

func testCatalog(t *testing.T) *bindtest.Catalog {
	c, err := bindtest.Default()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// describeReference prepares a statement on the reference server.
func describeReference(conn *pgconn.PgConn, sql string) string {
	d, err := conn.Prepare(context.Background(), "", sql, nil)
	var e *pgconn.PgError
	switch {
	case errors.As(err, &e):
		return fmt.Sprintf("%s %s|%s|%s|%d", e.Code, e.Message, e.Detail, e.Hint, e.Position)
	case err != nil:
		return "connection: " + err.Error()
	}
	var b strings.Builder
	for _, f := range d.Fields {
		oid := types.OID(f.DataTypeOID)
		if types.Lookup(oid) == nil {
			oid = types.Record // tables have row types of their own there
		}
		fmt.Fprintf(&b, "%s:%s ", f.Name, pgfmt.TypeName(oid))
		if f.TypeModifier != -1 {
			fmt.Fprintf(&b, "[%d] ", f.TypeModifier)
		}
	}
	for i, p := range d.ParamOIDs {
		fmt.Fprintf(&b, "$%d=%s ", i+1, pgfmt.TypeName(types.OID(p)))
	}
	return b.String()
}

// describe binds a statement and says the same of it.
func describe(cat bind.Catalog, sql string) string {
	list, err := parse.Statements(sql)
	var s *plan.Statement
	if err == nil {
		s, err = bind.Bind(context.Background(), cat, list[0].Stmt, bind.Options{InferParams: true, AllowMissingBodies: true})
	}
	if err != nil {
		e := pgerr.From(err)
		return fmt.Sprintf("%s %s|%s|%s|%d", e.Code, e.Message, e.Detail, e.Hint, e.Position)
	}
	var b strings.Builder
	for _, o := range s.Output {
		fmt.Fprintf(&b, "%s:%s ", o.Name, pgfmt.TypeName(o.Type.OID))
		if o.Type.Typmod != -1 {
			fmt.Fprintf(&b, "[%d] ", o.Type.Typmod)
		}
	}
	for i, p := range s.Params {
		fmt.Fprintf(&b, "$%d=%s ", i+1, pgfmt.TypeName(p))
	}
	return b.String()
}

// TestCorpus compares each statement of testdata/corpus.sql, one a line.
func TestCorpus(t *testing.T) {
	conn := reference(t)
	cat := testCatalog(t)
	raw, err := os.ReadFile("testdata/corpus.sql")
	if err != nil {
		t.Fatal(err)
	}
	total, bad := 0, 0
	for _, sql := range strings.Split(string(raw), "\n") {
		if sql = strings.TrimSpace(sql); sql == "" || strings.HasPrefix(sql, "--") {
			continue
		}
		total++
		want, have := describeReference(conn, sql), describe(cat, sql)
		if want != have {
			bad++
			t.Errorf("%s\n  want %s\n  have %s", sql, want, have)
		}
	}
	t.Logf("%d statements, %d differ", total, bad)
}

// argument is a random operand: a typed NULL, or an untyped literal.
func argument(rnd *rand.Rand, pool []types.OID) string {
	switch rnd.Intn(8) {
	case 0:
		return "NULL"
	case 1:
		return "1"
	}
	return "NULL::" + castName(pool[rnd.Intn(len(pool))])
}

func castName(oid types.OID) string {
	if oid == types.Char {
		return `"char"`
	}
	if oid == types.BPChar {
		return "bpchar"
	}
	if types.IsArray(oid) {
		return castName(types.ElemOf(oid)) + "[]"
	}
	return types.Lookup(oid).Name
}

// basePool are the types that random expressions are made of.
var basePool = []types.OID{
	types.Bool, types.Bytea, types.Char, types.Name, types.Int8, types.Int2, types.Int4, types.Text, types.Oid, types.JSON,
	types.Float4, types.Float8, types.BPChar, types.VarChar, types.Date, types.Time, types.Timestamp, types.TimestampTZ,
	types.Interval, types.TimeTZ, types.Numeric, types.UUID, types.JSONB, types.RegClass, types.RegType, types.RegProc,
	types.Int4Array, types.TextArray, types.NumericArray, types.Int8Array, types.VarCharArray, types.Xid, types.Money,
	types.Bit, types.VarBit, types.Int2Vector, 3904, 3906, 4451, 869, 650, 600, 3614, 3615, 4072,
}

// compareRandom compares n random expressions and reports those that differ.
func compareRandom(t *testing.T, n int, make func(*rand.Rand) string) {
	conn := reference(t)
	cat := testCatalog(t)
	seed := int64(1)
	if s, err := strconv.ParseInt(os.Getenv("DRIFTDB_TEST_SEED"), 10, 64); err == nil {
		seed = s
	}
	rnd := rand.New(rand.NewSource(seed))
	bad, ok := 0, 0
	codes := map[string]int{}
	for range n {
		sql := make(rnd)
		if !strings.HasPrefix(sql, "select ") {
			sql = "SELECT " + sql
		}
		want, have := describeReference(conn, sql), describe(cat, sql)
		if want != have {
			bad++
			if bad <= 40 {
				t.Errorf("%s\n  want %s\n  have %s", sql, want, have)
			}
		}
		if strings.Contains(want, "|") {
			codes[want[:5]]++
		} else {
			ok++
		}
	}
	var spread []string
	for c, k := range codes {
		spread = append(spread, fmt.Sprintf("%s %d", c, k))
	}
	sort.Strings(spread)
	t.Logf("seed %d: %d expressions, %d differ; %d resolve, errors %v", seed, n, bad, ok, spread)
}

func randomRuns() int {
	if testing.Short() {
		return 300
	}
	return 4000
}

// TestRandomOperators compares operator resolution over random operand types.
func TestRandomOperators(t *testing.T) {
	ops := allOperators()
	compareRandom(t, randomRuns(), func(rnd *rand.Rand) string {
		o := ops[rnd.Intn(len(ops))]
		if o.Left == 0 {
			return o.Name + " " + near(rnd, o.Right)
		}
		return near(rnd, o.Left) + " " + o.Name + " " + near(rnd, o.Right)
	})
}

// near is an operand that is often of the wanted type, or of one of its category.
func near(rnd *rand.Rand, want types.OID) string {
	info := types.Lookup(want)
	if info.Type == 'b' && rnd.Intn(3) == 0 {
		return "NULL::" + castName(want)
	}
	if rnd.Intn(2) == 0 {
		var pool []types.OID
		for _, oid := range basePool {
			if types.Lookup(oid).Category == info.Category || info.Type == 'p' {
				pool = append(pool, oid)
			}
		}
		if pool != nil {
			return "NULL::" + castName(pool[rnd.Intn(len(pool))])
		}
	}
	return argument(rnd, basePool)
}

func allOperators() []*builtin.Operator {
	var out []*builtin.Operator
	for oid := uint32(1); oid < 10000; oid++ {
		if o := builtin.OperatorByOID(oid); o != nil {
			out = append(out, o)
		}
	}
	return out
}

// TestRandomFunctions compares function resolution over random argument types,
// half of them near to what a function of that name takes.
func TestRandomFunctions(t *testing.T) {
	procs := builtin.Procs()
	compareRandom(t, randomRuns(), func(rnd *rand.Rand) string {
		for {
			p := procs[rnd.Intn(len(procs))]
			if p.Schema != "pg_catalog" || p.Kind != 'f' || p.RetSet {
				continue
			}
			args := make([]string, len(p.Args))
			for i, a := range p.Args {
				args[i] = near(rnd, a)
			}
			if rnd.Intn(12) == 0 {
				args = append(args, argument(rnd, basePool))
			}
			return keyword.QuoteIdent(p.Name) + "(" + strings.Join(args, ", ") + ")"
		}
	})
}

// TestRandomCasts compares explicit casts and the common types of CASE, COALESCE,
// ARRAY, VALUES and UNION.
func TestRandomCasts(t *testing.T) {
	compareRandom(t, randomRuns(), func(rnd *rand.Rand) string {
		a, b, c := argument(rnd, basePool), argument(rnd, basePool), argument(rnd, basePool)
		switch rnd.Intn(8) {
		case 0, 1, 2:
			return a + "::" + castName(basePool[rnd.Intn(len(basePool))])
		case 3:
			return "coalesce(" + a + ", " + b + ", " + c + ")"
		case 4:
			return "case when true then " + a + " when false then " + b + " else " + c + " end"
		case 5:
			return "array[" + a + ", " + b + "]"
		case 6:
			return a + " union all select " + b
		}
		return a + " in (" + b + ", " + c + ")"
	})
}
