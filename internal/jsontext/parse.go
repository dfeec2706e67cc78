package jsontext

import (
	"sort"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// parser reads a document; with build set it writes the canonical text to out.
type parser struct {
	*lexer
	out   []byte // the canonical text so far
	build bool
	depth int
}

// Check validates json text.
func Check(s string) error {
	p := parser{lexer: newLexer(s, false)}
	return p.document()
}

// Canonical returns the jsonb form of a text.
func Canonical(s string) (string, error) {
	p := parser{lexer: newLexer(s, true), out: make([]byte, 0, len(s)+16), build: true}
	if err := p.document(); err != nil {
		return "", err
	}
	return string(p.out), nil
}

func (p *parser) document() error {
	if err := p.next(); err != nil {
		return err
	}
	if err := p.value(); err != nil {
		return err
	}
	if p.tok != tokEnd {
		return p.expected("end of input")
	}
	return nil
}

func (p *parser) emit(s string) {
	if p.build {
		p.out = append(p.out, s...)
	}
}

// value reads one value; the token after it is current afterwards.
func (p *parser) value() error {
	switch p.tok {
	case tokObjectStart, tokArrayStart:
		if p.depth++; p.depth > maxDepth {
			return pgerr.New(pgcode.StatementTooComplex, "stack depth limit exceeded")
		}
		defer func() { p.depth-- }()
		if p.tok == tokObjectStart {
			return p.object()
		}
		return p.array()
	case tokString:
		if p.build {
			p.out = AppendQuote(p.out, p.str)
		}
	case tokNumber:
		if p.build {
			out, err := appendNumber(p.out, p.text())
			if err != nil {
				return err
			}
			p.out = out
		}
	case tokTrue:
		p.emit("true")
	case tokFalse:
		p.emit("false")
	case tokNull:
		p.emit("null")
	default:
		return p.expected("JSON value")
	}
	return p.next()
}

func (p *parser) array() error {
	p.emit("[")
	if err := p.next(); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n == 0 && p.tok == tokArrayEnd {
			break
		}
		if err := p.value(); err != nil {
			return err
		}
		if p.tok == tokArrayEnd {
			break
		}
		if p.tok != tokComma {
			return p.expected(`"," or "]"`)
		}
		p.emit(", ")
		if err := p.next(); err != nil {
			return err
		}
	}
	p.emit("]")
	return p.next()
}

// part is one member of an object in the output: its key and where its text lies.
type part struct {
	key      string
	from, to int
}

func (p *parser) object() error {
	p.emit("{")
	from := len(p.out)
	var parts []part
	if err := p.next(); err != nil {
		return err
	}
	for n := 0; ; n++ {
		if n == 0 && p.tok == tokObjectEnd {
			break
		}
		if p.tok != tokString {
			if n == 0 {
				return p.expected(`string or "}"`)
			}
			return p.expected("string")
		}
		if n > 0 {
			p.emit(", ")
		}
		m := part{key: p.str, from: len(p.out)}
		if p.build {
			p.out = append(AppendQuote(p.out, p.str), ": "...)
		}
		if err := p.next(); err != nil {
			return err
		}
		if p.tok != tokColon {
			return p.expected(`":"`)
		}
		if err := p.next(); err != nil {
			return err
		}
		if err := p.value(); err != nil {
			return err
		}
		if m.to = len(p.out); p.build {
			parts = append(parts, m)
		}
		if p.tok == tokObjectEnd {
			break
		}
		if p.tok != tokComma {
			return p.expected(`"," or "}"`)
		}
		if err := p.next(); err != nil {
			return err
		}
	}
	p.out = arrange(p.out, from, parts)
	p.emit("}")
	return p.next()
}

// KeyLess orders object keys as jsonb does: by length, then bytewise.
func KeyLess(a, b string) bool {
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return a < b
}

// arrange rewrites the members written from offset from on in key order, keeping
// the last of equal keys.
func arrange(out []byte, from int, parts []part) []byte {
	ordered := true
	for i := 1; i < len(parts) && ordered; i++ {
		ordered = KeyLess(parts[i-1].key, parts[i].key)
	}
	if ordered {
		return out
	}
	sort.SliceStable(parts, func(i, j int) bool { return KeyLess(parts[i].key, parts[j].key) })
	sorted := make([]byte, 0, len(out)-from)
	for i, m := range parts {
		if i+1 < len(parts) && parts[i+1].key == m.key {
			continue
		}
		if len(sorted) > 0 {
			sorted = append(sorted, ", "...)
		}
		sorted = append(sorted, out[m.from:m.to]...)
	}
	return append(out[:from], sorted...)
}

// AppendQuote appends s as a JSON string.
func AppendQuote(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// Quote returns s as a JSON string.
func Quote(s string) string { return string(AppendQuote(nil, s)) }

// appendNumber appends a JSON number as numeric prints it: without exponent, its
// scale kept.
func appendNumber(dst []byte, s string) ([]byte, error) {
	body, negative := strings.CutPrefix(s, "-")
	exponent := int64(0)
	if i := strings.IndexAny(body, "eE"); i >= 0 {
		n, err := strconv.ParseInt(body[i+1:], 10, 32)
		if err != nil {
			return nil, errNumberRange()
		}
		body, exponent = body[:i], n
	}
	whole, fraction, _ := strings.Cut(body, ".")
	all := whole + fraction
	scale := int64(len(fraction)) - exponent
	significant := strings.TrimLeft(all, "0")
	if scale > 16383 || significant != "" && int64(len(significant))-scale > 131072 {
		return nil, errNumberRange()
	}
	if significant == "" {
		negative, all = false, "0"
		if scale < 0 {
			scale = 0
		}
	} else if scale < 0 {
		all += strings.Repeat("0", int(-scale))
		scale = 0
	}
	if negative {
		dst = append(dst, '-')
	}
	if need := int(scale) + 1 - len(all); need > 0 {
		all = strings.Repeat("0", need) + all
	}
	point := len(all) - int(scale)
	whole = strings.TrimLeft(all[:point], "0")
	if whole == "" {
		whole = "0"
	}
	dst = append(dst, whole...)
	if scale > 0 {
		dst = append(dst, '.')
		dst = append(dst, all[point:]...)
	}
	return dst, nil
}

func errNumberRange() error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "value overflows numeric format")
}
