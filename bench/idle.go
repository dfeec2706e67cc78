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
// that only wait: as connected, and after each has run a prepared statement.
func (b *bench) idleSessions() error {
	if err := b.loadAccounts(); err != nil {
		return err
	}
	before := b.settledRSS()
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
			c, err := b.drift.dial()
			if err != nil {
				return err
			}
			clients[i] = c
		}
	}); err != nil {
		return err
	}
	b.printIdle("idle sessions, never used", before)
	next.Store(0)
	if err := together(func() error {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(clients) {
				return nil
			}
			if err := clients[i].prepare("p", plainPoint); err != nil {
				return err
			}
			if err := clients[i].exec("p", strconv.AppendInt(nil, int64(1+i%b.accounts()), 10)); err != nil {
				return err
			}
		}
	}); err != nil {
		return err
	}
	b.printIdle("idle sessions, each with a prepared statement that ran", before)
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
func (b *bench) settledRSS() int64 {
	last := b.drift.rss()
	for range 10 {
		time.Sleep(2 * time.Second)
		now := b.drift.rss()
		if now >= last {
			return now
		}
		last = now
	}
	return last
}

func (b *bench) printIdle(work string, before int64) {
	after := b.settledRSS()
	each := float64(after-before) / float64(b.idle)
	b.print(row{
		work: strconv.Itoa(b.idle) + " " + work, goal: "<= 32 KiB each",
		a: fmt.Sprintf("%.1f KiB each", each/1024), b: fmt.Sprintf("RSS %d MiB without, %d MiB with", before>>20, after>>20), met: met(each <= idleGoal),
	})
}
