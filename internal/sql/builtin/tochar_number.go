package builtin

import (
	"bytes"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Number templates: what a template says about the number as a whole, and
// writing a number by it. tochar_tonumber.go reads one.

// signPlace says where S writes the sign: right before or behind the digits.
type signPlace uint8

const (
	signNone signPlace = iota
	signBefore
	signBehind
)

// numberFormat is what a template says of the whole number.
type numberFormat struct {
	nodes     []templateNode
	pre, post int // digits before and behind the point
	shift     int // digits behind V: the number is multiplied by so many tens
	zero      bool
	zeroStart int // digit from which zeros are written, counting from 1
	zeroEnd   int // last digit that has a 0 in the template
	decimal   bool
	multi     bool // V was seen
	blank     bool
	fill      bool // FM
	anchored  bool // S
	sign      signPlace
	signAt    int // digits before S
	plus      bool
	minus     bool
	bracket   bool
	roman     bool
	science   bool
}

func errNumberTemplate(text string) *pgerr.Error { return pgerr.New(pgcode.SyntaxError, "%s", text) }

// parseNumberTemplate cuts a number template and checks its patterns together.
func parseNumberTemplate(template string) (*numberFormat, error) {
	f := &numberFormat{nodes: parseTemplate(template, numberPatterns, false)}
	for i := range f.nodes {
		if f.nodes[i].pattern == "" {
			continue
		}
		if err := f.note(f.nodes[i].key()); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// note takes in one pattern.
func (f *numberFormat) note(key string) error {
	if f.science && key != "EEEE" {
		return errNumberTemplate(`"EEEE" must be the last pattern used`)
	}
	switch key {
	case "9", "0":
		return f.noteDigit(key)
	case "B":
		f.blank = f.blank || f.pre == 0 && f.post == 0 && !f.zero
	case "D", ".":
		switch {
		case f.decimal:
			return errNumberTemplate("multiple decimal points")
		case f.multi:
			return errNumberTemplate(`cannot use "V" and decimal point together`)
		}
		f.decimal = true
	case "FM":
		f.fill = true
	case "S", "MI", "PL", "SG", "PR":
		return f.noteSign(key)
	case "RN":
		f.roman = true
	case "V":
		if f.decimal {
			return errNumberTemplate(`cannot use "V" and decimal point together`)
		}
		f.multi = true
	case "EEEE":
		switch {
		case f.science:
			return errNumberTemplate(`cannot use "EEEE" twice`)
		case f.blank || f.fill || f.anchored || f.bracket || f.minus || f.plus || f.roman || f.multi:
			return errNumberTemplate(`"EEEE" is incompatible with other formats`).
				WithDetail(`"EEEE" may only be used together with digit and decimal point patterns.`)
		}
		f.science = true
	}
	return nil
}

func (f *numberFormat) noteDigit(key string) error {
	if f.bracket {
		return errNumberTemplate(`"` + key + `" must be ahead of "PR"`)
	}
	if key == "9" && f.multi {
		f.shift++
		return nil
	}
	if key == "0" && !f.zero && !f.decimal {
		f.zero, f.zeroStart = true, f.pre+1
	}
	if f.decimal {
		f.post++
	} else {
		f.pre++
	}
	if key == "0" {
		f.zeroEnd = f.pre + f.post
	}
	return nil
}

func (f *numberFormat) noteSign(key string) error {
	if key == "S" {
		switch {
		case f.anchored:
			return errNumberTemplate(`cannot use "S" twice`)
		case f.plus || f.minus || f.bracket:
			return errNumberTemplate(`cannot use "S" and "PL"/"MI"/"SG"/"PR" together`)
		}
		f.anchored = true
		if f.decimal {
			f.sign = signBehind
		} else {
			f.sign, f.signAt = signBefore, f.pre
		}
		return nil
	}
	if key == "PR" {
		if f.anchored || f.plus || f.minus {
			return errNumberTemplate(`cannot use "PR" and "S"/"PL"/"MI"/"SG" together`)
		}
		f.bracket = true
		return nil
	}
	if f.anchored {
		return errNumberTemplate(`cannot use "S" and "` + key + `" together`)
	}
	f.minus = f.minus || key != "PL"
	f.plus = f.plus || key != "MI"
	return nil
}

// numberWriter writes the digits of one number into a template, digit place by
// digit place. Places before the number's first digit are spaces or zeros.
type numberWriter struct {
	*numberFormat
	digits    string // of the number, with a point, without sign
	at        int    // next of digits
	negative  bool
	spaces    int  // places before the number's first digit
	place     int  // current digit place
	places    int  // all of them
	relevant  int  // last of digits worth writing with FM, -1 for all
	started   bool // the last place wrote a digit
	signDone  bool
	bracketed bool // PR still applies
	out       []byte
	err       error
}

// write fills the template. digits is unsigned text that fits it, spaces the
// number of places that stay empty before it.
func (f *numberFormat) write(digits string, negative bool, spaces int) (datum.Datum, error) {
	format := *f
	w := &numberWriter{numberFormat: &format, digits: digits, negative: negative, spaces: spaces, relevant: -1, bracketed: f.bracket}
	if f.roman {
		*w.numberFormat = numberFormat{nodes: f.nodes, roman: true, fill: f.fill}
		w.negative, w.spaces, w.bracketed = false, 0, false
	}
	w.zeroStart--
	w.prepareSign()
	w.places = w.post + w.pre - 1
	if w.fill && w.decimal {
		w.findRelevant()
	}
	if !w.signDone && w.spaces == 0 {
		w.places++
	}
	for i := range w.nodes {
		if n := &w.nodes[i]; n.pattern == "" {
			w.out = append(w.out, n.literal...)
		} else {
			w.pattern(n)
		}
	}
	if at := bytes.IndexByte(w.out, 0); at >= 0 {
		w.out = w.out[:at]
	}
	return datum.NewText(string(w.out)), w.err
}

// prepareSign decides whether the sign is part of the digits.
func (w *numberWriter) prepareSign() {
	if w.plus || w.minus {
		w.signDone = !w.plus || w.minus
		return
	}
	if !w.negative && w.fill {
		w.bracketed = false
	}
	w.signDone = !w.negative && w.fill && !w.anchored
	if w.sign == signBefore && w.pre == w.signAt {
		w.sign = signBehind
	}
}

// findRelevant finds the last digit that FM does not drop: no zeros at the end of
// the fraction, except where the template has a 0.
func (w *numberWriter) findRelevant() {
	point := strings.IndexByte(w.digits, '.')
	if point < 0 {
		return
	}
	w.relevant = max(point, point+len(strings.TrimRight(w.digits[point:], "0"))-1)
	if w.zeroEnd > w.spaces {
		w.relevant = max(w.relevant, min(len(w.digits)-1, w.zeroEnd-w.spaces))
	}
}

// atPoint reports whether the last relevant digit is the point itself.
func (w *numberWriter) atPoint() bool { return w.relevant >= 0 && w.digits[w.relevant] == '.' }

func (w *numberWriter) put(s string) { w.out = append(w.out, s...) }

// unlessFill writes a space for something absent, nothing with FM.
func (w *numberWriter) unlessFill(width int) {
	if !w.fill {
		w.put(strings.Repeat(" ", width))
	}
}

func (w *numberWriter) signText() string {
	if w.negative {
		return "-"
	}
	return "+"
}

func (w *numberWriter) pattern(n *templateNode) {
	switch n.key() {
	case "9", "0", ".", "D":
		w.digit(n.pattern)
	case ",", "G":
		if w.started {
			w.put(",")
		} else {
			w.unlessFill(1)
		}
	case "L":
		w.put(" ") // the C locale has no currency
	case "RN":
		text := w.digits
		if n.pattern == "rn" {
			text = asciiLower(text)
		}
		if !w.fill {
			w.put(strings.Repeat(" ", max(15-len(text), 0)))
		}
		w.put(text)
	case "TH":
		if !w.roman && w.digits[0] != '#' && !w.negative && !w.decimal {
			w.ordinal(n.pattern)
		}
	case "MI":
		if w.negative {
			w.put("-")
		} else {
			w.unlessFill(1)
		}
	case "PL":
		if !w.negative && !w.roman {
			w.put("+")
		} else {
			w.unlessFill(1)
		}
	case "SG":
		if w.roman {
			w.out = append(w.out, 0) // a Roman numeral has no sign and ends here
		} else {
			w.put(w.signText())
		}
	}
}

func (w *numberWriter) ordinal(spelling string) {
	if last := w.digits[len(w.digits)-1]; last < '0' || last > '9' {
		w.err = pgerr.New(pgcode.InvalidTextRepresentation, "\"%s\" is not a number", w.digits)
		return
	}
	w.put(ordinal(w.digits, spelling))
}

// leadingZero reports whether the next digit is the lone 0 before the point,
// which is written only where the template has a 0.
func (w *numberWriter) leadingZero() bool {
	return !w.zero && w.at == 0 && w.digits[0] == '0' && w.post != 0
}

// digit writes one digit place or the point.
func (w *numberWriter) digit(pattern string) {
	if w.roman {
		return
	}
	w.started = false
	w.leadingSign()
	switch {
	case w.place < w.spaces && (!w.zero || w.zeroStart > w.place):
		w.unlessFill(1)
	case w.place < w.spaces:
		w.put("0")
		w.started = true
	default:
		w.realDigit(pattern)
	}
	w.trailingSign()
	w.place++
}

// realDigit writes the next character of the number.
func (w *numberWriter) realDigit(pattern string) {
	if w.at == len(w.digits) {
		if w.relevant < 0 || pattern == "0" {
			w.out = append(w.out, 0) // a place too many ends the text
			w.started = true
		}
		return
	}
	c := w.digits[w.at]
	switch {
	case c == '.':
		if !w.atPoint() || w.fill {
			w.put(".")
		}
	case w.relevant >= 0 && w.at > w.relevant && pattern != "0":
	case w.leadingZero():
		if !w.fill {
			w.put(" ")
		} else if w.atPoint() {
			w.put("0")
		}
	default:
		w.out = append(w.out, c)
		w.started = true
	}
	w.at++
}

// leadingSign writes the sign before the first digit.
func (w *numberWriter) leadingSign() {
	reached := w.place >= w.spaces || w.zero && w.zeroStart == w.place
	if w.signDone || !reached || w.at < len(w.digits) && w.leadingZero() && !w.atPoint() {
		return
	}
	switch {
	case w.anchored:
		if w.sign != signBefore {
			return
		}
		w.put(w.signText())
	case w.bracketed:
		if w.negative {
			w.put("<")
		} else {
			w.put(" ")
		}
	case w.negative:
		w.put("-")
	default:
		w.unlessFill(1)
	}
	w.signDone = true
}

// trailingSign writes what stands behind the last digit.
func (w *numberWriter) trailingSign() {
	end := w.places
	if w.spaces > 0 {
		end++
	}
	if w.decimal {
		end++
	}
	if w.relevant >= 0 && w.relevant == w.at {
		end = w.place
	}
	if w.place+1 != end {
		return
	}
	switch {
	case w.signDone && w.bracketed:
		if w.negative {
			w.put(">")
		} else {
			w.put(" ")
		}
	case w.anchored && w.sign == signBehind:
		w.put(w.signText())
	}
}
