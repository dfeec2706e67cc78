package builtin

import (
	"math"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
)

// to_char of numbers: each type prepares its digits in its own way.

func init() {
	fn2("int4_to_char", func(a, b datum.Datum) (datum.Datum, error) { return intToChar(a.Int(), b.Str(), integer) })
	fn2("int8_to_char", func(a, b datum.Datum) (datum.Datum, error) { return intToChar(a.Int(), b.Str(), bigint) })
	fn2("float4_to_char", func(a, b datum.Datum) (datum.Datum, error) { return floatToChar(a.Float(), b.Str(), 6) })
	fn2("float8_to_char", func(a, b datum.Datum) (datum.Datum, error) { return floatToChar(a.Float(), b.Str(), 15) })
	fn2("numeric_to_char", func(a, b datum.Datum) (datum.Datum, error) { return numericToChar(a, b.Str()) })
}

const romanWidth = 15 // of the longest Roman numeral, MMMDCCCLXXXVIII

// romanNumeral returns # for numbers that cannot be written.
func romanNumeral(n int64) string {
	if n < 1 || n > 3999 {
		return strings.Repeat("#", romanWidth)
	}
	var b strings.Builder
	for _, step := range []struct {
		value int64
		text  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for ; n >= step.value; n -= step.value {
			b.WriteString(step.text)
		}
	}
	return b.String()
}

// finish fits the digits of a number, with a sign if negative, into the template:
// # when there are too many before the point.
func (f *numberFormat) finish(text string) (datum.Datum, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole := strings.IndexByte(digits, '.')
	if whole < 0 {
		whole = len(digits)
	}
	spaces := 0
	switch {
	case whole < f.pre:
		spaces = f.pre - whole
	case whole > f.pre:
		digits = strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post)
	}
	return f.write(digits, negative, spaces)
}

// notANumber is the text in scientific form of what has none: # in every place.
func (f *numberFormat) notANumber() datum.Datum {
	return datum.NewText(" " + strings.Repeat("#", f.pre) + "." + strings.Repeat("#", f.post+4))
}

// spaced puts a space where positive numbers have no sign.
func spaced(text string) datum.Datum {
	if strings.HasPrefix(text, "-") {
		return datum.NewText(text)
	}
	return datum.NewText(" " + text)
}

func intToChar(n int64, template string, w width) (datum.Datum, error) {
	f, err := parseNumberTemplate(template)
	if err != nil || template == "" {
		return datum.NewText(""), err
	}
	switch {
	case f.roman:
		if n > math.MaxInt32 || n < math.MinInt32 {
			return null, errOutOfRange("integer")
		}
		return f.write(romanNumeral(n), false, 0)
	case f.science && w == integer:
		return spaced(strconv.FormatFloat(float64(n), 'e', f.post, 64)), nil
	case f.science:
		return spaced(scientific(datum.NewNumeric(n, 0), f.post)), nil
	}
	if f.multi {
		if n, err = shifted(n, f.shift, w); err != nil {
			return null, err
		}
		f.pre += f.shift
	}
	text := strconv.FormatInt(n, 10)
	if f.post > 0 {
		text += "." + strings.Repeat("0", f.post)
	}
	return f.finish(text)
}

// shifted multiplies by a power of ten. An integer wraps around, which PostgreSQL
// 15 does not notice, a bigint overflows.
func shifted(n int64, tens int, w width) (int64, error) {
	if w == integer {
		factor := int32(math.MinInt32)
		if tens <= 9 {
			factor = int32(math.Pow10(tens))
		}
		return int64(int32(n) * factor), nil
	}
	if tens > 18 {
		return 0, errOutOfRange(w.name)
	}
	product, ok := mulInt(n, int64(math.Pow10(tens)))
	if !ok {
		return 0, errOutOfRange(w.name)
	}
	return product, nil
}

