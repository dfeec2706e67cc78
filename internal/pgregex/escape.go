package pgregex

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escape reads what follows a backslash outside brackets.
func (p *parser) escape() (n *node, constraint bool) {
	if p.pos == len(p.in) {
		p.fail(badEscape)
		return nil, false
	}
	if !p.advanced() {
		r, size := utf8.DecodeRuneInString(p.in[p.pos:])
		p.pos += size
		return p.char(r), false
	}
	switch c := p.in[p.pos]; c {
	case 'A', 'Z', 'm', 'M', 'y', 'Y':
		p.pos++
		return p.assertion(map[byte]assertion{
			'A': atStart, 'Z': atEnd, 'm': atWordStart, 'M': atWordEnd, 'y': atBoundary, 'Y': notBoundary,
		}[c])
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if group, ok := p.backref(); ok {
			if group > len(p.groups) || p.groups[group-1] == nil || p.lookings > 0 {
				p.fail(badBackref)
				return nil, false
			}
			p.backrefs = true
			return &node{op: opBackref, group: group, fold: p.flags&IgnoreCase != 0}, false
		}
	}
	if spans, negated, ok := p.classEscape(); ok {
		return &node{op: opSet, set: newCharset(slices.Clone(spans), negated)}, false
	}
	return p.char(p.charEscape()), false
}

// backref reads a group's number: one digit always is one, more are when there
// are so many groups; else they are an octal character.
func (p *parser) backref() (group int, ok bool) {
	end := p.pos + 1
	for end < len(p.in) && isDigit(p.in[end]) {
		end++
	}
	group, err := strconv.Atoi(p.in[p.pos:end])
	if end > p.pos+1 && (err != nil || group > len(p.groups)) {
		return 0, false
	}
	p.pos = end
	return group, true
}

// classEscape reads \d \s \w and their opposites.
func (p *parser) classEscape() (spans []span, negated, ok bool) {
	name := map[byte]string{'d': "digit", 's': "space", 'w': "word"}[p.in[p.pos]|0x20]
	if name == "" || !isLetter(p.in[p.pos]) {
		return nil, false, false
	}
	negated = p.in[p.pos] < 'a'
	p.pos++
	return classes[name], negated, true
}

