package numeric

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Parse reads a numeric's text as PostgreSQL's numeric_in does: blanks around,
// a sign, digits with a point, an exponent; NaN, Infinity and inf.
func Parse(text string) (datum.Datum, error) {
	s := trimSpace(text)
	if d, ok := parseSmall(s); ok {
		return d, nil
	}
	if d, ok := parseSpecial(s); ok {
		return d, nil
	}
	bad := func() (datum.Datum, error) {
		return datum.Datum{}, pgerr.New(pgcode.InvalidTextRepresentation, "invalid input syntax for type numeric: \"%s\"", text)
	}
	body, negative := cutSign(s)
	mantissa, exponent, ok := cutExponent(body)
	if !ok {
		return bad()
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole == "" && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return bad()
	}
	if exponent > math.MaxInt32/2 || exponent < -math.MaxInt32/2 {
		return datum.Datum{}, errOverflow()
	}
	return compose(whole, fraction, exponent, negative)
}

// parseSmall reads plain numbers of up to 18 digits.
func parseSmall(s string) (datum.Datum, bool) {
	i, negative := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		negative = s[i] == '-'
		i++
	}
	var n int64
	count, scale, point := 0, int16(0), false
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			if count++; count > 18 {
				return datum.Datum{}, false
			}
			n = n*10 + int64(c-'0')
			if point {
				scale++
			}
		case c == '.' && !point:
			point = true
		default:
			return datum.Datum{}, false
		}
	}
	if count == 0 {
		return datum.Datum{}, false
	}
	if negative {
		n = -n
	}
	return datum.NewNumeric(n, scale), true
}

func parseSpecial(s string) (datum.Datum, bool) {
	body, negative := cutSign(s)
	switch strings.ToLower(body) {
	case "nan":
		return nanValue, len(body) == len(s)
	case "infinity", "inf":
		if negative {
			return negInfValue, true
		}
		return posInfValue, true
	}
	return datum.Datum{}, false
}

// cutExponent splits "1.5e10"; ok is false when the exponent is malformed. Huge
// exponents are clamped, the caller refuses them.
func cutExponent(s string) (mantissa string, exponent int64, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, true
	}
	body, negative := cutSign(s[i+1:])
	if body == "" || !allDigits(body) {
		return "", 0, false
	}
	n, err := strconv.ParseInt(body, 10, 64)
	if err != nil {
		n = math.MaxInt32
	}
	if negative {
		n = -n
	}
	return s[:i], n, true
}

func compose(whole, fraction string, exponent int64, negative bool) (datum.Datum, error) {
	var b big
	all := strings.TrimLeft(whole+fraction, "0")
	scale := int64(len(fraction)) - exponent
	if all != "" {
		if int64(len(all))-scale > maxWeightDigits || scale > maxScale {
			return datum.Datum{}, errOverflow()
		}
		b.coef.SetString(all, 10)
	}
	switch {
	case scale < 0:
		if all != "" {
			b.coef.Mul(&b.coef, pow10(-scale))
		}
		scale = 0
	case scale > maxScale:
		return datum.Datum{}, errOverflow()
	}
	if negative {
		b.coef.Neg(&b.coef)
	}
	b.scale = int32(scale)
	return b.store()
}

// Append appends the text form.
func Append(dst []byte, d datum.Datum) []byte {
	if coef, scale, ok := d.InlineNumeric(); ok {
		return appendSmall(dst, coef, int(scale))
	}
	dec := d.Decimal()
	switch dec.Form {
	case apd.NaN, apd.NaNSignaling:
		return append(dst, "NaN"...)
	case apd.Infinite:
		if dec.Negative {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	}
	if dec.Negative && dec.Coeff.Sign() != 0 {
		dst = append(dst, '-')
	}
	return appendPoint(dst, dec.Coeff.String(), -int(dec.Exponent))
}

func appendSmall(dst []byte, coef int64, scale int) []byte {
	if scale == 0 {
		return strconv.AppendInt(dst, coef, 10)
	}
	var buf [20]byte
	text := strconv.AppendUint(buf[:0], magnitude(coef), 10)
	if coef < 0 {
		dst = append(dst, '-')
	}
	return appendPoint(dst, text, scale)
}

// appendPoint appends unsigned digits with a point scale digits from the right.
func appendPoint[S string | []byte](dst []byte, text S, scale int) []byte {
	if scale <= 0 {
		dst = append(dst, text...)
		for ; scale < 0; scale++ {
			dst = append(dst, '0')
		}
		return dst
	}
	point := len(text) - scale
	if point > 0 {
		dst = append(dst, text[:point]...)
		dst = append(dst, '.')
		return append(dst, text[point:]...)
	}
	dst = append(dst, '0', '.')
	for ; point < 0; point++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}

// String returns the text form.
func String(d datum.Datum) string { return string(Append(nil, d)) }

func cutSign(s string) (rest string, negative bool) {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:], s[0] == '-'
	}
	return s, false
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// trimSpace drops what C's isspace calls blank.
func trimSpace(s string) string { return strings.Trim(s, " \t\n\v\f\r") }
