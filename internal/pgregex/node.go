package pgregex

import (
	"fmt"
	"strings"
)

// op is the kind of a syntax tree node.
type op uint8

const (
	opEmpty   op = iota
	opSet        // one character of set
	opCat        // subs one after another
	opAlt        // one of subs
	opRepeat     // subs[0], min to max times
	opCapture    // subs[0], remembered as group
	opBackref    // the text of group again
	opAssert     // a condition on the position
	opLook       // subs[0] matches before or behind the position, or does not
)

// assertion is a condition on a position that needs only its neighbours.
type assertion uint8

const (
	atStart     assertion = iota // of the text
	atEnd                        // of the text
	atLineStart                  // start of the text or behind a newline
	atLineEnd                    // end of the text or before a newline
	atWordStart
	atWordEnd
	atBoundary // either of them
	notBoundary
)

// infinite is the max of an open repetition.
const infinite = -1

// prefer says how long a match an expression wants to be.
type prefer uint8

const (
	longer prefer = 1 << iota
	shorter
)

type node struct {
	op       op
	set      *charset
	subs     []*node
	min, max int
	prefer   prefer // of a repetition; 0 for {m}, which passes on its operand's
	group    int    // of a capture or back reference, from 1
	assert   assertion
	behind   bool // of a look
	negated  bool // of a look
	fold     bool // of a back reference: case does not count
}

// maxWidth returns the most characters a match can have, -1 for no limit.
func (n *node) maxWidth(groups []*node) int {
	switch n.op {
	case opSet:
		return 1
	case opCat, opAlt:
		total := 0
		for _, s := range n.subs {
			w := s.maxWidth(groups)
			if w < 0 {
				return -1
			}
			if n.op == opCat {
				total += w
			} else {
				total = max(total, w)
			}
		}
		return total
	case opCapture:
		return n.subs[0].maxWidth(groups)
	case opRepeat:
		w := n.subs[0].maxWidth(groups)
		if w < 0 || n.max == infinite && w > 0 {
			return -1
		}
		return w * max(n.max, 0)
	case opBackref:
		return -1
	}
	return 0
}

// goText returns the expression in the standard library's syntax; ok is false
// when that lacks a part. Only whether and where there is a match is kept, not
// the preferences nor the captures.
func (n *node) goText() (text string, ok bool) {
	var b strings.Builder
	if !n.writeGo(&b) || b.Len() > 1<<16 {
		return "", false
	}
	return b.String(), true
}

var goAsserts = map[assertion]string{
	atStart: `\A`, atEnd: `\z`, atLineStart: `(?m:^)`, atLineEnd: `(?m:$)`, atBoundary: `\b`, notBoundary: `\B`,
}

func (n *node) writeGo(b *strings.Builder) bool {
	switch n.op {
	case opEmpty:
		b.WriteString("(?:)")
	case opSet:
		b.WriteString(n.set.text())
	case opAssert:
		text, ok := goAsserts[n.assert]
		b.WriteString(text)
		return ok
	case opCat, opAlt:
		b.WriteString("(?:")
		for i, s := range n.subs {
			if i > 0 && n.op == opAlt {
				b.WriteByte('|')
			}
			if !s.writeGo(b) {
				return false
			}
		}
		b.WriteByte(')')
	case opCapture:
		b.WriteString("(?:")
		if !n.subs[0].writeGo(b) {
			return false
		}
		b.WriteByte(')')
	case opRepeat:
		b.WriteString("(?:")
		if !n.subs[0].writeGo(b) {
			return false
		}
		b.WriteByte(')')
		switch {
		case n.max != infinite:
			fmt.Fprintf(b, "{%d,%d}", n.min, n.max)
		case n.min == 0:
			b.WriteByte('*')
		case n.min == 1:
			b.WriteByte('+')
		default:
			fmt.Fprintf(b, "{%d,}", n.min)
		}
	default:
		return false
	}
	return true
}
