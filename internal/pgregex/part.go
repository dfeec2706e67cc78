package pgregex

// part is a node of the dissection tree. Stretches of the expression whose
// insides do not matter (no captures, no back references, one preference) are a
// single leaf, matched by their automaton alone. How the tree is cut decides
// which of several dissections wins, so it follows the rules that Henry
// Spencer's library documents, which PostgreSQL uses.
type part struct {
	op       partOp
	subs     []*part
	prog     *prog
	min, max int
	group    int
	fold     bool
	// traits: preference and what lies inside.
	traits trait
}

type partOp uint8

const (
	partLeaf    partOp = iota
	partCat            // subs[0] and then subs[1]
	partAlt            // the first of subs that can match
	partIterate        // subs[0], min to max times
	partCapture        // subs[0], remembered
	partBackref        // the text of group, min to max times
)

type trait uint8

const (
	longerPart  = trait(longer)
	shorterPart = trait(shorter)
	mixed       = trait(1 << 2) // both preferences inside
	captures    = trait(1 << 3)
	refers      = trait(1 << 4)
)

// up is what a whole inherits from its contents.
func up(t trait) trait {
	out := t &^ (longerPart | shorterPart)
	if t&longerPart != 0 && t&shorterPart != 0 {
		out |= mixed
	}
	return out
}

// combine joins the traits of two neighbours: the first preference counts.
func combine(a, b trait) trait {
	pref := a & (longerPart | shorterPart)
	if pref == 0 {
		pref = b & (longerPart | shorterPart)
	}
	return up(a|b) | pref
}

// messy parts cannot be leaves.
func messy(t trait) bool { return t&(mixed|captures|refers) != 0 }

func (b *builder) leaf(traits trait, nodes ...*node) *part {
	return &part{op: partLeaf, prog: b.program(nodes...), traits: traits}
}

// part builds the dissection tree of a node.
func (b *builder) part(n *node) *part {
	if b.tooBig() {
		return &part{}
	}
	switch n.op {
	case opCat:
		return b.branch(n.subs, b.tails(n.subs))
	case opAlt:
		p := &part{op: partAlt, traits: longerPart}
		for _, s := range n.subs {
			sub := b.part(s)
			p.subs = append(p.subs, sub)
			p.traits |= combine(p.traits, sub.traits)
		}
		p.prog = b.program(n)
		if !messy(p.traits) {
			p.op, p.subs = partLeaf, nil
		}
		return p
	}
	return b.branch([]*node{n}, b.tails([]*node{n}))
}

// branch cuts a row of nodes: a leaf of all that is simple at its front, the
// first messy one, and the rest. tails are the automata from each node on.
func (b *builder) branch(nodes []*node, tails []*prog) *part {
	var traits trait
	for i, n := range nodes {
		atom, low, high, quantifier := n, 1, 1, trait(0)
		if n.op == opRepeat {
			atom, low, high, quantifier = n.subs[0], n.min, n.max, trait(n.prefer)
		}
		inner := b.atom(atom)
		all := traits | quantifier | inner.traits
		if atom.op != opCapture && atom.op != opBackref && !messy(up(all)) {
			traits = all
			continue
		}
		p := b.quantified(inner, n, atom, low, high, quantifier)
		if i+1 < len(nodes) {
			rest := b.branch(nodes[i+1:], tails[i+1:])
			p = cat(p, rest, combine(combine(quantifier, inner.traits), rest.traits), tails[i])
		}
		if i > 0 {
			p = cat(b.leaf(traits, nodes[:i]...), p, combine(traits, p.traits), tails[0])
		}
		return p
	}
	return &part{op: partLeaf, prog: tails[0], traits: traits}
}

func cat(left, right *part, traits trait, p *prog) *part {
	return &part{op: partCat, subs: []*part{left, right}, prog: p, traits: traits}
}

// atom builds what stands before a quantifier.
func (b *builder) atom(n *node) *part {
	switch n.op {
	case opCapture:
		sub := b.part(n.subs[0])
		return &part{op: partCapture, subs: []*part{sub}, prog: sub.prog, group: n.group, traits: sub.traits | captures}
	case opBackref:
		return &part{op: partBackref, prog: b.program(n), min: 1, max: 1, group: n.group, fold: n.fold, traits: refers}
	case opCat, opAlt, opRepeat:
		return b.part(n)
	}
	return &part{op: partLeaf} // sets and conditions: only their traits are asked for
}

// quantified puts a quantifier around a messy atom.
func (b *builder) quantified(inner *part, n, atom *node, low, high int, quantifier trait) *part {
	traits := combine(quantifier, inner.traits)
	preference := inner.traits & (longerPart | shorterPart | mixed)
	switch {
	case inner.op == partBackref:
		inner.min, inner.max = low, high
		inner.prog = b.program(n)
		inner.traits |= traits
		return inner
	case low == 1 && high == 1 && (quantifier == 0 || preference == 0 || quantifier == preference):
		if inner.prog == nil {
			return b.leaf(traits, atom)
		}
		return inner
	case inner.traits&(captures|refers) == 0:
		// Nobody asks where the single rounds match.
		return b.leaf(traits, n)
	case low > 0 && inner.traits&refers == 0:
		// Captures keep what the last round matched: x{m,n} is x{m-1,n-1} x.
		before := &node{op: opRepeat, subs: []*node{atom}, min: low - 1, max: high}
		if high != infinite {
			before.max = high - 1
		}
		return cat(b.leaf(traits&(longerPart|shorterPart), before), inner, traits, b.program(n))
	}
	return &part{op: partIterate, subs: []*part{inner}, prog: b.program(n), min: low, max: high, traits: traits}
}