var charEscapes = map[byte]rune{
	'a': '\a', 'b': '\b', 'B': '\\', 'e': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

// charEscape reads an escape that stands for one character.
func (p *parser) charEscape() rune {
	r, size := utf8.DecodeRuneInString(p.in[p.pos:])
	p.pos += size
	if r >= utf8.RuneSelf || !isLetter(byte(r)) && !isDigit(byte(r)) {
		return r
	}
	if e, ok := charEscapes[byte(r)]; ok {
		return e
	}
	switch r {
	case 'c':
		if p.pos < len(p.in) {
			c, n := utf8.DecodeRuneInString(p.in[p.pos:])
			p.pos += n
			return c & 0x1f
		}
	case 'u':
		return p.number(16, 4, 4)
	case 'U':
		return p.number(16, 8, 8)
	case 'x':
		return p.number(16, 1, 255)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		p.pos--
		v := p.number(8, 1, 3)
		if v > 0xff { // one digit too many
			p.pos--
			v >>= 3
		}
		return v
	}
	p.fail(badEscape)
	return 0
}

// number reads between least and most digits of a base.
func (p *parser) number(base, least, most int) rune {
	v, n := int64(0), 0
	for n < most && p.pos < len(p.in) {
		d := strings.IndexByte("0123456789abcdef", p.in[p.pos]|0x20)
		if isDigit(p.in[p.pos]) {
			d = int(p.in[p.pos] - '0')
		}
		if d < 0 || d >= base {
			break
		}
		if v = v*int64(base) + int64(d); v > utf8.MaxRune {
			v = utf8.MaxRune + 1
		}
		p.pos++
		n++
	}
	if n < least || v > utf8.MaxRune {
		p.fail(badEscape)
		return 0
	}
	return rune(v)
}

// bracket reads a bracket expression, or the word boundaries [[:<:]] and [[:>:]].
func (p *parser) bracket() (n *node, constraint bool) {
	switch {
	case p.at("[[:<:]]"):
		p.pos += 7
		return p.assertion(atWordStart)
	case p.at("[[:>:]]"):
		p.pos += 7
		return p.assertion(atWordEnd)
	}
	p.pos++
	negated := p.at("^")
	if negated {
		p.pos++
	}
	var spans []span
	for first := true; p.err == nil; first = false {
		if p.pos == len(p.in) {
			p.fail(badBrackets)
			break
		}
		if p.at("]") && !first {
			p.pos++
			break
		}
		spans = p.element(spans, first)
	}
	if p.err != nil {
		return nil, false
	}
	return p.set(spans, negated), false
}

// element reads one class, character or range of a bracket expression.
func (p *parser) element(spans []span, first bool) []span {
	switch {
	case p.at("[:"):
		return append(spans, p.class(p.delimited(":]"))...)
	case p.at("[="):
		r := p.collating(p.delimited("=]"))
		return append(spans, span{r, r})
	case p.at(`\`) && p.advanced():
		if p.pos+1 < len(p.in) {
			p.pos++
			if class, negated, ok := p.classEscape(); ok {
				return append(spans, newCharset(slices.Clone(class), negated).spans...)
			}
			p.pos--
		}
	case p.at("-") && !first:
		// Only at an end may a hyphen stand for itself.
		if !strings.HasPrefix(p.in[p.pos+1:], "]") {
			p.fail(badRange)
			return nil
		}
	}
	low := p.bracketChar()
	if p.err != nil || !p.at("-") || strings.HasPrefix(p.in[p.pos+1:], "]") {
		return append(spans, span{low, low})
	}
	p.pos++
	if p.pos == len(p.in) {
		p.fail(badBrackets)
		return nil
	}
	if p.at("[:") || p.at("[=") || p.advanced() && p.classFollows() {
		p.fail(badRange)
		return nil
	}
	high := p.bracketChar()
	if p.err == nil && low > high {
		p.fail(badRange)
	}
	return append(spans, span{low, high})
}

// classFollows reports whether \d or its like stands at the position.
func (p *parser) classFollows() bool {
	return p.at(`\`) && p.pos+1 < len(p.in) && strings.IndexByte("dDsSwW", p.in[p.pos+1]) >= 0
}

// bracketChar reads a character, an escape or a collating element.
func (p *parser) bracketChar() rune {
	if p.at("[.") {
		return p.collating(p.delimited(".]"))
	}
	if p.at(`\`) && p.advanced() {
		if p.pos++; p.pos == len(p.in) {
			p.fail(badEscape)
			return 0
		}
		switch p.in[p.pos] {
		case 'A', 'Z', 'm', 'M', 'y', 'Y', 'd', 'D', 's', 'S', 'w', 'W', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			p.fail(badEscape)
			return 0
		}
		return p.charEscape()
	}
	r, size := utf8.DecodeRuneInString(p.in[p.pos:])
	p.pos += size
	return r
}

// delimited reads the name in [:name:], [=x=] or [.x.].
func (p *parser) delimited(end string) string {
	name, _, found := strings.Cut(p.in[p.pos+2:], end)
	if !found {
		p.fail(badBrackets)
		return ""
	}
	p.pos += 2 + len(name) + len(end)
	return name
}

func (p *parser) class(name string) []span {
	if p.err != nil {
		return nil
	}
	if p.flags&IgnoreCase != 0 && (name == "lower" || name == "upper") {
		name = "alpha"
	}
	spans, ok := classes[name]
	if !ok {
		p.fail(badClass)
	}
	return slices.Clone(spans)
}

func (p *parser) collating(name string) rune {
	if p.err != nil {
		return 0
	}
	r, size := utf8.DecodeRuneInString(name)
	if size > 0 && size == len(name) {
		return r
	}
	r, ok := characterNames[name]
	if !ok {
		p.fail(badCollate)
	}
	return r
}
