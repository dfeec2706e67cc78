package soak

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/testkit/driftproc"
)

func TestMain(m *testing.M) {
	code := m.Run()
	driftproc.Remove()
	os.Exit(code)
}

// soak is one data directory that pgbench works on through several lives of the
// server.
type soak struct {
	t      *testing.T
	rng    *rand.Rand
	server *driftproc.Server
	dir    string

	scale, seconds, moments int

	loaded int64            // commit after which only TPC-B transactions follow
	known  map[int64]string // answers given before, by commit; they must not change
}

// setting reads a number from the environment.
func setting(t *testing.T, name string, otherwise int) int {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q is not a positive number", name, text)
	}
	return n
}

// The goal: whatever protocol the load comes through and however the server
// ends, the past adds up, and keeps adding up to the same.
func TestPgbench(t *testing.T) {
	if _, err := exec.LookPath("pgbench"); err != nil {
		t.Skip("pgbench is not installed")
	}
	seconds := 2
	if testing.Short() {
		seconds = 1
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	s := &soak{
		t: t, rng: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(), known: map[int64]string{},
		scale:   setting(t, "DRIFTDB_SOAK_SCALE", 1),
		seconds: setting(t, "DRIFTDB_SOAK_SECONDS", seconds),
		moments: setting(t, "DRIFTDB_SOAK_MOMENTS", 20),
	}
	s.start()
	s.pgbench("-i", "-s", strconv.Itoa(s.scale))
	s.loaded = s.now()

	for _, mode := range []string{"simple", "extended", "prepared"} {
		before := s.now()
		out := s.pgbench("-n", "-c", "8", "-j", "2", "-T", strconv.Itoa(s.seconds), "-M", mode)
		if done := s.now() - before; done != processed(t, out) {
			t.Errorf("%s: %d commits, pgbench counted %d transactions", mode, done, processed(t, out))
		}
		t.Logf("%s: %s", mode, tps(out))
	}
	s.check("after the load", s.moments)

	s.killUnderLoad()
	s.start()
	s.check("after kill -9", s.moments/4)

	s.compact()
	s.check("after compaction", s.moments/4)

	// Without -n pgbench vacuums, and truncates its history: the sums of before
	// stay, only the present is another.
	s.loaded = 0
	out := s.pgbench("-c", "8", "-j", "2", "-T", "1")
	if processed(t, out) == 0 {
		t.Errorf("nothing was done without -n:\n%s", out)
	}
	s.checkKnown("after TRUNCATE")
	if code := s.server.Stop(t); code != 0 {
		t.Errorf("exit code %d\n%s", code, s.server.Log())
	}
}

func (s *soak) start() {
	s.t.Helper()
	s.server = driftproc.Start(s.t, s.dir)
}

// pgbench runs the program to its end; errors and failed transactions end the test.
func (s *soak) pgbench(args ...string) string {
	s.t.Helper()
	c := exec.Command("pgbench", args...)
	c.Env = s.server.Env()
	out, err := c.CombinedOutput()
	if err != nil || strings.Contains(string(out), "ERROR") || bytes.Contains(out, []byte("aborted")) {
		s.t.Fatalf("pgbench %s: %v\n%s\nserver:\n%s", strings.Join(args, " "), err, out, s.server.Log())
	}
	if m := failedRE.FindStringSubmatch(string(out)); m != nil && m[1] != "0" {
		s.t.Fatalf("pgbench %s: %s failed\n%s", strings.Join(args, " "), m[1], out)
	}
	return string(out)
}

var (
	processedRE = regexp.MustCompile(`actually processed: (\d+)`)
	failedRE    = regexp.MustCompile(`failed transactions: (\d+)`)
	tpsRE       = regexp.MustCompile(`tps = \d+`)
)

func processed(t *testing.T, out string) int64 {
	m := processedRE.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("pgbench gave no count:\n%s", out)
	}
	n, _ := strconv.ParseInt(m[1], 10, 64)
	return n
}

func tps(out string) string { return tpsRE.FindString(out) }

// query returns the first row of a query, values separated by "|".
func (s *soak) query(c *pgconn.PgConn, sql string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	rs, err := c.Exec(ctx, sql).ReadAll()
	if err != nil {
		s.t.Fatalf("%s: %v\nserver:\n%s", sql, err, s.server.Log())
	}
	last := rs[len(rs)-1]
	if len(last.Rows) == 0 {
		return ""
	}
	return string(bytes.Join(last.Rows[0], []byte("|")))
}

