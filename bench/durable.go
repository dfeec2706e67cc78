package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Goals of group commit at 64 writers, of SERIALIZABLE beside REPEATABLE READ, and
// of the start after a kill.
const (
	syncsGoal        = 0.1
	groupGoal        = 12
	serializableGoal = 0.5
	restartGoal      = 5 * time.Second
)

// measured is a server of its own, with its metrics at an address.
type measured struct {
	*target
	http string
}

// startMeasured starts a server on a directory, which may have been used before;
// stop ends it with a signal.
func (b *bench) startMeasured(name string, end os.Signal) (*measured, error) {
	if b.profile != "" {
		return nil, errors.New("this part starts servers of its own, which -pprof does not")
	}
	var addresses [2]string
	for i := range addresses {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		addresses[i] = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	}
	_, port, _ := net.SplitHostPort(addresses[0])
	server := exec.Command(filepath.Join(b.dir, "driftdb"), "serve", "--data", filepath.Join(b.dir, name), "--listen", addresses[0], "--http", addresses[1])
	t, err := start(server, "DriftDB", fmt.Sprintf("host=127.0.0.1 port=%s user=driftdb dbname=driftdb sslmode=disable", port), filepath.Join(b.dir, name+".log"), end)
	if err != nil {
		return nil, err
	}
	return &measured{t, addresses[1]}, nil
}

