// Command bench measures DriftDB against PostgreSQL 15 on this machine and prints
// the figures as a Markdown table with the goal of each.
//
// It builds the server, starts it on a new directory, starts PostgreSQL 15 (or
// uses the server that -pg or DRIFTDB_PG_DSN names), gives both the same data,
// checks that both answer each timed query alike, and then lets the two take
// turns. A ratio is the median of the rounds' ratios; CPU is the server's CPU time
// per operation, which a busy machine disturbs less than wall time.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	pg      string
	only    string
	short   bool
	clients int
	rounds  int
	d       time.Duration
	scale   int
	rows    int
	idle    int
	profile string
	// cpuProfile is the file for a CPU profile of the whole run.
	cpuProfile string
	hold       bool
}

// profiling reports whether the server under test is built to be profiled.
func (o *options) profiling() bool { return o.profile != "" || o.cpuProfile != "" }

// bench is one run.
type bench struct {
	options
	dir       string
	drift, pg *target
	loaded    bool     // the TPC-B tables are there
	notes     []string // printed below the table
}

// row is one line of the table.
type row struct {
	work, goal string
	a, b       string // DriftDB, and what it is compared with
	ratio      string
	cpu        string
	met        string
}

// part is a group of figures that share their data.
type part struct {
	name string
	run  func(b *bench) error
}

var parts = []part{
	{"parse", (*bench).parse},
	{"point", (*bench).point},
	{"variants", (*bench).variants},
	{"tpcb", (*bench).tpcb},
	{"bulk", (*bench).bulk},
	{"scan", (*bench).scan},
	{"asof", (*bench).asOf},
	{"versions", (*bench).versions},
	{"writers", (*bench).writers},
	{"serializable", (*bench).serializable},
	{"restart", (*bench).restart},
	{"idle", (*bench).idleSessions},
}

func main() {
	var o options
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	flag.StringVar(&o.pg, "pg", os.Getenv("DRIFTDB_PG_DSN"), "connection string of a PostgreSQL 15 with a scratch database; without it one is started")
	flag.StringVar(&o.only, "only", "", "regular expression of the parts to run: "+strings.Join(names, ", "))
	flag.BoolVar(&o.short, "short", false, "a tenth of the data and short rounds: shows that it works, not how fast")
	flag.IntVar(&o.clients, "clients", 8, "clients of the point and TPC-B loads")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each comparison")
	flag.DurationVar(&o.d, "d", 2*time.Second, "length of one measurement")
	flag.IntVar(&o.scale, "scale", 10, "TPC-B scale")
	flag.IntVar(&o.rows, "rows", 1_000_000, "rows of the scanned table")
	flag.IntVar(&o.idle, "idle", 10_000, "idle sessions")
	flag.StringVar(&o.profile, "pprof", "", "serve net/http/pprof of the server at this address")
	flag.StringVar(&o.cpuProfile, "cpuprofile", "", "write a CPU profile of the server over the whole run to this file")
	flag.BoolVar(&o.hold, "hold", false, "print the servers' addresses and wait for SIGINT before the end")
	flag.Parse()
	if o.short {
		o.rounds, o.d, o.scale, o.rows, o.idle = 3, 300*time.Millisecond, 1, 100_000, 1000
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	if o.cpuProfile != "" {
		if o.cpuProfile, err = filepath.Abs(o.cpuProfile); err != nil {
			return err
		}
	}
	raiseFileLimit()
	dir, err := os.MkdirTemp("", "driftdb-bench")
	if err != nil {
		return err
	}
	// The user postgres must be able to pass it.
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{options: o, dir: dir}
	if err := buildDrift(dir, &o); err != nil {
		return err
	}
	if b.drift, err = startDrift(dir, "drift", &o, true); err != nil {
		return err
	}
	defer b.drift.stop()
	if b.pg, err = startPostgres(dir, o.pg); err != nil {
		return err
	}
	defer b.pg.stop()
	if err := b.pg.script("SET client_min_messages = warning", "DROP SCHEMA IF EXISTS public CASCADE", "CREATE SCHEMA public"); err != nil {
		return err
	}
	b.heading()
	for _, p := range parts {
		if !only.MatchString(p.name) {
			continue
		}
		begin := time.Now()
		if err := p.run(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		fmt.Fprintf(os.Stderr, "%s took %.0f s\n", p.name, time.Since(begin).Seconds())
	}
	for _, n := range b.notes {
		fmt.Printf("\n%s\n", n)
	}
	if o.hold {
		hold(b)
	}
	return nil
}

func (b *bench) heading() {
	version, _ := b.pg.rows("SELECT version()")
	cpu, load := "unknown", "unknown"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if m := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(text); m != nil {
			cpu = string(m[1])
		}
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Join(strings.Fields(string(text))[:3], " ")
	}
	revision := "unknown"
	if out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		revision = strings.TrimSpace(string(out))
	}
	fmt.Printf("- %s, DriftDB at %s, %s\n- %s\n- %d x %s, load average before the run %s\n- %d clients, %d rounds of %v, scale %d, %d rows; data in %s\n\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), revision, runtime.Version(), strings.Join(version, ""),
		runtime.NumCPU(), cpu, load, b.clients, b.rounds, b.d, b.scale, b.rows, filepath.Dir(b.dir))
	fmt.Println("| work | goal | DriftDB | compared with | ratio (spread) | CPU ratio | met |")
	fmt.Println("|---|---|---|---|---|---|---|")
}

