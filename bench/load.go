package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// work is one operation of a load.
type work func(c *client, r *rand.Rand) error

// load is a number of clients that repeat an operation on one server.
type load struct {
	target  *target
	op      work
	clients []*client
	rands   []*rand.Rand
}

// newLoad connects the clients and prepares each.
func newLoad(t *target, clients int, setup func(c *client) error, op work) (*load, error) {
	l := &load{target: t, op: op}
	for i := range clients {
		c, err := t.dial()
		if err == nil {
			l.clients = append(l.clients, c)
			l.rands = append(l.rands, rand.New(rand.NewPCG(uint64(i), 15)))
			err = setup(c)
		}
		if err != nil {
			l.close()
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.clients {
		c.close()
	}
}

// sample is what one measurement found.
type sample struct {
	rate float64 // operations per second
	cpu  float64 // server CPU microseconds per operation
}

// measure runs the load for d, each client at least one operation.
func (l *load) measure(d time.Duration) (sample, error) {
	var wg sync.WaitGroup
	counts, failures := make([]int, len(l.clients)), make([]error, len(l.clients))
	cpu, begin := l.target.cpu(), time.Now()
	for i, c := range l.clients {
		wg.Go(func() {
			for n := 0; ; n++ {
				if n > 0 && time.Since(begin) >= d {
					counts[i] = n
					return
				}
				if failures[i] = l.op(c, l.rands[i]); failures[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	wall, used := time.Since(begin), l.target.cpu()-cpu
	total := 0
	for i, n := range counts {
		if failures[i] != nil {
			return sample{}, fmt.Errorf("%s: %w", l.target.name, failures[i])
		}
		total += n
	}
	return sample{float64(total) / wall.Seconds(), float64(used.Microseconds()) / float64(total)}, nil
}

// pair is the outcome of two loads that took turns: a is what is judged, b what it
// is compared with.
type pair struct {
	a, b   []sample
	ratios []float64 // rates of a / b, one a round
}

// compare warms both loads up and lets them take turns: A B, B A, A B, ...
func compare(a, b *load, rounds int, d time.Duration) (p pair, err error) {
	for _, l := range []*load{a, b} {
		if _, err := l.measure(d / 4); err != nil {
			return p, err
		}
	}
	for i := range rounds {
		order := []*load{a, b}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		var got [2]sample
		for k, l := range order {
			if got[k], err = l.measure(d); err != nil {
				return p, err
			}
		}
		if i%2 == 1 {
			got[0], got[1] = got[1], got[0]
		}
		p.a, p.b = append(p.a, got[0]), append(p.b, got[1])
		p.ratios = append(p.ratios, got[0].rate/got[1].rate)
	}
	return p, nil
}

// ratio is the median of the pairs' ratios.
func (p pair) ratio() float64 { return median(p.ratios) }

// cpuRatio is the CPU time per operation of a / b, NaN when it is not known.
func (p pair) cpuRatio() float64 {
	cpu := func(s sample) float64 { return s.cpu }
	return median(of(p.a, cpu)) / median(of(p.b, cpu))
}

func of(list []sample, f func(sample) float64) []float64 {
	out := make([]float64, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return out
}

func rate(s sample) float64 { return s.rate }

func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(list))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// timed measures one piece of work that consists of n operations.
func (t *target) timed(n int, do func() error) (sample, error) {
	cpu, begin := t.cpu(), time.Now()
	if err := do(); err != nil {
		return sample{}, err
	}
	wall, used := time.Since(begin), t.cpu()-cpu
	return sample{float64(n) / wall.Seconds(), float64(used.Microseconds()) / float64(n)}, nil
}