func (s *soak) now() int64 {
	s.t.Helper()
	n, err := strconv.ParseInt(s.query(s.server.Connect(s.t), "SELECT drift.current_seq()"), 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

const sums = `SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers),
	(SELECT sum(bbalance) FROM pgbench_branches), (SELECT coalesce(sum(delta), 0) FROM pgbench_history),
	(SELECT count(*) FROM pgbench_history)`

// at reads the sums as of a commit and judges them; loaded is 0 when the count
// of the history tells nothing.
func (s *soak) at(c *pgconn.PgConn, seq int64, when string) {
	s.t.Helper()
	s.query(c, fmt.Sprintf("SET drift.as_of = 'seq:%d'", seq))
	got := s.query(c, sums)
	f := strings.Split(got, "|")
	if len(f) != 5 || f[0] != f[1] || f[1] != f[2] || f[2] != f[3] {
		s.t.Errorf("%s: at commit %d the sums are %s", when, seq, got)
	}
	if s.loaded > 0 && f[4] != strconv.FormatInt(seq-s.loaded, 10) {
		s.t.Errorf("%s: at commit %d the history has %s rows, want %d", when, seq, f[4], seq-s.loaded)
	}
	if before, ok := s.known[seq]; ok && before != got {
		s.t.Errorf("%s: commit %d was %s and is %s", when, seq, before, got)
	}
	s.known[seq] = got
}

// check judges n random moments since the load, the ends among them, and some
// that were judged before.
func (s *soak) check(when string, n int) {
	s.t.Helper()
	if len(s.known) > 0 {
		s.checkKnown(when)
	}
	c := s.server.Connect(s.t)
	last := s.now()
	moments := []int64{s.loaded, last}
	for len(moments) < n {
		moments = append(moments, s.loaded+s.rng.Int64N(last-s.loaded+1))
	}
	for _, seq := range moments {
		s.at(c, seq, when)
	}
	if allEqual(s.known) {
		s.t.Errorf("%s: %d moments that all say the same judge nothing", when, len(s.known))
	}
}

// checkKnown asks again for a quarter of what a check judges, among what was
// answered before.
func (s *soak) checkKnown(when string) {
	s.t.Helper()
	c := s.server.Connect(s.t)
	seqs := slices.Sorted(maps.Keys(s.known))
	s.rng.Shuffle(len(seqs), func(i, j int) { seqs[i], seqs[j] = seqs[j], seqs[i] })
	for _, seq := range seqs[:min(len(seqs), max(5, s.moments/4))] {
		s.at(c, seq, when)
	}
}

func allEqual(m map[int64]string) bool {
	values := map[string]bool{}
	for _, v := range m {
		values[v] = true
	}
	return len(values) == 1
}

// killUnderLoad kills the server while pgbench writes. What the server had
// answered just before must be there afterwards.
func (s *soak) killUnderLoad() {
	s.t.Helper()
	load := exec.Command("pgbench", "-n", "-c", "8", "-j", "2", "-T", "60", "-M", "prepared")
	load.Env = s.server.Env()
	var out bytes.Buffer
	load.Stdout, load.Stderr = &out, &out
	if err := load.Start(); err != nil {
		s.t.Fatal(err)
	}
	start := s.now()
	time.Sleep(time.Second)
	reached := s.now()
	s.server.Kill()
	if err := load.Wait(); err == nil {
		s.t.Errorf("pgbench did not notice the kill:\n%s", out.String())
	}
	if reached <= start {
		s.t.Errorf("no commit between %d and the kill:\n%s", start, out.String())
	}
	s.start()
	if got := s.now(); got < reached {
		s.t.Errorf("commit %d was seen and after the kill the last is %d", reached, got)
	}
	s.server.Kill()
}

// compact compacts through SQL and, when the program has the verb, from outside.
func (s *soak) compact() {
	s.t.Helper()
	s.query(s.server.Connect(s.t), "VACUUM")
	if _, code := driftproc.Run(s.t, "compact", "--help"); code != 0 {
		return
	}
	if out, code := driftproc.Run(s.t, "compact", "--data", s.dir); code != 3 {
		s.t.Errorf("compact beside a server: exit code %d\n%s", code, out)
	}
	s.server.Stop(s.t)
	if out, code := driftproc.Run(s.t, "compact", "--data", s.dir); code != 0 {
		s.t.Errorf("compact: exit code %d\n%s", code, out)
	}
	s.start()
}
