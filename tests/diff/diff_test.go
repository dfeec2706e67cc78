package diff

import (
	"fmt"
	"maps"
	"math/rand"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
	"github.com/driftdb/driftdb/internal/testkit/pgref"
)

const (
	fixedSeed = 20250117
	// episode is how many statements share a schema.
	episode = 150
)

// size is how many statements one seed runs.
func size(t *testing.T) int {
	if v := os.Getenv("DRIFTDB_DIFF_STATEMENTS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return 1500
	}
	return 10_500
}

// TestAgainstPostgres runs random statements on DriftDB and PostgreSQL 15 and
// compares what they answer, once with the same statements as always and once with
// others. DRIFTDB_DIFF_SEED repeats a seed that a failing run printed.
func TestAgainstPostgres(t *testing.T) {
	dsn := pgref.Server(t)
	seeds := map[string]int64{"fixed": fixedSeed, "random": time.Now().UnixNano()}
	if n := repeatedSeed(t); n != 0 {
		seeds = map[string]int64{"repeated": n}
	}
	total := newTally()
	t.Run("seeds", func(t *testing.T) {
		for name, seed := range seeds {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				t.Logf("seed %d", seed)
				r := newRunner(t, dsn, "diff_"+name, seed)
				if name == "random" {
					r.tolerated = 2
				}
				r.run(size(t))
				total.add(r.tally)
				t.Logf("time spent: PostgreSQL %v, DriftDB %v", r.ref.spent, r.our.spent)
			})
		}
	})
	total.print(t)
	if total.undecided*200 > total.statements {
		t.Errorf("%d of %d statements could end either way: too many", total.undecided, total.statements)
	}
	if total.statements > 1000 && total.both*100 < total.statements*70 {
		t.Errorf("only %d of %d statements succeeded on both sides: too few", total.both, total.statements)
	}
}

