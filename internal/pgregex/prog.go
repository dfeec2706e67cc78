package pgregex

// inst is one instruction of an automaton. Programs are small graphs: out and
// alt are indexes of instructions.
type inst struct {
	op       instOp
	out, alt int32
	set      *charset
	assert   assertion
	look     *look
}

type instOp uint8

const (
	instMatch  instOp = iota
	instSet           // take a character of set, go to out
	instSplit         // go to out and alt
	instJump          // go to out
	instAssert        // go to out if the assertion holds
	instLook          // go to out if the look succeeds
)

// look is a condition on what stands before or behind a position.
type look struct {
	prog     *prog
	behind   bool
	negated  bool
	maxWidth int // of a look behind, -1 for no limit
}

// prog is an automaton; it starts at instruction start.
type prog struct {
	insts []inst
	start int32
	id    int // index of its working space in a matcher
}

// maxInsts bounds the size of all automata of one expression together.
const maxInsts = 1 << 17

// builder makes automata and the dissection tree of one expression.
type builder struct {
	groups []*node
	total  int // instructions so far
	progs  int
}

func (b *builder) tooBig() bool { return b.total > maxInsts }

// program compiles a tree, or several in a row, into an automaton. Captures have
// no effect in it; a back reference accepts whatever its group would (I2).
func (b *builder) program(nodes ...*node) *prog {
	return b.tails(nodes)[0]
}

// tails compiles a row of nodes: element i is the automaton of all from node i
// on. They share their instructions and working space.
func (b *builder) tails(nodes []*node) []*prog {
	shared := &prog{id: b.progs}
	b.progs++
	c := &compiler{b: b, p: shared}
	list := make([]*prog, len(nodes)+1)
	next := c.emit(inst{op: instMatch})
	for i := len(nodes); i >= 0; i-- {
		if i < len(nodes) {
			next = c.compile(nodes[i], next, false)
		}
		list[i] = &prog{id: shared.id, start: next}
	}
	for _, p := range list {
		p.insts = shared.insts
	}
	return list
}

type compiler struct {
	b *builder
	p *prog
}

func (c *compiler) emit(i inst) int32 {
	c.b.total++
	if c.b.tooBig() {
		return 0 // the expression is refused in the end
	}
	c.p.insts = append(c.p.insts, i)
	return int32(len(c.p.insts) - 1)
}

// compile returns the entry of code that matches n and goes on at next. With
// bare set conditions are left out, which back references do not repeat.
func (c *compiler) compile(n *node, next int32, bare bool) int32 {
	if c.b.tooBig() {
		return next
	}
	switch n.op {
	case opSet:
		return c.emit(inst{op: instSet, set: n.set, out: next})
	case opCat:
		for i := len(n.subs) - 1; i >= 0; i-- {
			next = c.compile(n.subs[i], next, bare)
		}
	case opAlt:
		entry := c.compile(n.subs[len(n.subs)-1], next, bare)
		for i := len(n.subs) - 2; i >= 0; i-- {
			entry = c.emit(inst{op: instSplit, out: c.compile(n.subs[i], next, bare), alt: entry})
		}
		return entry
	case opRepeat:
		return c.repeat(n.subs[0], n.min, n.max, next, bare)
	case opCapture:
		return c.compile(n.subs[0], next, bare)
	case opBackref:
		return c.compile(c.b.groups[n.group-1].subs[0], next, true)
	case opAssert:
		if !bare {
			return c.emit(inst{op: instAssert, assert: n.assert, out: next})
		}
	case opLook:
		if !bare {
			l := &look{prog: c.b.program(n.subs[0]), behind: n.behind, negated: n.negated, maxWidth: n.subs[0].maxWidth(c.b.groups)}
			return c.emit(inst{op: instLook, look: l, out: next})
		}
	}
	return next
}

func (c *compiler) repeat(sub *node, low, high int, next int32, bare bool) int32 {
	if high == infinite {
		// The loop comes last: sub{low} sub*.
		loop := c.emit(inst{op: instSplit, alt: next})
		body := c.compile(sub, loop, bare)
		if c.b.tooBig() {
			return next
		}
		c.p.insts[loop].out = body
		next = loop
	} else {
		end := next
		for range high - low {
			next = c.emit(inst{op: instSplit, out: c.compile(sub, next, bare), alt: end})
		}
	}
	for range low {
		next = c.compile(sub, next, bare)
	}
	return next
}
