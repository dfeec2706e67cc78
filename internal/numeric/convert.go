package numeric

import (
	"encoding/binary"
	"math"
	"strconv"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// ToInt rounds to an integer; ok is false when the value is not finite or does
// not fit an int64.
func ToInt(d datum.Datum) (n int64, ok bool) {
	if classOf(d) != finite {
		return 0, false
	}
	r, err := Round(d, 0)
	if err != nil {
		return 0, false
	}
	n, _, ok = r.InlineNumeric()
	return n, ok
}

// ToFloat returns the nearest float64; ok is false when the value is finite but
// its float is not.
func ToFloat(d datum.Datum) (f float64, ok bool) {
	switch classOf(d) {
	case nan:
		return math.NaN(), true
	case posInf:
		return math.Inf(1), true
	case negInf:
		return math.Inf(-1), true
	}
	if coef, scale, ok := d.InlineNumeric(); ok {
		const exact = 1 << 53
		if magnitude(coef) <= exact && scale <= 15 {
			return float64(coef) / float64(smallPow[scale]), true
		}
	}
	var buf [64]byte
	f, err := strconv.ParseFloat(string(Append(buf[:0], d)), 64)
	return f, err == nil
}

// FromFloat converts with 15 significant digits (bitSize 64) or 6 (32), as
// PostgreSQL's casts do.
func FromFloat(f float64, bitSize int) (datum.Datum, error) {
	switch {
	case math.IsNaN(f):
		return nanValue, nil
	case math.IsInf(f, 0):
		return Inf(int(math.Copysign(1, f))), nil
	}
	precision := 15
	if bitSize == 32 {
		precision = 6
	}
	return Parse(strconv.FormatFloat(f, 'g', precision, 64))
}

// Signs of the binary format.
const (
	signPos    = 0x0000
	signNeg    = 0x4000
	signNaN    = 0xC000
	signPosInf = 0xD000
	signNegInf = 0xF000

	infinityScale = 0x20 // what numeric_send puts in the scale of infinities
)

// AppendBinary appends numeric_send's form: digit count, weight, sign, display
// scale, base-10000 digits.
func AppendBinary(dst []byte, d datum.Datum) []byte {
	header := func(n, weight, sign, scale int) {
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
		dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
		dst = binary.BigEndian.AppendUint16(dst, uint16(sign))
		dst = binary.BigEndian.AppendUint16(dst, uint16(scale))
	}
	switch classOf(d) {
	case nan:
		header(0, 0, signNaN, 0)
		return dst
	case posInf:
		header(0, 0, signPosInf, infinityScale)
		return dst
	case negInf:
		header(0, 0, signNegInf, infinityScale)
		return dst
	}
	scale := int(Scale(d))
	groups, weight, negative := groupDigits(d)
	sign := signPos
	if negative {
		sign = signNeg
	}
	header(len(groups), weight, sign, scale)
	for _, g := range groups {
		dst = binary.BigEndian.AppendUint16(dst, g)
	}
	return dst
}

// groupDigits splits a finite value into base-10000 digits without leading or
// trailing zero digits; weight is the first one's power.
func groupDigits(d datum.Datum) (groups []uint16, weight int, negative bool) {
	var buf [64]byte
	text := Append(buf[:0], d)
	if text[0] == '-' {
		negative, text = true, text[1:]
	}
	point := len(text)
	for i, c := range text {
		if c == '.' {
			point = i
			break
		}
	}
	weight = (point+3)/4 - 1
	at := func(i int) uint16 { // decimal digit i places right of the point (negative: left)
		if i += point; i >= point {
			i++ // the point itself
		}
		if i < 0 || i >= len(text) {
			return 0
		}
		return uint16(text[i] - '0')
	}
	fraction := max(len(text)-point-1, 0)
	for i := -4 * (weight + 1); i < fraction; i += 4 {
		groups = append(groups, at(i)*1000+at(i+1)*100+at(i+2)*10+at(i+3))
	}
	for len(groups) > 0 && groups[0] == 0 {
		groups, weight = groups[1:], weight-1
	}
	for len(groups) > 0 && groups[len(groups)-1] == 0 {
		groups = groups[:len(groups)-1]
	}
	if len(groups) == 0 {
		return nil, 0, false
	}
	return groups, weight, negative
}

// ParseBinary reads numeric_send's form.
func ParseBinary(b []byte) (datum.Datum, error) {
	bad := func(what string) (datum.Datum, error) {
		return datum.Datum{}, pgerr.New(pgcode.InvalidBinaryRepresentation, "invalid %s in external \"numeric\" value", what)
	}
	if len(b) < 8 {
		return datum.Datum{}, pgerr.New(pgcode.ProtocolViolation, "insufficient data left in message")
	}
	n := int(binary.BigEndian.Uint16(b))
	weight := int64(int16(binary.BigEndian.Uint16(b[2:])))
	sign := binary.BigEndian.Uint16(b[4:])
	scale := binary.BigEndian.Uint16(b[6:])
	if sign != signPos && sign != signNeg && sign != signNaN && sign != signPosInf && sign != signNegInf {
		return bad("sign")
	}
	if scale > maxScale {
		return bad("scale")
	}
	if len(b) < 8+2*n {
		return datum.Datum{}, pgerr.New(pgcode.ProtocolViolation, "insufficient data left in message")
	}
	if len(b) > 8+2*n {
		return datum.Datum{}, pgerr.New(pgcode.InvalidBinaryRepresentation, "incorrect binary data format")
	}
	var x big
	base := apd.NewBigInt(10000)
	var group apd.BigInt
	for i := 0; i < n; i++ {
		g := binary.BigEndian.Uint16(b[8+2*i:])
		if g >= 10000 {
			return bad("digit")
		}
		x.coef.Mul(&x.coef, base)
		x.coef.Add(&x.coef, group.SetInt64(int64(g)))
	}
	switch sign {
	case signNaN:
		return nanValue, nil
	case signPosInf:
		return posInfValue, nil
	case signNegInf:
		return negInfValue, nil
	case signNeg:
		x.coef.Neg(&x.coef)
	}
	if e := (weight - int64(n) + 1) * 4; e >= 0 {
		x.coef.Mul(&x.coef, pow10(e))
	} else {
		x.scale = int32(-e)
	}
	if x.coef.Sign() == 0 {
		x.scale = int32(scale)
	}
	// numeric_recv cuts digits beyond the display scale without rounding.
	if x.scale > int32(scale) {
		x.truncate(int32(scale))
	} else {
		x.rescale(int32(scale))
	}
	return x.store()
}
