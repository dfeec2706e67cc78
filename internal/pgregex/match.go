package pgregex

import (
	"context"
	"unicode/utf8"
)

// matcher carries out one search. It belongs to one goroutine.
type matcher struct {
	r     *Regexp
	ctx   context.Context
	in    string
	space []*workspace // by prog.id
	caps  []int        // starts and ends of groups, -1 when unset
	steps int
	err   error
}

// workspace is what running one automaton needs.
type workspace struct {
	now, next threads
	stack     []int32
}

// threads is a set of instructions, each with the start of the match it belongs to.
type threads struct {
	sparse []int32
	dense  []thread
}

type thread struct {
	pc    int32
	start int
}

func (t *threads) reset() { t.dense = t.dense[:0] }

func (t *threads) has(pc int32) bool {
	i := t.sparse[pc]
	return int(i) < len(t.dense) && t.dense[i].pc == pc
}

func (t *threads) add(pc int32, start int) {
	t.sparse[pc] = int32(len(t.dense))
	t.dense = append(t.dense, thread{pc, start})
}

func (m *matcher) workspace(p *prog) *workspace {
	for len(m.space) <= p.id {
		m.space = append(m.space, nil)
	}
	w := m.space[p.id]
	if w == nil {
		n := len(p.insts)
		w = &workspace{}
		w.now.sparse, w.next.sparse = make([]int32, n), make([]int32, n)
		m.space[p.id] = w
	}
	return w
}

// follow adds an instruction and all that are reached from it without a character.
func (m *matcher) follow(p *prog, w *workspace, set *threads, pc int32, pos, start int) {
	w.stack = append(w.stack[:0], pc)
	for len(w.stack) > 0 {
		pc := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if set.has(pc) {
			continue
		}
		set.add(pc, start)
		switch i := &p.insts[pc]; i.op {
		case instJump:
			w.stack = append(w.stack, i.out)
		case instSplit:
			w.stack = append(w.stack, i.alt, i.out)
		case instAssert:
			if m.holds(i.assert, pos) {
				w.stack = append(w.stack, i.out)
			}
		case instLook:
			if m.looks(i.look, pos) {
				w.stack = append(w.stack, i.out)
			}
		}
	}
}

// tick counts work and notices that the statement was cancelled.
func (m *matcher) tick(n int) bool {
	if m.steps += n; m.steps > 1<<16 {
		m.steps = 0
		if m.ctx != nil && m.err == nil {
			m.err = m.ctx.Err()
		}
	}
	return m.err == nil
}

// run lets an automaton read from begin up to limit and calls at for each end it
// accepts, in order, until at returns false.
func (m *matcher) run(p *prog, begin, limit int, at func(end int) bool) {
	w := m.workspace(p)
	w.now.reset()
	m.follow(p, w, &w.now, p.start, begin, begin)
	for pos := begin; len(w.now.dense) > 0 && m.tick(len(w.now.dense)); {
		for _, t := range w.now.dense {
			if p.insts[t.pc].op == instMatch {
				if !at(pos) {
					return
				}
				break
			}
		}
		if pos >= limit {
			return
		}
		pos = m.step(p, w, pos)
	}
}

// step moves all threads over one character and returns the position behind it.
func (m *matcher) step(p *prog, w *workspace, pos int) int {
	r, size := utf8.DecodeRuneInString(m.in[pos:])
	w.next.reset()
	for _, t := range w.now.dense {
		if i := &p.insts[t.pc]; i.op == instSet && i.set.has(r) && !w.next.has(i.out) {
			m.follow(p, w, &w.next, i.out, pos+size, t.start)
		}
	}
	w.now, w.next = w.next, w.now
	return pos + size
}

// longest returns the last end up to limit, -1 when there is none.
func (m *matcher) longest(p *prog, begin, limit int) int {
	last := -1
	m.run(p, begin, limit, func(end int) bool { last = end; return true })
	return last
}

// shortest returns the first end from least to limit, -1 when there is none.
func (m *matcher) shortest(p *prog, begin, least, limit int) int {
	first := -1
	m.run(p, begin, limit, func(end int) bool {
		if end >= least {
			first = end
		}
		return first < 0
	})
	return first
}

// exactly reports whether the automaton accepts all from begin to end.
func (m *matcher) exactly(p *prog, begin, end int) bool { return m.longest(p, begin, end) == end }

// search returns where the leftmost match at or after from starts, -1 when there
// is none. Threads keep the earliest start by which they can be reached.
func (m *matcher) search(p *prog, from int) int {
	w := m.workspace(p)
	w.now.reset()
	best := -1
	for pos := from; m.tick(1 + len(w.now.dense)); {
		if best < 0 {
			// Threads of earlier starts came first and keep their places.
			m.follow(p, w, &w.now, p.start, pos, pos)
		}
		for _, t := range w.now.dense {
			if p.insts[t.pc].op == instMatch && (best < 0 || t.start < best) {
				best = t.start
			}
		}
		if best >= 0 {
			m.dropFrom(&w.now, best)
		}
		if pos >= len(m.in) || len(w.now.dense) == 0 {
			return best
		}
		// Threads are kept in the order of their starts, so of two at one
		// instruction the one that started first stays.
		pos = m.step(p, w, pos)
	}
	return -1
}

// dropFrom removes the threads that cannot lead to a match left of best.
func (m *matcher) dropFrom(set *threads, best int) {
	kept := set.dense
	set.reset()
	for _, t := range kept {
		if t.start < best {
			set.add(t.pc, t.start)
		}
	}
}

func (m *matcher) holds(a assertion, pos int) bool {
	switch a {
	case atStart:
		return pos == 0
	case atEnd:
		return pos == len(m.in)
	case atLineStart:
		return pos == 0 || m.in[pos-1] == '\n'
	case atLineEnd:
		return pos == len(m.in) || m.in[pos] == '\n'
	}
	before := pos > 0 && wordChars.has(rune(m.in[pos-1]))
	after := pos < len(m.in) && wordChars.has(rune(m.in[pos]))
	switch a {
	case atWordStart:
		return !before && after
	case atWordEnd:
		return before && !after
	case atBoundary:
		return before != after
	}
	return before == after
}

// looks evaluates a look at a position, in a working space of its own.
func (m *matcher) looks(l *look, pos int) bool {
	found := false
	if !l.behind {
		found = m.shortest(l.prog, pos, pos, len(m.in)) >= 0
		return found != l.negated
	}
	begin := 0
	if l.maxWidth >= 0 {
		begin = pos
		for n := 0; n < l.maxWidth && begin > 0; n++ {
			_, size := utf8.DecodeLastRuneInString(m.in[:begin])
			begin -= size
		}
	}
	// Start at every position, see whether any thread ends here.
	w := m.workspace(l.prog)
	w.now.reset()
	for at := begin; m.tick(1 + len(w.now.dense)); {
		m.follow(l.prog, w, &w.now, l.prog.start, at, at)
		if at >= pos {
			break
		}
		at = m.step(l.prog, w, at)
	}
	for _, t := range w.now.dense {
		if l.prog.insts[t.pc].op == instMatch {
			found = true
		}
	}
	return found != l.negated
}
