package histories

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/driftdb/driftdb/internal/engine"
)

const (
	registerKeys    = 5
	registerClients = 12
)

// The operations on a register.
type (
	writeOp struct {
		key, value int
		seq        int64 // the commit that did it
	}
	readOp struct{ key int }
	pastOp struct {
		key int
		at  int64 // the commit as of which it reads
	}
)

func keyOf(op any) int {
	switch op := op.(type) {
	case writeOp:
		return op.key
	case readOp:
		return op.key
	case pastOp:
		return op.key
	}
	return -1
}

// register is the state of one key: a persistent list of its versions.
type register struct {
	value  int
	seq    int64
	before *register
}

func (r *register) asOf(seq int64) int {
	for r.seq > seq {
		r = r.before
	}
	return r.value
}

var registers = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make([][]porcupine.Operation, registerKeys)
		for _, op := range history {
			parts[keyOf(op.Input)] = append(parts[keyOf(op.Input)], op)
		}
		return parts
	},
	Init: func() any { return &register{} },
	Step: func(state, input, output any) (bool, any) {
		r := state.(*register)
		switch op := input.(type) {
		case writeOp:
			return op.seq > r.seq, &register{value: op.value, seq: op.seq, before: r}
		case pastOp:
			return output.(int) == r.asOf(op.at), r
		default:
			return output.(int) == r.value, r
		}
	},
	// Versions have their places by their commits, so the newest tells all.
	Equal: func(a, b any) bool { return a.(*register).seq == b.(*register).seq },
	DescribeOperation: func(input, output any) string {
		return fmt.Sprintf("%#v -> %v", input, output)
	},
}

// registerRun records operations on registers.
type registerRun struct {
	w *world

	mu    sync.Mutex
	ops   []porcupine.Operation
	times map[string]string // a moment and key -> the value read as of it
	next  int               // the next value; each is written once
}

func (g *registerRun) add(op porcupine.Operation) {
	g.mu.Lock()
	g.ops = append(g.ops, op)
	g.mu.Unlock()
}

func (g *registerRun) value() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next++
	return g.next
}

func (g *registerRun) work(c *client, id int, rng *rand.Rand) {
	key := rng.IntN(registerKeys)
	op := porcupine.Operation{ClientId: id, Call: g.w.now()}
	finish := func(output any) {
		op.Output, op.Return = output, g.w.now()
		g.add(op)
	}
	switch rng.IntN(6) {
	case 0, 1:
		w := writeOp{key: key, value: g.value()}
		_, how := c.do(fmt.Sprintf("UPDATE register SET v = %d WHERE k = %d", w.value, key))
		op.Input = w
		switch how {
		case done:
			finish(nil)
		case unknown:
			op.Return = -1
			g.add(op)
		}
	case 2, 3:
		op.Input = readOp{key}
		if r, how := c.do(fmt.Sprintf("SELECT v FROM register WHERE k = %d", key)); how == done {
			finish(atoi(r.String()))
		}
	case 4:
		r, how := c.do("SELECT drift.current_seq()")
		if how != done {
			return
		}
		now := int64(atoi(r.String()))
		p := pastOp{key, max(g.first(), now-rng.Int64N(20))}
		op.Input, op.Call = p, g.w.now()
		if r, how := c.do(fmt.Sprintf("SELECT v FROM register FOR SYSTEM_TIME AS OF @SEQ:%d WHERE k = %d", p.at, key)); how == done {
			finish(atoi(r.String()))
		}
	case 5:
		g.moment(c, key, rng)
	}
}

// first is the commit that filled the table.
func (g *registerRun) first() int64 { return 2 }

// moment reads as of a time, a new one or one read before: the answer to the same
// question must never change.
func (g *registerRun) moment(c *client, key int, rng *rand.Rand) {
	g.mu.Lock()
	question, before := "", ""
	if rng.IntN(2) == 0 {
		for question, before = range g.times {
			break
		}
	}
	g.mu.Unlock()
	if question == "" {
		r, how := c.do("SELECT clock_timestamp()")
		if how != done {
			return
		}
		question = fmt.Sprintf("SELECT v, drift.seq_at('%[1]s') FROM register FOR SYSTEM_TIME AS OF '%[1]s' WHERE k = %[2]d", r, key)
	}
	r, how := c.do(question)
	if how != done {
		return
	}
	got := r.String()
	g.mu.Lock()
	defer g.mu.Unlock()
	if before == "" {
		before = g.times[question]
	}
	if before != "" && before != got {
		g.w.fail("%s was %s and is %s", question, before, got)
	}
	g.times[question] = got
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// settle gives the writes their commits, from the table's own history, and drops
// those of unknown outcome that did not happen.
func (g *registerRun) settle(c *client) []porcupine.Operation {
	seqs := map[int]int64{}
	for _, row := range c.must("SELECT v, system_seq_start FROM register FOR SYSTEM_TIME ALL").Rows {
		seq, _ := strconv.ParseInt(row[1], 10, 64)
		seqs[atoi(row[0])] = seq
	}
	var ops []porcupine.Operation
	for _, op := range g.ops {
		if w, ok := op.Input.(writeOp); ok {
			seq, there := seqs[w.value]
			switch {
			case there:
				w.seq = seq
				op.Input = w
			case op.Return >= 0:
				g.w.fail("the acknowledged write of %d to key %d is in no version", w.value, w.key)
				continue
			default:
				continue
			}
			if op.Return < 0 {
				op.Return = g.w.now()
			}
		}
		ops = append(ops, op)
	}
	return ops
}

func runRegisters(t testing.TB, planted engine.Planted) []string {
	w := newWorld(t, planted)
	g := &registerRun{w: w, times: map[string]string{}}
	c := w.client()
	c.must("CREATE TABLE register (k int PRIMARY KEY, v int)")
	c.must(fmt.Sprintf("INSERT INTO register SELECT k, 0 FROM generate_series(0, %d) AS g(k)", registerKeys-1))
	if got := c.number("SELECT drift.current_seq()"); got != g.first() {
		t.Fatalf("the table was filled by commit %d, want %d", got, g.first())
	}
	c.close()
	w.run(registerClients, 2, g.work)
	ops := g.settle(c)
	c.close()
	t.Logf("%d operations, %d moments", len(ops), len(g.times))
	if len(ops) < 200 {
		w.tooFew("%d operations judge nothing", len(ops))
	}
	switch result := porcupine.CheckOperationsTimeout(registers, ops, 2*time.Minute); result {
	case porcupine.Ok:
	default:
		w.fail("the registers are not linearizable: %s\n%s", result, describe(ops))
	}
	w.finish()
	return w.fails
}

// describe prints the end of a history.
func describe(ops []porcupine.Operation) string {
	var b strings.Builder
	for _, op := range ops[max(0, len(ops)-40):] {
		fmt.Fprintf(&b, "%3d  %12d..%12d  %s\n", op.ClientId, op.Call, op.Return, registers.DescribeOperation(op.Input, op.Output))
	}
	return b.String()
}

func TestRegisters(t *testing.T) { expectNone(t, runRegisters(t, engine.Planted{})) }

func expectNone(t *testing.T, fails []string) {
	t.Helper()
	for _, f := range fails {
		t.Error(f)
	}
}
