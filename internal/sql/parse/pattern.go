package parse

import (
	"strings"
	"sync"
)

// Statements that are kept as text (ast.OtherStmt) have their syntax written as
// patterns, much as the manual prints it:
//
//	WORD        a keyword, ( ) , = * and so on stand for themselves
//	symbol      a grammar symbol of the table symbols, in lower case
//	[ x ]       x or nothing
//	{ a | b }   a or b
//	{ x }*      x any number of times; { x }+ at least once
//	{ x },+     x, repeated behind commas
//
// A choice is made by the next token alone, so patterns are written LL(1); where
// PostgreSQL's grammar needs more, a symbol is a method of the parser.

// element is a compiled part of a pattern.
type element interface {
	// starts tells whether the parser's next token can begin the element.
	starts(p *parser) bool
	// empty tells whether the element matches nothing at all.
	empty() bool
	parse(p *parser)
}

type (
	tokenElement class
	sequence     []element
	choice       []element
	optional     struct{ element }
	repeated     struct {
		element
		comma, once bool
	}
)

// symbol is a grammar symbol with its own parser. Without a starts function it
// may stand only where it is the only possibility.
type symbol struct {
	match func(p *parser) bool
	read  func(p *parser)
	null  bool
}

func (e tokenElement) starts(p *parser) bool { return p.tok.cls == class(e) }
func (e tokenElement) empty() bool           { return false }
func (e tokenElement) parse(p *parser)       { p.expect(class(e)) }

func (e *symbol) starts(p *parser) bool { return e.match(p) }
func (e *symbol) empty() bool           { return e.null }
func (e *symbol) parse(p *parser)       { e.read(p) }

func (e sequence) starts(p *parser) bool {
	for _, x := range e {
		if x.starts(p) {
			return true
		}
		if !x.empty() {
			return false
		}
	}
	return false
}

func (e sequence) empty() bool {
	for _, x := range e {
		if !x.empty() {
			return false
		}
	}
	return true
}

func (e sequence) parse(p *parser) {
	for _, x := range e {
		x.parse(p)
	}
}

func (e choice) starts(p *parser) bool {
	for _, x := range e {
		if x.starts(p) {
			return true
		}
	}
	return false
}

func (e choice) empty() bool { return false }

func (e choice) parse(p *parser) {
	for _, x := range e {
		if x.starts(p) {
			x.parse(p)
			return
		}
	}
	p.syntaxError()
}

func (e optional) empty() bool { return true }

func (e optional) parse(p *parser) {
	if e.element.starts(p) {
		e.element.parse(p)
	}
}

func (e repeated) empty() bool { return !e.once && !e.comma }

func (e repeated) parse(p *parser) {
	switch {
	case e.comma:
		e.element.parse(p)
		for p.accept(',') {
			e.element.parse(p)
		}
		return
	case e.once:
		e.element.parse(p)
	}
	for e.element.starts(p) {
		e.element.parse(p)
	}
}

var patterns sync.Map // of string to element

// match parses by a pattern.
func (p *parser) match(pattern string) {
	e, ok := patterns.Load(pattern)
	if !ok {
		c := compiler{words: strings.Fields(pattern)}
		e, _ = patterns.LoadOrStore(pattern, c.choices())
	}
	e.(element).parse(p)
}

// compiler turns a pattern into elements. Patterns are constants of this package,
// and a test compiles all of them, so a wrong one panics.
type compiler struct {
	words []string
	at    int
}

func (c *compiler) peek() string {
	if c.at >= len(c.words) {
		return ""
	}
	return c.words[c.at]
}

func (c *compiler) next() string {
	w := c.peek()
	c.at++
	return w
}

// choices compiles up to a closing bracket or the end.
func (c *compiler) choices() element {
	var all choice
	for {
		var s sequence
		for w := c.peek(); w != "" && w != "|" && w != "]" && !strings.HasPrefix(w, "}"); w = c.peek() {
			s = append(s, c.one())
		}
		all = append(all, s)
		if c.peek() != "|" {
			break
		}
		c.at++
	}
	if len(all) == 1 {
		return all[0]
	}
	return all
}

func (c *compiler) one() element {
	w := c.next()
	switch w {
	case "[":
		e := c.choices()
		c.close("]")
		return optional{e}
	case "{":
		e := c.choices()
		switch end := c.next(); end {
		case "}":
			return e
		case "}*":
			return repeated{element: e}
		case "}+":
			return repeated{element: e, once: true}
		case "},+":
			return repeated{element: e, comma: true}
		default:
			panic("parse: unclosed group in pattern " + strings.Join(c.words, " "))
		}
	}
	if s := symbols[w]; s != nil {
		return s
	}
	if len(w) == 1 && !isIdentStart(w[0]) {
		return tokenElement(w[0])
	}
	cls := lookupKeyword(strings.ToLower(w))
	if cls == tIdent || strings.ToUpper(w) != w {
		panic("parse: unknown word in pattern: " + w)
	}
	return tokenElement(cls)
}

func (c *compiler) close(want string) {
	if c.next() != want {
		panic("parse: unclosed group in pattern " + strings.Join(c.words, " "))
	}
}
