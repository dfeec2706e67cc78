package main

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// idleGoal is in bytes a session.
const idleGoal = 32 << 10

// idleSessions measures the server's resident memory with and without sessions
// that only wait: as connected, and after each has run a prepared statement. It
// has a server of its own, since one that worked keeps memory for reuse in which
// the sessions would not show.
func (b *bench) idleSessions() error {
	server, err := startDrift(b.dir, "idle", &b.options, false)
	if err != nil {
		return err
	}
	defer server.stop()
	if err := server.script("CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)"); err != nil {
		return err
	}
	before := settledRSS(server)
	clients := make([]*client, b.idle)
	defer func() {
		for _, c := range clients {
			if c != nil {
				c.close()
			}
		}
	}()
	var next atomic.Int64
	if err := together(func() error {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(clients) {
				return nil
			}
			c, err := server.dial()
			if err != nil {
				return err
			}
			clients[i] = c
		}
	}); err != nil {
		return err
	}
	b.printIdle(server, "idle sessions, never used", before)
	next.Store(0)
	if err := together(func() error {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(clients) {
				return nil
			}
			if err := clients[i].prepare("p", "SELECT v FROM t WHERE id = $1"); err != nil {
				return err
			}
			if err := clients[i].exec("p", []byte("1")); err != nil {
				return err
			}
		}
	}); err != nil {
		return err
	}
	b.printIdle(server, "idle sessions, each with a prepared statement that ran", before)
	return nil
}

// together runs f on several goroutines and returns the first error.
func together(f func() error) error {
	const workers = 16
	failures := make([]error, workers)
	var wg sync.WaitGroup
	for i := range failures {
		wg.Go(func() { failures[i] = f() })
	}
	wg.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// settledRSS waits until the server's memory is no longer falling.
func settledRSS(t *target) int64 {
	last := t.rss()
	for range 10 {
		time.Sleep(2 * time.Second)
		now := t.rss()
		if now >= last {
			return now
		}
		last = now
	}
	return last
}

func (b *bench) printIdle(t *target, work string, before int64) {
	after := settledRSS(t)
	each := float64(after-before) / float64(b.idle)
	b.print(row{
		work: strconv.Itoa(b.idle) + " " + work, goal: "<= 32 KiB each",
		a: fmt.Sprintf("%.1f KiB each", each/1024), b: fmt.Sprintf("RSS %d MiB without, %d MiB with", before>>20, after>>20), met: met(each <= idleGoal),
	})
}
