package pgregex

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/pgerr"
)

const (
	maxRepeat = 255  // PostgreSQL's limit of a count
	maxDepth  = 1000 // of parentheses
)

// parser turns a pattern into a tree.
type parser struct {
	in       string
	pos      int
	flags    Flags
	groups   []*node // captures in order of their opening; nil while open
	depth    int
	lookings int // lookaround parentheses around the position
	backrefs bool
	asserts  bool
	err      error
}

func (p *parser) fail(text string) {
	if p.err == nil {
		p.err = errPattern(text)
	}
	p.pos = len(p.in)
}

func (p *parser) parse() (*node, error) {
	p.prefixes()
	if p.err != nil {
		return nil, p.err
	}
	switch {
	case p.flags&Basic != 0:
		return nil, pgerr.NotSupported("Write the pattern as an advanced regular expression.", "basic regular expressions are not supported")
	case p.flags&Literal != 0:
		cat := &node{op: opCat}
		for _, r := range p.in[p.pos:] {
			cat.subs = append(cat.subs, p.char(r))
		}
		return cat, nil
	}
	root := p.alternatives(false)
	return root, p.err
}

// prefixes reads ***: and ***=, and options at the front of an advanced pattern.
func (p *parser) prefixes() {
	if p.flags&Literal != 0 {
		return
	}
	if strings.HasPrefix(p.in, "***") {
		switch {
		case strings.HasPrefix(p.in, "***="):
			p.flags = p.flags&^(Extended|Basic|Expanded) | Literal
			p.pos = 4
			return
		case strings.HasPrefix(p.in, "***:"):
			p.flags &^= Extended | Basic
			p.pos = 4
		default:
			p.fail(badOperand)
			return
		}
	}
	if p.flags&(Extended|Basic) != 0 {
		return
	}
	rest := p.in[p.pos:]
	if len(rest) < 3 || !strings.HasPrefix(rest, "(?") || !isLetter(rest[2]) {
		return
	}
	i := 2
	for ; i < len(rest) && isLetter(rest[i]); i++ {
		var ok bool
		if p.flags, ok = p.flags.with(rest[i]); !ok {
			p.fail(badOption)
			return
		}
	}
	if i == len(rest) || rest[i] != ')' {
		p.fail(badOption)
		return
	}
	p.pos += i + 1
	if p.flags&Literal != 0 {
		p.flags &^= Expanded
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// at reports whether the rest of the pattern begins with a text.
func (p *parser) at(s string) bool { return strings.HasPrefix(p.in[p.pos:], s) }

func (p *parser) advanced() bool { return p.flags&Extended == 0 }

// skip passes over comments, and over white space in expanded syntax.
func (p *parser) skip() {
	for {
		switch {
		case p.flags&Expanded != 0 && p.pos < len(p.in) && strings.IndexByte(" \t\n\v\f\r", p.in[p.pos]) >= 0:
			p.pos++
		case p.flags&Expanded != 0 && p.at("#"):
			end := strings.IndexByte(p.in[p.pos:], '\n')
			if end < 0 {
				p.pos = len(p.in)
			} else {
				p.pos += end
			}
		case p.advanced() && p.at("(?#"):
			end := strings.IndexByte(p.in[p.pos:], ')')
			if end < 0 {
				p.pos = len(p.in)
			} else {
				p.pos += end + 1
			}
		default:
			return
		}
	}
}

// alternatives reads branches up to the end or a closing parenthesis.
func (p *parser) alternatives(inner bool) *node {
	if p.depth++; p.depth > maxDepth {
		p.fail(tooComplex)
		return &node{op: opEmpty}
	}
	defer func() { p.depth-- }()
	alt := &node{op: opAlt}
	for p.err == nil {
		alt.subs = append(alt.subs, p.branch(inner))
		if !p.at("|") {
			break
		}
		p.pos++
	}
	if len(alt.subs) == 1 {
		return alt.subs[0]
	}
	return alt
}

func (p *parser) branch(inner bool) *node {
	cat := &node{op: opCat}
	for p.err == nil {
		p.skip()
		if p.pos == len(p.in) || p.at("|") || inner && p.at(")") {
			break
		}
		if n := p.quantified(); n != nil {
			cat.subs = append(cat.subs, n)
		}
	}
	switch len(cat.subs) {
	case 0:
		return &node{op: opEmpty}
	case 1:
		return cat.subs[0]
	}
	return cat
}

// quantified reads an atom or constraint and, behind an atom, its quantifier.
func (p *parser) quantified() *node {
	atom, constraint := p.atom()
	if p.err != nil || constraint {
		return atom
	}
	p.skip()
	min, max, pref, ok := p.quantifier()
	if !ok || p.err != nil {
		return atom
	}
	if max == 0 {
		return &node{op: opEmpty}
	}
	return &node{op: opRepeat, subs: []*node{atom}, min: min, max: max, prefer: pref}
}

// quantifier reads * + ? or {}, with ? behind it for the shorter match.
func (p *parser) quantifier() (low, high int, pref prefer, ok bool) {
	if p.pos == len(p.in) {
		return 0, 0, 0, false
	}
	pref = longer
	switch p.in[p.pos] {
	case '*':
		low, high = 0, infinite
	case '+':
		low, high = 1, infinite
	case '?':
		low, high = 0, 1
	case '{':
		if !p.boundFollows() {
			return 0, 0, 0, false
		}
		p.pos++
		if low, high, pref, ok = p.bound(); !ok {
			return 0, 0, 0, false
		}
		p.pos--
	default:
		return 0, 0, 0, false
	}
	p.pos++
	if p.advanced() && p.at("?") {
		p.pos++
		if pref != 0 {
			pref = shorter
		}
	}
	return low, high, pref, true
}

// boundFollows reports whether the { at the position begins a bound: only with a digit.
func (p *parser) boundFollows() bool {
	q := parser{in: p.in, pos: p.pos + 1, flags: p.flags}
	q.skip()
	return q.pos < len(q.in) && isDigit(q.in[q.pos])
}

// bound reads m}, m,} or m,n}.
func (p *parser) bound() (low, high int, pref prefer, ok bool) {
	low = p.count()
	high = low
	p.skip()
	if p.at(",") {
		// {m,n} states a preference even when both are the same.
		p.pos++
		p.skip()
		high, pref = infinite, longer
		if p.pos < len(p.in) && isDigit(p.in[p.pos]) {
			high = p.count()
		}
		p.skip()
	}
	switch {
	case p.pos == len(p.in):
		p.fail(badBraces)
	case !p.at("}"), high != infinite && low > high:
		p.fail(badCount)
	default:
		p.pos++
	}
	return low, high, pref, p.err == nil
}

func (p *parser) count() int {
	n := 0
	for p.pos < len(p.in) && isDigit(p.in[p.pos]) {
		if n = n*10 + int(p.in[p.pos]-'0'); n > maxRepeat {
			p.fail(badCount)
			return 0
		}
		p.pos++
	}
	return n
}

// char returns the node of one literal character.
func (p *parser) char(r rune) *node { return p.set([]span{{r, r}}, false) }

// set makes a set node; case folding and newline rules apply.
func (p *parser) set(spans []span, negated bool) *node {
	if p.flags&IgnoreCase != 0 {
		spans = foldCase(spans)
	}
	if negated && p.flags&NewlineStop != 0 {
		spans = append(spans, span{'\n', '\n'})
	}
	return &node{op: opSet, set: newCharset(slices.Clone(spans), negated)}
}

func (p *parser) assertion(a assertion) (*node, bool) {
	p.asserts = true
	return &node{op: opAssert, assert: a}, true
}

// atom reads one atom; constraint is set for a condition, which takes no quantifier.
func (p *parser) atom() (n *node, constraint bool) {
	c, size := utf8.DecodeRuneInString(p.in[p.pos:])
	switch c {
	case '*', '+', '?':
		p.fail(badOperand)
		return nil, false
	case '{':
		if p.boundFollows() {
			p.fail(badOperand)
			return nil, false
		}
	case ')':
		// Extended expressions take a lone one literally.
		if p.advanced() {
			p.fail(badParens)
			return nil, false
		}
	case '(':
		return p.group()
	case '[':
		return p.bracket()
	case '\\':
		p.pos++
		return p.escape()
	}
	p.pos += size
	switch c {
	case '.':
		return p.set(nil, true), false
	case '^':
		if p.flags&NewlineAnchor != 0 {
			return p.assertion(atLineStart)
		}
		return p.assertion(atStart)
	case '$':
		if p.flags&NewlineAnchor != 0 {
			return p.assertion(atLineEnd)
		}
		return p.assertion(atEnd)
	}
	return p.char(c), false
}

// group reads a parenthesis of any kind.
func (p *parser) group() (n *node, constraint bool) {
	p.pos++
	if !p.advanced() || !p.at("?") {
		return p.capture(), false
	}
	for _, kind := range []struct {
		text            string
		behind, negated bool
	}{{"?=", false, false}, {"?!", false, true}, {"?<=", true, false}, {"?<!", true, true}} {
		if !p.at(kind.text) {
			continue
		}
		p.pos += len(kind.text)
		p.asserts = true
		p.lookings++
		sub := p.closed()
		p.lookings--
		return &node{op: opLook, subs: []*node{sub}, behind: kind.behind, negated: kind.negated}, true
	}
	if !p.at("?:") {
		p.fail(badOperand)
		return nil, false
	}
	p.pos += 2
	// Its own node, so that a quantifier takes all of it.
	return p.closed(), false
}

func (p *parser) capture() *node {
	if p.lookings > 0 {
		return p.closed()
	}
	p.groups = append(p.groups, nil)
	n := &node{op: opCapture, group: len(p.groups)}
	n.subs = []*node{p.closed()}
	p.groups[n.group-1] = n
	return n
}

// closed reads alternatives and the closing parenthesis.
func (p *parser) closed() *node {
	n := p.alternatives(true)
	switch {
	case p.err != nil:
	case p.at(")"):
		p.pos++
	default:
		p.fail(badParens)
	}
	return n
}
