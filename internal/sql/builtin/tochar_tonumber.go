package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// to_number: reading a text by a number template.

func init() {
	fn2("numeric_to_number", func(a, b datum.Datum) (datum.Datum, error) {
		if b.Str() == "" {
			return null, nil
		}
		f, err := parseNumberTemplate(b.Str())
		if err != nil {
			return null, err
		}
		switch {
		case f.science:
			return null, pgerrNotSupported("\"EEEE\" not supported for input")
		case f.roman:
			return null, pgerrNotSupported("\"RN\" not supported for input")
		}
		return f.read(a.Str())
	})
}

func pgerrNotSupported(text string, args ...any) error {
	return pgerr.New(pgcode.FeatureNotSupported, text, args...)
}

// numberReader takes the characters of a number out of a text.
type numberReader struct {
	*numberFormat
	in        string
	sign      byte // ' ' until one was read
	digits    []byte
	readPre   int
	readPost  int
	readPoint bool
}

func (f *numberFormat) read(text string) (datum.Datum, error) {
	r := &numberReader{numberFormat: f, in: text, sign: ' '}
	for i := range f.nodes {
		if r.in == "" {
			break
		}
		if n := &f.nodes[i]; n.pattern == "" {
			r.skipChar()
		} else {
			r.pattern(n)
		}
	}
	digits := strings.TrimSuffix(string(r.digits), ".")
	d, err := numeric.Parse(string(r.sign) + digits)
	if err != nil {
		return null, err
	}
	if d, err = numeric.Fit(d, numeric.EncodeTypmod(int32(f.pre+f.shift+r.readPost), int32(r.readPost))); err != nil || !f.multi {
		return d, err
	}
	tenth, err := numeric.Power(datum.NewNumeric(10, 0), datum.NewNumeric(int64(-f.shift), 0))
	if err != nil {
		return null, err
	}
	return numeric.Mul(d, tenth)
}

func (r *numberReader) skipChar() {
	_, n := utf8.DecodeRuneInString(r.in)
	r.in = r.in[n:]
}

// skipOther passes over up to n characters that cannot be part of a number.
func (r *numberReader) skipOther(n int) {
	for ; n > 0 && r.in != "" && strings.IndexByte("0123456789.,+-", r.in[0]) < 0; n-- {
		r.skipChar()
	}
}

func (r *numberReader) pattern(n *templateNode) {
	switch n.key() {
	case "9", "0", ".", "D":
		r.digit(n.pattern == "9" || n.pattern == "0")
	case ",":
		if !r.fill && r.in[0] == ',' {
			r.in = r.in[1:]
		}
	case "G":
		if !r.fill && r.in[0] == ',' {
			r.in = r.in[1:]
		}
	case "L":
		r.skipOther(1)
	case "TH":
		if !r.decimal {
			r.skipOther(2)
		}
	case "MI":
		r.signPattern("-")
	case "PL":
		r.signPattern("+")
	case "SG":
		r.signPattern("-+")
	}
}

// signPattern reads a sign that a pattern of its own stands for.
func (r *numberReader) signPattern(signs string) {
	if strings.IndexByte(signs, r.in[0]) < 0 {
		r.skipOther(1)
		return
	}
	r.sign = r.in[0]
	r.in = r.in[1:]
}

// digit reads one digit or the point, and a sign before the first or behind the
// last one.
func (r *numberReader) digit(isDigitPattern bool) {
	if r.in[0] == ' ' {
		r.in = r.in[1:]
	}
	if r.in == "" {
		return
	}
	if r.sign == ' ' && isDigitPattern && r.readPre+r.readPost == 0 {
		r.leadingSign()
	}
	if r.in == "" {
		return
	}
	took := false
	switch c := r.in[0]; {
	case c >= '0' && c <= '9':
		if r.readPoint && r.readPost == r.post {
			r.in = r.in[1:]
			return
		}
		r.digits = append(r.digits, c)
		if r.readPoint {
			r.readPost++
		} else {
			r.readPre++
		}
		took = true
	case r.decimal && !r.readPoint && c == '.':
		r.digits = append(r.digits, '.')
		r.readPoint, took = true, true
	}
	r.trailingSign(took)
	if r.in != "" {
		r.in = r.in[1:] // one byte, whatever it is
	}
}

func (r *numberReader) leadingSign() {
	c := r.in[0]
	if r.anchored && r.numberFormat.sign == signBefore {
		if c == '-' || c == '+' {
			r.sign = c
			r.in = r.in[1:]
		}
		return
	}
	switch {
	case c == '-', r.bracket && c == '<':
		r.sign = '-'
	case c == '+':
		r.sign = '+'
	default:
		return
	}
	r.in = r.in[1:]
}

// trailingSign reads a sign that is anchored behind the last digit, or that of a
// sign pattern further on when there are fewer digits than places.
func (r *numberReader) trailingSign(took bool) {
	if r.sign != ' ' || r.readPre+r.readPost == 0 {
		return
	}
	if r.anchored && took && len(r.in) > 1 && (r.in[1] < '0' || r.in[1] > '9') {
		if r.in[1] == '-' || r.in[1] == '+' {
			r.sign = r.in[1]
			r.in = r.in[1:]
		}
		return
	}
	if !took && !r.anchored && (r.plus || r.minus) && (r.in[0] == '-' || r.in[0] == '+') {
		r.sign = r.in[0]
	}
}
