package histories

import (
	"fmt"
	"slices"
	"strings"
)

// transaction is one transaction of a history of lists.
type transaction struct {
	ops    []listOp
	status outcome
}

// listOp reads a list or appends one value, which nobody else appends anywhere.
type listOp struct {
	key    int
	append bool
	value  int   // appended
	list   []int // read
}

// dependency is why one transaction comes before another.
type dependency uint8

const (
	writeWrite dependency = 1 << iota // it wrote the version before
	writeRead                         // it wrote the version that the other read
	readWrite                         // it read the version before the one that the other wrote
)

// anomalies lists what a history of transactions shows that an isolation level
// must not show. final are the lists at the end, which give the versions' order.
// allowed is the weakest kind of cycle that the level permits.
func anomalies(txs []transaction, final map[int][]int, level string) []string {
	a := &analysis{txs: txs, final: final, writer: map[int]int{}, edges: map[[2]int]dependency{}}
	a.writers()
	a.versions()
	a.reads()
	a.cycles(level)
	return a.found
}

type analysis struct {
	txs    []transaction
	final  map[int][]int
	writer map[int]int // value -> its transaction
	edges  map[[2]int]dependency
	found  []string
}

func (a *analysis) report(format string, args ...any) {
	a.found = append(a.found, fmt.Sprintf(format, args...))
}

func (a *analysis) edge(from, to int, d dependency) {
	if from != to {
		a.edges[[2]int{from, to}] |= d
	}
}

// writers finds who wrote each value, and that the lists have what was committed,
// once, and nothing else.
func (a *analysis) writers() {
	for id, tx := range a.txs {
		for _, op := range tx.ops {
			if op.append {
				a.writer[op.value] = id
			}
		}
	}
	there := map[int]int{} // value -> times
	for key, list := range a.final {
		for _, v := range list {
			there[v]++
			id, ok := a.writer[v]
			switch {
			case !ok:
				a.report("list %d has %d, which nobody appended", key, v)
			case a.txs[id].status == refused:
				a.report("G1a: list %d has %d of the aborted transaction %d", key, v, id)
			case there[v] > 1:
				a.report("list %d has %d twice", key, v)
			}
		}
	}
	for id := range a.txs {
		tx := &a.txs[id]
		present := 0
		appends := 0
		for _, op := range tx.ops {
			if op.append {
				appends++
				present += min(there[op.value], 1)
			}
		}
		switch {
		case present < appends && (tx.status == done || present > 0):
			a.report("transaction %d (%s) has %d of its %d values in the lists", id, statusName(tx.status), present, appends)
		case tx.status == unknown && appends > 0 && present == appends:
			tx.status = done
		}
	}
}

func statusName(o outcome) string { return [...]string{"committed", "aborted", "unknown"}[o] }

// versions adds an edge from the writer of each value to that of the next.
func (a *analysis) versions() {
	for _, list := range a.final {
		for i := 1; i < len(list); i++ {
			a.edge(a.writer[list[i-1]], a.writer[list[i]], writeWrite)
		}
	}
}

// reads judges every read of committed transactions by itself, and adds its edges.
func (a *analysis) reads() {
	for id, tx := range a.txs {
		if tx.status != done {
			continue
		}
		own := map[int][]int{} // what the transaction has appended so far
		for _, op := range tx.ops {
			if op.append {
				own[op.key] = append(own[op.key], op.value)
				continue
			}
			a.read(id, op, own[op.key])
		}
	}
}

func (a *analysis) read(id int, op listOp, own []int) {
	n := len(op.list) - len(own)
	if n < 0 || !slices.Equal(op.list[n:], own) {
		a.report("transaction %d does not see its own values %v in %v", id, own, op.list)
		return
	}
	others, final := op.list[:n], a.final[op.key]
	if n > len(final) || !slices.Equal(others, final[:n]) {
		a.report("transaction %d read list %d as %v, which is no prefix of %v", id, op.key, op.list, final)
		return
	}
	if n > 0 {
		last := others[n-1]
		from := a.writer[last]
		a.edge(from, id, writeRead)
		if n < len(final) && a.writer[final[n]] == from && from != id {
			a.report("G1b: transaction %d read list %d in the middle of transaction %d", id, op.key, from)
		}
	}
	if n < len(final) {
		a.edge(id, a.writer[final[n]], readWrite)
	}
}

