package pgregex

import (
	"regexp"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Flags choose the flavour and the details of matching; the zero value is an
// advanced expression that heeds case.
type Flags uint8

// The flags. NewlineStop keeps . and [^x] from matching newlines, NewlineAnchor
// lets ^ and $ match around them.
const (
	IgnoreCase Flags = 1 << iota
	NewlineStop
	NewlineAnchor
	Expanded
	Literal
	Extended // POSIX extended in place of advanced
	Basic    // POSIX basic: not supported
)

// ParseFlags reads the letters of a flags argument, without g. 22023 for an
// unknown one.
func ParseFlags(letters string) (Flags, error) {
	var f Flags
	for i := 0; i < len(letters); i++ {
		var ok bool
		if f, ok = f.with(letters[i]); !ok {
			end := i + 1
			for end < len(letters) && letters[end]&0xC0 == 0x80 {
				end++
			}
			return f, pgerr.New(pgcode.InvalidParameterValue, "invalid regular expression option: \"%s\"", letters[i:end])
		}
	}
	return f, nil
}

// with applies one option letter.
func (f Flags) with(letter byte) (Flags, bool) {
	switch letter {
	case 'b':
		f = f&^(Extended|Literal) | Basic
	case 'c':
		f &^= IgnoreCase
	case 'e':
		f = f&^(Basic|Literal) | Extended
	case 'i':
		f |= IgnoreCase
	case 'm', 'n':
		f |= NewlineStop | NewlineAnchor
	case 'p':
		f = f&^NewlineAnchor | NewlineStop
	case 'q':
		f = f&^(Basic|Extended) | Literal
	case 's':
		f &^= NewlineStop | NewlineAnchor
	case 't':
		f &^= Expanded
	case 'w':
		f = f&^NewlineStop | NewlineAnchor
	case 'x':
		f |= Expanded
	default:
		return f, false
	}
	return f, true
}

// Regexp is a compiled expression. It is read only and may be used by several
// goroutines.
type Regexp struct {
	captures int
	tree     *part
	backrefs bool
	asserts  bool // it looks at what stands around a position
	// quick decides whether there is a match, and where the longest leftmost one
	// lies, by the standard library; nil where that cannot express the pattern.
	quick *regexp.Regexp
}

// NumCaptures returns the number of capturing parentheses.
func (r *Regexp) NumCaptures() int { return r.captures }

func errPattern(text string) error {
	return pgerr.New(pgcode.InvalidRegularExpression, "invalid regular expression: %s", text)
}

// What can be wrong with a pattern, in PostgreSQL's words.
const (
	badParens   = "parentheses () not balanced"
	badBrackets = "brackets [] not balanced"
	badBraces   = "braces {} not balanced"
	badCount    = "invalid repetition count(s)"
	badRange    = "invalid character range"
	badClass    = "invalid character class"
	badCollate  = "invalid collating element"
	badOperand  = "quantifier operand invalid"
	badEscape   = `invalid escape \ sequence`
	badBackref  = "invalid backreference number"
	badOption   = "invalid embedded option"
	tooComplex  = "regular expression is too complex"
)

// Compile parses a pattern. Errors are 2201B with PostgreSQL's text.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	p := &parser{in: pattern, flags: flags}
	root, err := p.parse()
	if err != nil {
		return nil, err
	}
	r := &Regexp{captures: len(p.groups), backrefs: p.backrefs, asserts: p.asserts}
	b := &builder{groups: p.groups}
	if r.tree = b.part(root); b.tooBig() {
		return nil, errPattern(tooComplex)
	}
	if !p.backrefs {
		r.quick = quickForm(root)
	}
	return r, nil
}

// quickForm returns the standard library's form of a tree, nil when it has none.
func quickForm(root *node) *regexp.Regexp {
	text, ok := root.goText()
	if !ok {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil // a count or size beyond its limits
	}
	re.Longest()
	return re
}
