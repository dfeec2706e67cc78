package builtin

// Goal: the answers of PostgreSQL hold without a server at hand. Method:
// testdata/golden.tsv keeps a few calls of every function with the text or the
// error PostgreSQL gave; the test repeats them. With -rewrite and a reference
// server the file is made anew from PostgreSQL's answers.

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
	"github.com/driftdb/driftdb/internal/types"
)

var rewrite = flag.Bool("rewrite", false, "make testdata/golden.tsv anew from the reference server")

const goldenFile = "testdata/golden.tsv"

func TestGolden(t *testing.T) {
	if *rewrite {
		rewriteGolden(t)
	}
	f, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	set := pgfmt.Default()
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	lines := 0
	for scanner.Scan() {
		lines++
		c, want, err := parseGolden(scanner.Text())
		if err != nil {
			t.Fatalf("line %d: %v", lines, err)
		}
		if c.p.Eval == nil {
			t.Errorf("line %d: %s has lost its body", lines, c.p.Source)
			continue
		}
		got := goldenResult(c.run(set))
		if got != want && !sameAnswer(c.p, strings.Trim(got, `"`), strings.Trim(want, `"`)) {
			t.Errorf("line %d: %s = %s, PostgreSQL %s", lines, c.sql(), got, want)
		}
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	if lines < 1000 {
		t.Errorf("only %d calls in %s", lines, goldenFile)
	}
}

func goldenResult(text string, err error) string {
	if err != nil {
		return "error " + string(pgerr.CodeOf(err)) + " " + err.Error()
	}
	return strconv.Quote(text)
}

// parseGolden reads "function oid, argument types, argument texts, result",
// separated by tabs; texts are quoted.
func parseGolden(line string) (c call, want string, err error) {
	fields := strings.Split(line, "\t")
	if len(fields) < 3 {
		return c, "", fmt.Errorf("%d fields", len(fields))
	}
	oid, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return c, "", err
	}
	if c.p = ProcByOID(uint32(oid)); c.p == nil {
		return c, "", fmt.Errorf("no function %d", oid)
	}
	for _, a := range strings.Fields(fields[1]) {
		n, err := strconv.ParseUint(a, 10, 32)
		if err != nil {
			return c, "", err
		}
		c.args = append(c.args, types.OID(n))
	}
	for _, q := range fields[2 : len(fields)-1] {
		text, err := strconv.Unquote(q)
		if err != nil {
			return c, "", err
		}
		c.text = append(c.text, text)
	}
	return c, fields[len(fields)-1], nil
}

func rewriteGolden(t *testing.T) {
	ref := pgref.Connect(t)
	rng := rand.New(rand.NewPCG(7, 8))
	var out strings.Builder
	for _, p := range Procs() {
		_, skip := skipped[p.Source]
		if p.Eval == nil || p.Kind != 'f' || p.RetSet || skip || p.Ret == types.Void || p.Schema != "pg_catalog" || foreign(p) || aboutTime(p) || len(p.Args) == 0 {
			continue
		}
		calls := callsOf(p, rng, 5)
		statements := make([]string, len(calls))
		for i, c := range calls {
			statements[i] = c.sql()
		}
		statements, calls = without(statements, calls, "2147483647'::integer")
		if len(calls) == 0 {
			continue
		}
		for i, r := range ref.Batch(statements) {
			result := strconv.Quote("NULL")
			switch {
			case r.Err != nil:
				result = "error " + r.Err.Code + " " + r.Err.Message
			case len(r.Rows[0][0]) > 500:
				continue
			case r.Rows[0][0] != nil:
				result = strconv.Quote(string(r.Rows[0][0]))
			}
			c := calls[i]
			fmt.Fprintf(&out, "%d\t%s\t", p.OID, strings.Trim(fmt.Sprint(c.args), "[]"))
			for _, text := range c.text {
				out.WriteString(strconv.Quote(text) + "\t")
			}
			out.WriteString(result + "\n")
		}
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