// floatToChar writes no more digits than the type is sure of.
func floatToChar(v float64, template string, sure int) (datum.Datum, error) {
	f, err := parseNumberTemplate(template)
	if err != nil || template == "" {
		return datum.NewText(""), err
	}
	notFinite := math.IsNaN(v) || math.IsInf(v, 0)
	switch {
	case f.roman:
		n := int64(0)
		if !notFinite && math.Abs(v) < 1e9 {
			n = int64(math.RoundToEven(v))
		}
		return f.write(romanNumeral(n), false, 0)
	case f.science && notFinite:
		return f.notANumber(), nil
	case f.science:
		return spaced(strconv.FormatFloat(v, 'e', f.post, 64)), nil
	}
	if f.multi {
		v *= math.Pow10(f.shift)
		if sure == 6 {
			v = float64(float32(v))
		}
		f.pre += f.shift
	}
	if notFinite = math.IsNaN(v) || math.IsInf(v, 0); notFinite {
		text := map[bool]string{true: "NaN", false: "Infinity"}[math.IsNaN(v)]
		if math.IsInf(v, -1) {
			text = "-" + text
		}
		f.post = f.limit(len(strings.TrimPrefix(text, "-")), sure)
		return f.finish(text)
	}
	f.post = f.limit(len(strconv.FormatFloat(math.Abs(v), 'f', 0, 64)), sure)
	return f.finish(strconv.FormatFloat(v, 'f', f.post, 64))
}

// limit returns how many digits behind the point are worth writing.
func (f *numberFormat) limit(whole, sure int) int {
	return max(0, min(f.post, sure-whole))
}

func numericToChar(d datum.Datum, template string) (datum.Datum, error) {
	f, err := parseNumberTemplate(template)
	if err != nil || template == "" {
		return datum.NewText(""), err
	}
	switch {
	case f.roman:
		whole, err := numeric.Round(d, 0)
		if err != nil {
			return null, err
		}
		n, ok := numeric.ToInt(whole)
		if d.Decimal().Form != apd.Finite {
			return null, errSpecialInteger(d)
		}
		if !ok || !fitsInt32(n) {
			return null, errOutOfRange("integer")
		}
		return f.write(romanNumeral(n), false, 0)
	case f.science && d.Decimal().Form != apd.Finite:
		return f.notANumber(), nil
	case f.science:
		return spaced(scientific(d, f.post)), nil
	}
	if f.multi {
		tens, err := numeric.Power(datum.NewNumeric(10, 0), datum.NewNumeric(int64(f.shift), 0))
		if err != nil {
			return null, err
		}
		if d, err = numeric.Mul(d, tens); err != nil {
			return null, err
		}
		f.pre += f.shift
	}
	if d, err = numeric.Round(d, int32(f.post)); err != nil {
		return null, err
	}
	return f.finish(numeric.String(d))
}

// errSpecialInteger is the error of a cast to integer of what is no number.
func errSpecialInteger(d datum.Datum) error {
	what := "infinity"
	if d.Decimal().Form == apd.NaN {
		what = "NaN"
	}
	return pgerrNotSupported("cannot convert %s to %s", what, "integer")
}

// scientific writes a number as digit, point, digits, e and exponent. Rounding up
// to 10 does not change the exponent, as in PostgreSQL.
func scientific(d datum.Datum, post int) string {
	dec := d.Decimal()
	digits, exponent := dec.Coeff.String(), int(dec.Exponent)
	if dec.Coeff.Sign() == 0 {
		digits, exponent = "0", 0
	}
	exponent += len(digits) - 1
	significand, _, err := apd.NewFromString(digits[:1] + "." + digits[1:] + "0")
	if err == nil {
		var rounded datum.Datum
		if rounded, err = numeric.Round(datum.NewDecimal(significand), int32(post)); err == nil {
			digits = numeric.String(rounded)
		}
	}
	sign, expSign := "", "+"
	if dec.Negative {
		sign = "-"
	}
	if exponent < 0 {
		expSign, exponent = "-", -exponent
	}
	text := strconv.Itoa(exponent)
	if len(text) < 2 {
		text = "0" + text
	}
	return sign + digits + "e" + expSign + text
}