// metric reads one of the server's counters.
func (m *measured) metric(name string) (float64, error) {
	r, err := http.Get("http://" + m.http + "/metrics")
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Body.Close() }()
	for s := bufio.NewScanner(r.Body); s.Scan(); {
		if value, ok := strings.CutPrefix(s.Text(), name+" "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("the server has no metric %s", name)
}

// counters makes a table with a row for each writer, so that they meet only at the
// log.
func (m *measured) counters(writers int) error {
	return m.script("CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)",
		fmt.Sprintf("INSERT INTO counter SELECT g, 0 FROM generate_series(1, %d) g", writers))
}

// increment is a single-row durable UPDATE of one of the writers' rows each.
func increment() (setup func(c *client) error, op work) {
	var next atomic.Int64
	setup = func(c *client) error {
		return c.prepare("w", fmt.Sprintf("UPDATE counter SET n = n + 1 WHERE id = %d", next.Add(1)))
	}
	return setup, func(c *client, _ *rand.Rand) error { return c.exec("w") }
}

// writers measures group commit: the throughput of 1, 8 and 64 writers, and the
// syncs that a commit takes.
func (b *bench) writers() error {
	server, err := b.startMeasured("writers", syscall.SIGTERM)
	if err != nil {
		return err
	}
	defer server.stop()
	if err := server.counters(64); err != nil {
		return err
	}
	disk, err := b.syncRate()
	if err != nil {
		return err
	}
	var single float64
	for _, n := range []int{1, 8, 64} {
		setup, op := increment()
		l, err := newLoad(server.target, n, setup, op)
		if err != nil {
			return err
		}
		var rates, each []float64
		for i := range b.rounds + 1 {
			syncs, err := server.metric("driftdb_syncs_total")
			if err != nil {
				l.close()
				return err
			}
			s, err := l.measure(b.d)
			if err != nil {
				l.close()
				return err
			}
			after, err := server.metric("driftdb_syncs_total")
			if err != nil {
				l.close()
				return err
			}
			if i > 0 { // the first warms up
				rates, each = append(rates, s.rate), append(each, (after-syncs)/(s.rate*b.d.Seconds()))
			}
		}
		l.close()
		r := row{work: fmt.Sprintf("durable UPDATE, %d writers", n), a: fmt.Sprintf("%.0f/s, %.3f syncs a commit", median(rates), median(each))}
		switch n {
		case 1:
			single = median(rates)
			r.b = fmt.Sprintf("the disk alone: %.0f appends of 512 bytes with fdatasync/s", disk)
		case 64:
			ratio := median(rates) / single
			r.goal = fmt.Sprintf("<= %.1f syncs a commit, >= %dx one writer", syncsGoal, groupGoal)
			r.b, r.ratio, r.met = "one writer", number(ratio), met(median(each) <= syncsGoal && ratio >= groupGoal)
		default:
			r.b, r.ratio = "one writer", number(median(rates)/single)
		}
		b.print(r)
	}
	return nil
}

// syncRate is how many small appends the disk makes durable in a second, one after
// the other.
func (b *bench) syncRate() (float64, error) {
	f, err := os.Create(filepath.Join(b.dir, "syncs"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 512)
	n, begin := 0, time.Now()
	for ; time.Since(begin) < b.d; n++ {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(begin).Seconds(), nil
}

// serializable compares transactions at SERIALIZABLE with the same at REPEATABLE
// READ. What fails with 40001 is tried again and counted.
func (b *bench) serializable() error {
	server, err := b.startMeasured("serializable", syscall.SIGTERM)
	if err != nil {
		return err
	}
	defer server.stop()
	const accounts = 1000
	if err := server.script("CREATE TABLE bank (id int PRIMARY KEY, balance int NOT NULL)",
		"CREATE TABLE duty (shift int, doctor int, on_call bool NOT NULL, PRIMARY KEY (shift, doctor))",
		fmt.Sprintf("INSERT INTO bank SELECT g, 1000 FROM generate_series(1, %d) g", accounts),
		"INSERT INTO duty SELECT s, d, true FROM generate_series(1, 500) s, generate_series(1, 2) d"); err != nil {
		return err
	}
	for _, w := range []struct {
		name string
		body func(r *rand.Rand) [3]string
	}{
		{"bank transfers", func(r *rand.Rand) [3]string {
			from, to := 1+r.IntN(accounts), 1+r.IntN(accounts)
			return [3]string{
				fmt.Sprintf("SELECT balance FROM bank WHERE id = %d", from),
				fmt.Sprintf("UPDATE bank SET balance = balance - 1 WHERE id = %d", from),
				fmt.Sprintf("UPDATE bank SET balance = balance + 1 WHERE id = %d", to),
			}
		}},
		{"write skew (two on call)", func(r *rand.Rand) [3]string {
			shift, doctor := 1+r.IntN(500), 1+r.IntN(2)
			return [3]string{
				fmt.Sprintf("SELECT count(*) FROM duty WHERE shift = %d AND on_call", shift),
				fmt.Sprintf("UPDATE duty SET on_call = NOT on_call WHERE shift = %d AND doctor = %d", shift, doctor),
				fmt.Sprintf("SELECT on_call FROM duty WHERE shift = %d AND doctor = %d", shift, doctor),
			}
		}},
	} {
		var retries [2]atomic.Int64
		at := func(level int, begin string) work {
			return func(c *client, r *rand.Rand) error {
				body := w.body(r)
				for {
					err := c.simple(begin)
					for _, sql := range body {
						if err == nil {
							err = c.simple(sql)
						}
					}
					if err == nil {
						err = c.simple("COMMIT")
					}
					if err == nil || !strings.HasPrefix(err.Error(), "40001") && !strings.HasPrefix(err.Error(), "40P01") {
						return err
					}
					retries[level].Add(1)
					if err := c.simple("ROLLBACK"); err != nil {
						return err
					}
				}
			}
		}
		setup := func(*client) error { return nil }
		mine, err := newLoad(server.target, b.clients, setup, at(0, "BEGIN ISOLATION LEVEL SERIALIZABLE"))
		if err != nil {
			return err
		}
		base, err := newLoad(server.target, b.clients, setup, at(1, "BEGIN ISOLATION LEVEL REPEATABLE READ"))
		if err != nil {
			mine.close()
			return err
		}
		p, err := compare(mine, base, b.rounds, b.d)
		mine.close()
		base.close()
		if err != nil {
			return err
		}
		b.printPair(w.name+", SERIALIZABLE beside REPEATABLE READ", serializableGoal, p)
		b.note(fmt.Sprintf("%s: transactions tried again: %d at SERIALIZABLE, %d at REPEATABLE READ.", w.name, retries[0].Load(), retries[1].Load()))
	}
	sum, err := server.rows("SELECT sum(balance) FROM bank")
	if err == nil && sum[0] != strconv.Itoa(accounts*1000) {
		err = fmt.Errorf("the sum of the accounts is %s", sum[0])
	}
	return err
}

// restart kills the server under full write load and measures the start after it.
func (b *bench) restart() error {
	const writers = 64
	server, err := b.startMeasured("restart", syscall.SIGKILL)
	if err != nil {
		return err
	}
	if err := server.counters(writers); err != nil {
		server.stop()
		return err
	}
	var walls, cpus []float64
	commits := 0
	for range b.rounds {
		setup, op := increment()
		l, err := newLoad(server.target, writers, setup, op)
		if err != nil {
			server.stop()
			return err
		}
		killed := make(chan struct{})
		go func() {
			time.Sleep(4 * b.d)
			server.stop()
			close(killed)
		}()
		var acked atomic.Int64
		l.op = func(c *client, r *rand.Rand) error {
			err := op(c, r)
			if err == nil {
				acked.Add(1)
			}
			return err
		}
		_, _ = l.measure(time.Hour) // the kill ends it
		<-killed
		l.close()
		commits += int(acked.Load())
		begin := time.Now()
		if server, err = b.startMeasured("restart", syscall.SIGKILL); err != nil {
			return err
		}
		walls, cpus = append(walls, time.Since(begin).Seconds()), append(cpus, server.cpu().Seconds())
		sum, err := server.rows("SELECT sum(n) FROM counter")
		there := 0
		if err == nil {
			there, err = strconv.Atoi(sum[0])
		}
		if err == nil && there < commits {
			err = fmt.Errorf("%d commits were acknowledged, %d are there", commits, there)
		}
		if err != nil {
			server.stop()
			return err
		}
		commits = there
	}
	server.stop()
	worst := 0.0
	for _, c := range cpus {
		worst = max(worst, c)
	}
	b.print(row{
		work: fmt.Sprintf("start after a kill under %d writers", writers), goal: "<= 5 s of CPU",
		a: fmt.Sprintf("%.2f s of CPU (worst %.2f), %.2f s", median(cpus), worst, median(walls)),
		b: fmt.Sprintf("%d starts, %d commits in all", len(cpus), commits), met: met(worst <= restartGoal.Seconds()),
	})
	return nil
}