func (b *bench) note(text string) { b.notes = append(b.notes, text) }

func (b *bench) print(r row) {
	fmt.Printf("| %s | %s | %s | %s | %s | %s | %s |\n", r.work, r.goal, r.a, r.b, r.ratio, r.cpu, r.met)
}

// printPair prints a comparison of rates. The goal is the least ratio; 0 is none.
func (b *bench) printPair(work string, goal float64, p pair) {
	r := row{work: work, a: speed(p.a), b: speed(p.b), ratio: spread(p.ratios), cpu: number(p.cpuRatio())}
	if goal > 0 {
		r.goal, r.met = ">= "+number(goal)+"x", met(p.ratio() >= goal)
	}
	b.print(r)
}

// printTimes prints a comparison of times, whose ratio is the inverse of the
// rates'. The goal is the greatest ratio; 0 is none.
func (b *bench) printTimes(work string, goal float64, p pair) {
	inverse := make([]float64, len(p.ratios))
	for i, v := range p.ratios {
		inverse[i] = 1 / v
	}
	r := row{work: work, a: speed(p.a), b: speed(p.b), ratio: spread(inverse), cpu: number(p.cpuRatio())}
	if goal > 0 {
		r.goal, r.met = "<= "+number(goal)+"x the time", met(median(inverse) <= goal)
	}
	b.print(r)
}

// speed is a rate with the CPU time of an operation, or the time of a slow one.
func speed(list []sample) string {
	r, cpu := median(of(list, rate)), median(of(list, func(s sample) float64 { return s.cpu }))
	if r < 200 {
		return fmt.Sprintf("%.1f ms, CPU %.1f ms", 1000/r, cpu/1000)
	}
	return fmt.Sprintf("%.0f/s, CPU %.1f us", r, cpu)
}

func spread(ratios []float64) string {
	return fmt.Sprintf("%s (%s..%s)", number(median(ratios)), number(slices.Min(ratios)), number(slices.Max(ratios)))
}

func number(v float64) string { return fmt.Sprintf("%.2f", v) }

func met(ok bool) string {
	if ok {
		return "yes"
	}
	return "NO"
}

// same checks that both servers answer a query alike and returns the answer.
func (b *bench) same(sql string) ([]string, error) { return b.sameAs(sql, sql) }

// sameAs checks that a query on DriftDB and another one on PostgreSQL give the
// same rows.
func (b *bench) sameAs(sql, reference string) ([]string, error) {
	got, err := b.drift.rows(sql)
	if err != nil {
		return nil, err
	}
	want, err := b.pg.rows(reference)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(got, want) {
		return nil, fmt.Errorf("%s: DriftDB answers %.200q, PostgreSQL %.200q", sql, got, want)
	}
	return got, nil
}

// both runs statements on both servers.
func (b *bench) both(statements ...string) error {
	for _, t := range []*target{b.drift, b.pg} {
		if err := t.script(statements...); err != nil {
			return err
		}
	}
	return nil
}

// race compares the same load on both servers.
func (b *bench) race(clients int, setup func(c *client) error, op work) (p pair, err error) {
	mine, err := newLoad(b.drift, clients, setup, op)
	if err != nil {
		return p, err
	}
	defer mine.close()
	theirs, err := newLoad(b.pg, clients, setup, op)
	if err != nil {
		return p, err
	}
	defer theirs.close()
	return compare(mine, theirs, b.rounds, b.d)
}

// within compares two loads on DriftDB.
func (b *bench) within(clients int, setupA func(c *client) error, a work, setupB func(c *client) error, base work) (p pair, err error) {
	first, err := newLoad(b.drift, clients, setupA, a)
	if err != nil {
		return p, err
	}
	defer first.close()
	second, err := newLoad(b.drift, clients, setupB, base)
	if err != nil {
		return p, err
	}
	defer second.close()
	return compare(first, second, b.rounds, b.d)
}