// repeatedSeed is the seed that DRIFTDB_DIFF_SEED asks for, 0 for none.
func repeatedSeed(t *testing.T) int64 {
	v := os.Getenv("DRIFTDB_DIFF_SEED")
	if v == "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// count is what became of the statements of one kind.
type count struct{ statements, both, failed, undecided, differences int }

type tally struct {
	mu sync.Mutex
	count
	kinds map[string]*count
	rules map[string]int // how often each rule was needed
	// messages counts errors whose wording was PostgreSQL's too.
	messages int
	pasts    int
}

func newTally() *tally { return &tally{kinds: map[string]*count{}, rules: map[string]int{}} }

func (t *tally) add(o *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.plus(o.count)
	t.messages += o.messages
	t.pasts += o.pasts
	for name, n := range o.rules {
		t.rules[name] += n
	}
	for k, c := range o.kinds {
		if t.kinds[k] == nil {
			t.kinds[k] = &count{}
		}
		t.kinds[k].plus(*c)
	}
}

func (c *count) plus(o count) {
	c.statements += o.statements
	c.both += o.both
	c.failed += o.failed
	c.undecided += o.undecided
	c.differences += o.differences
}

func (t *tally) print(tb testing.TB) {
	var b strings.Builder
	fmt.Fprintf(&b, "%d statements, %d succeeded on both (%.1f %%), %d failed on both with the same SQLSTATE (%d with the same message), %d could end either way, %d differences, %d looks at the past\n",
		t.statements, t.both, 100*float64(t.both)/float64(max(1, t.statements)), t.failed, t.messages, t.undecided, t.differences, t.pasts)
	fmt.Fprintf(&b, "%-24s %10s %8s %8s %12s\n", "kind", "statements", "both", "failed", "differences")
	for _, k := range slices.Sorted(maps.Keys(t.kinds)) {
		c := t.kinds[k]
		fmt.Fprintf(&b, "%-24s %10d %8d %8d %12d\n", k, c.statements, c.both, c.failed, c.differences)
	}
	for _, r := range rules {
		fmt.Fprintf(&b, "could end either way %d times: %s: %s\n", t.rules[r.name], r.name, r.why)
	}
	tb.Log("\n" + b.String())
}

// runner runs one seed.
type runner struct {
	t         *testing.T
	rnd       *rand.Rand
	schema    string
	ref, our  *side
	past      *pasts
	tally     *tally
	seen      map[string]int
	stale     []string // sequences to set anew
	synced    int      // what the last was set to
	shown     int
	tolerated int // of those shown, how many do not fail the test
}

func newRunner(t *testing.T, dsn, schema string, seed int64) *runner {
	s := driftserver.Start(t)
	r := &runner{
		t: t, rnd: rand.New(rand.NewSource(seed)), schema: schema, tally: newTally(), seen: map[string]int{},
		ref: connect(t, reference, dsn, schema), our: connect(t, "DriftDB", s.DSN(), schema),
	}
	r.past = &pasts{side: connect(t, "DriftDB", s.DSN(), "public"), schema: schema}
	t.Cleanup(func() {
		if !r.ref.conn.IsClosed() {
			r.ref.simple("ROLLBACK")
			r.ref.simple("DROP SCHEMA IF EXISTS " + schema + " CASCADE")
		}
	})
	return r
}

func (r *runner) run(statements int) {
	for r.tally.statements < statements && r.shown < maxShown() {
		r.episode()
	}
}

// maxShown is how many different differences a run reports before it gives up.
func maxShown() int {
	if n, err := strconv.Atoi(os.Getenv("DRIFTDB_DIFF_SHOWN")); err == nil {
		return n
	}
	return 5
}

func (r *runner) fresh() {
	r.t.Helper()
	r.stale, r.synced = nil, 0
	for _, s := range []*side{r.ref, r.our} {
		if err := s.fresh(); err != nil {
			r.t.Fatal(err)
		}
	}
}

// both runs a statement on the two sides at once.
func (r *runner) both(st *statement) (ref, got outcome) {
	if len(r.stale) > 0 && r.ref.conn.TxStatus() != 'E' {
		for _, name := range r.stale {
			r.synced = r.synced%20_000 + 100
			sql := fmt.Sprintf("SELECT setval(%s, %d)", name, r.synced)
			r.ref.simple(sql)
			r.our.simple(sql)
		}
		r.stale = nil
	}
	defer func() {
		if ref.code != "" {
			r.stale = append(r.stale, st.sequences...)
		}
	}()
	done := make(chan outcome, 1)
	go func() { done <- r.ref.run(st) }()
	got = r.our.run(st)
	ref = <-done
	if st.kind == "txn/rollback to" && ref.code == "" && got.code == "" {
		// Cursors from before the savepoint end in DriftDB: see COMPAT.md.
		r.ref.simple("CLOSE ALL")
	}
	return ref, got
}

// episode runs statements in a fresh schema until there were enough, or a
// difference may have made the two hold different data.
func (r *runner) episode() {
	r.fresh()
	r.past.reset()
	g := &gen{Rand: r.rnd, w: &world{}}
	var script []*statement
	for range episode {
		st := g.next()
		script = append(script, st)
		ref, got := r.both(st)
		d := difference(st, &ref, &got)
		if rule, ok := strings.CutPrefix(d, undecided+": "); ok && ruleNamed(rule).verify != nil {
			if wrong := ruleNamed(rule).verify(r, &ref, &got); wrong != "" {
				d = "unique keys: " + wrong
			}
		}
		r.count(st, &ref, &got, d)
		if rule, ok := strings.CutPrefix(d, undecided+": "); ok {
			r.tally.rules[rule]++
			if st.writes || g.block {
				return
			}
			continue
		}
		if d != "" {
			r.report(script, d, &ref, &got)
			if st.writes || g.block || r.our.conn.IsClosed() || r.ref.conn.IsClosed() || ref.code != got.code {
				return
			}
			continue
		}
		switch {
		case ref.code == "" && st.effect != nil:
			st.effect()
		case ref.code != "" && g.block:
			g.failed = true
		}
		if ref.code != "" && st.failure != nil {
			st.failure()
		}
		if ref.status == 'I' && st.kind == "select/whole table" && ref.code == "" {
			r.past.remember(r.t, strings.TrimPrefix(st.sql, "SELECT * FROM "))
		}
	}
	if ended := g.block; ended {
		r.our.simple("ROLLBACK")
		r.ref.simple("ROLLBACK")
	}
	r.tally.pasts += r.past.check(r.t, script)
}

func (r *runner) count(st *statement, ref, got *outcome, d string) {
	c := r.tally.kinds[st.kind]
	if c == nil {
		c = &count{}
		r.tally.kinds[st.kind] = c
	}
	one := count{statements: 1}
	switch {
	case strings.HasPrefix(d, undecided):
		one.undecided = 1
	case d != "":
		one.differences = 1
	case ref.code == "":
		one.both = 1
	default:
		one.failed = 1
		if ref.message == got.message {
			r.tally.messages++
		} else if os.Getenv("DRIFTDB_DIFF_MESSAGES") != "" {
			r.t.Logf("message %q, DriftDB %q: %s", ref.message, got.message, st.sql)
		}
	}
	c.plus(one)
	r.tally.plus(one)
}

var variable = regexp.MustCompile(`"[^"]*"|'[^']*'|[0-9]+`)

// report shows a difference once for each cause, as far as that can be told, with
// the shortest script that shows it.
func (r *runner) report(script []*statement, d string, ref, got *outcome) {
	last := script[len(script)-1]
	what, _, _ := strings.Cut(d, ":")
	signature := what + last.kind
	if strings.HasPrefix(what, "code") {
		signature = variable.ReplaceAllString(ref.code+ref.message+"/"+got.code+got.message, "")
	}
	r.seen[signature]++
	if r.seen[signature] > 1 || r.shown >= maxShown() {
		return
	}
	r.shown++
	if os.Getenv("DRIFTDB_DIFF_SHRINK") != "off" {
		small, sd := r.shrink(script, what)
		if sd != "" {
			script, d = small, sd+"\n  made smaller from "+last.sql
		}
	}
	if r.shown <= r.tolerated {
		r.t.Logf("to be fixed: %s\n%s", d, printScript(script))
		return
	}
	r.t.Errorf("%s\n%s", d, printScript(script))
}

func printScript(script []*statement) string {
	var b strings.Builder
	for _, st := range script {
		fmt.Fprintf(&b, "  %s;", st.sql)
		if st.extended {
			fmt.Fprintf(&b, " -- extended, binary %v, %q", st.binary, st.args)
		}
		b.WriteString("\n")
		if st.copyIn != "" {
			fmt.Fprintf(&b, "%q\n", st.copyIn)
		}
	}
	return b.String()
}