// cycles looks for cycles of dependencies that the level excludes: of writes and
// reads at any (G0, G1c), with one anti-dependency at REPEATABLE READ, which is
// snapshot isolation (G-single), with any number at SERIALIZABLE (G2).
func (a *analysis) cycles(level string) {
	next := func(mask dependency) map[int][]int {
		m := map[int][]int{}
		for e, d := range a.edges {
			if d&mask != 0 {
				m[e[0]] = append(m[e[0]], e[1])
			}
		}
		return m
	}
	direct := next(writeWrite | writeRead)
	a.cycle(direct, writeWrite|writeRead, "G1c")
	switch level {
	case "REPEATABLE READ":
		in := components(next(writeWrite | writeRead | readWrite)) // a cycle stays in one
		for e, d := range a.edges {
			if d&readWrite == 0 || in[e[0]] != in[e[1]] {
				continue
			}
			if path := way(direct, e[1], e[0]); path != nil {
				a.report("G-single: %s", a.show(e[0], path))
				return
			}
		}
	case "SERIALIZABLE":
		a.cycle(next(writeWrite|writeRead|readWrite), writeWrite|writeRead|readWrite, "G2")
	}
}

// cycle reports a cycle of a graph's edges, if there is one: an edge whose ends are
// in one strongly connected component.
func (a *analysis) cycle(next map[int][]int, mask dependency, name string) {
	in := components(next)
	for e, d := range a.edges {
		if d&mask != 0 && in[e[0]] == in[e[1]] {
			a.report("%s: %s", name, a.show(e[0], way(next, e[1], e[0])))
			return
		}
	}
}

// components numbers the strongly connected components of a graph (Tarjan, 1972).
func components(next map[int][]int) map[int]int {
	t := &tarjan{next: next, index: map[int]int{}, low: map[int]int{}, in: map[int]int{}}
	for v := range next {
		if _, seen := t.index[v]; !seen {
			t.visit(v)
		}
	}
	return t.in
}

type tarjan struct {
	next       map[int][]int
	index, low map[int]int
	in         map[int]int // component, of those that are complete
	stack      []int
}

func (t *tarjan) visit(v int) {
	t.index[v] = len(t.index)
	t.low[v] = t.index[v]
	t.stack = append(t.stack, v)
	for _, w := range t.next[v] {
		if _, seen := t.index[w]; !seen {
			t.visit(w)
			t.low[v] = min(t.low[v], t.low[w])
		} else if _, complete := t.in[w]; !complete {
			t.low[v] = min(t.low[v], t.index[w])
		}
	}
	if t.low[v] != t.index[v] {
		return
	}
	for {
		w := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.in[w] = v
		if w == v {
			return
		}
	}
}

// way finds a shortest path in a graph.
func way(next map[int][]int, from, to int) []int {
	before := map[int]int{from: from}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			path := []int{to}
			for at != from {
				at = before[at]
				path = append(path, at)
			}
			slices.Reverse(path)
			return path
		}
		for _, n := range next[at] {
			if _, seen := before[n]; !seen {
				before[n] = at
				queue = append(queue, n)
			}
		}
	}
	return nil
}

func (a *analysis) show(from int, path []int) string {
	var b strings.Builder
	at := from
	for _, to := range path {
		fmt.Fprintf(&b, "%d -%s-> ", at, a.kinds(at, to))
		at = to
	}
	fmt.Fprintf(&b, "%d", at)
	for _, id := range path {
		fmt.Fprintf(&b, "\n  %d:", id)
		for _, op := range a.txs[id].ops {
			if op.append {
				fmt.Fprintf(&b, " append(%d, %d)", op.key, op.value)
			} else {
				fmt.Fprintf(&b, " read(%d)=%v", op.key, op.list)
			}
		}
	}
	return b.String()
}

func (a *analysis) kinds(from, to int) string {
	var names []string
	d := a.edges[[2]int{from, to}]
	for i, name := range []string{"ww", "wr", "rw"} {
		if d&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}
