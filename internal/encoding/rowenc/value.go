package rowenc

import (
	"encoding/binary"
	"math"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// Numerics begin with a byte that tells their form.
const (
	numInline   = 0x00 // zigzag coefficient, scale
	numPositive = 0x01 // scale, coefficient's bytes big endian
	numNegative = 0x02
	numPosInf   = 0x03
	numNegInf   = 0x04
	numNaN      = 0x05
)

// appendVar appends a value of a variable column; its end is known from outside.
func appendVar(dst []byte, d datum.Datum) []byte {
	switch d.Kind() {
	case datum.Numeric:
		return appendNumeric(dst, d)
	case datum.Array:
		return appendArray(dst, d.Array())
	case datum.Record:
		return appendRecord(dst, d.Record())
	}
	return append(dst, d.Str()...)
}

func appendNumeric(dst []byte, d datum.Datum) []byte {
	if coef, scale, ok := d.InlineNumeric(); ok {
		dst = append(dst, numInline)
		dst = binary.AppendVarint(dst, coef)
		return binary.AppendUvarint(dst, uint64(scale))
	}
	dec := d.Decimal()
	switch {
	case dec.Form == apd.Infinite && dec.Negative:
		return append(dst, numNegInf)
	case dec.Form == apd.Infinite:
		return append(dst, numPosInf)
	case dec.Form != apd.Finite:
		return append(dst, numNaN)
	}
	sign := byte(numPositive)
	if dec.Negative {
		sign = numNegative
	}
	dst = append(dst, sign)
	dst = binary.AppendVarint(dst, int64(-dec.Exponent))
	return append(dst, dec.Coeff.Bytes()...)
}

func readNumeric(b []byte) (datum.Datum, error) {
	if len(b) == 0 {
		return datum.Datum{}, ErrCorrupt
	}
	form, b := b[0], b[1:]
	switch form {
	case numInline:
		coef, n := binary.Varint(b)
		if n <= 0 {
			return datum.Datum{}, ErrCorrupt
		}
		scale, m := binary.Uvarint(b[n:])
		if m <= 0 || scale > math.MaxInt16 {
			return datum.Datum{}, ErrCorrupt
		}
		return datum.NewNumeric(coef, int16(scale)), nil
	case numPosInf, numNegInf:
		return datum.NewDecimal(&apd.Decimal{Form: apd.Infinite, Negative: form == numNegInf}), nil
	case numNaN:
		return datum.NewDecimal(&apd.Decimal{Form: apd.NaN}), nil
	case numPositive, numNegative:
		scale, n := binary.Varint(b)
		if n <= 0 || scale > math.MaxInt32 || scale < -math.MaxInt32 {
			return datum.Datum{}, ErrCorrupt
		}
		dec := &apd.Decimal{Negative: form == numNegative, Exponent: int32(-scale)}
		dec.Coeff.SetBytes(b[n:])
		return datum.NewDecimal(dec), nil
	}
	return datum.Datum{}, ErrCorrupt
}

// AppendItem appends a value with its length in front, 0 for NULL, so that
// values can follow each other.
func AppendItem(dst []byte, d datum.Datum) []byte {
	if d.IsNull() {
		return append(dst, 0)
	}
	c := itemCode(d.Kind())
	if c != codeVar {
		dst = append(dst, byte(codeWidth[c]+1))
		return appendFixed(dst, c, d)
	}
	switch d.Kind() {
	case datum.Numeric, datum.Array, datum.Record:
		var small [64]byte
		body := appendVar(small[:0], d)
		dst = binary.AppendUvarint(dst, uint64(len(body))+1)
		return append(dst, body...)
	}
	text := d.Str()
	dst = binary.AppendUvarint(dst, uint64(len(text))+1)
	return append(dst, text...)
}

// ReadItem reads what AppendItem appended of a value of that kind and returns
// what follows it. Strings go to the arena. It returns ErrCorrupt.
func ReadItem(b []byte, kind datum.Kind, arena *Arena) (d datum.Datum, rest []byte, err error) {
	return readItemOf(b, kind, arena, 0)
}

// itemCode is the width of a value inside an array or record, where only its
// kind is known.
func itemCode(k datum.Kind) code {
	switch k {
	case datum.Bool:
		return codeBool
	case datum.Int, datum.Date, datum.Time, datum.Timestamp, datum.TimestampTZ:
		return codeInt64
	case datum.Float:
		return codeFloat64
	case datum.UUID:
		return codeUUID
	case datum.Interval:
		return codeInterval
	case datum.TimeTZ:
		return codeTimeTZ
	}
	return codeVar
}

func readItem(b []byte, oid types.OID, depth int) (d datum.Datum, rest []byte, err error) {
	return readItemOf(b, datum.KindOf(oid), nil, depth)
}

func readItemOf(b []byte, kind datum.Kind, arena *Arena, depth int) (d datum.Datum, rest []byte, err error) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w)+1 {
		return datum.Datum{}, nil, ErrCorrupt
	}
	if n == 0 {
		return datum.Datum{}, b[w:], nil
	}
	body, rest := b[w:w+int(n-1)], b[w+int(n-1):]
	if c := itemCode(kind); c != codeVar {
		if len(body) != codeWidth[c] {
			return datum.Datum{}, nil, ErrCorrupt
		}
		return readFixed(body, c, kind, arena), rest, nil
	}
	d, err = readVar(body, kind, arena, depth)
	return d, rest, err
}

func appendArray(dst []byte, a *datum.ArrayValue) []byte {
	dst = binary.AppendUvarint(dst, uint64(a.Elem))
	dst = append(dst, byte(len(a.Dims)))
	for _, dim := range a.Dims {
		dst = binary.AppendVarint(dst, int64(dim.Len))
		dst = binary.AppendVarint(dst, int64(dim.Lower))
	}
	for _, e := range a.Elems {
		dst = AppendItem(dst, e)
	}
	return dst
}

// maxDepth bounds how deep arrays and records may nest in each other.
const maxDepth = 100

func readArray(b []byte, depth int) (datum.Datum, error) {
	elem, n := binary.Uvarint(b)
	if n <= 0 || elem > math.MaxUint32 || len(b) == n || depth > maxDepth {
		return datum.Datum{}, ErrCorrupt
	}
	a := &datum.ArrayValue{Elem: uint32(elem)}
	dims := int(b[n])
	b = b[n+1:]
	count := int64(1)
	for range dims {
		size, n := binary.Varint(b)
		if n <= 0 {
			return datum.Datum{}, ErrCorrupt
		}
		lower, m := binary.Varint(b[n:])
		if m <= 0 || size < 0 || size > int64(len(b)) {
			return datum.Datum{}, ErrCorrupt
		}
		b = b[n+m:]
		a.Dims = append(a.Dims, datum.Dim{Len: int32(size), Lower: int32(lower)})
		if count *= size; count > int64(len(b)) {
			return datum.Datum{}, ErrCorrupt
		}
	}
	if dims > 0 {
		a.Elems = make([]datum.Datum, count)
	}
	for i := range a.Elems {
		var err error
		if a.Elems[i], b, err = readItem(b, types.OID(elem), depth+1); err != nil {
			return datum.Datum{}, err
		}
	}
	return datum.NewArray(a), nil
}

func appendRecord(dst []byte, r *datum.RecordValue) []byte {
	dst = binary.AppendUvarint(dst, uint64(r.TypeOID))
	dst = binary.AppendUvarint(dst, uint64(len(r.Fields)))
	for i, f := range r.Fields {
		dst = binary.AppendUvarint(dst, uint64(r.Types[i]))
		name := ""
		if i < len(r.Names) {
			name = r.Names[i]
		}
		dst = binary.AppendUvarint(dst, uint64(len(name)))
		dst = append(dst, name...)
		dst = AppendItem(dst, f)
	}
	return dst
}

func readRecord(b []byte, depth int) (datum.Datum, error) {
	bad := func() (datum.Datum, error) { return datum.Datum{}, ErrCorrupt }
	oid, n := binary.Uvarint(b)
	if n <= 0 || oid > math.MaxUint32 || depth > maxDepth {
		return bad()
	}
	count, m := binary.Uvarint(b[n:])
	if m <= 0 || count > uint64(len(b)) {
		return bad()
	}
	b = b[n+m:]
	r := &datum.RecordValue{TypeOID: uint32(oid)}
	for range count {
		typ, n := binary.Uvarint(b)
		if n <= 0 || typ > math.MaxUint32 {
			return bad()
		}
		size, m := binary.Uvarint(b[n:])
		if m <= 0 || size > uint64(len(b)-n-m) {
			return bad()
		}
		name := string(b[n+m : n+m+int(size)])
		field, rest, err := readItem(b[n+m+int(size):], types.OID(typ), depth+1)
		if err != nil {
			return bad()
		}
		b = rest
		r.Types = append(r.Types, uint32(typ))
		r.Names = append(r.Names, name)
		r.Fields = append(r.Fields, field)
	}
	return datum.NewRecord(r), nil
}

// readVar reads a whole variable value. Strings go to the arena, or to memory of
// their own when it is nil.
func readVar(b []byte, kind datum.Kind, arena *Arena, depth int) (datum.Datum, error) {
	switch kind {
	case datum.Numeric:
		return readNumeric(b)
	case datum.Array:
		return readArray(b, depth)
	case datum.Record:
		return readRecord(b, depth)
	}
	return datum.NewOfKind(arena.String(b), kind), nil
}

// readFixed reads a fixed value from b, which has the width of its code.
func readFixed(b []byte, c code, kind datum.Kind, arena *Arena) datum.Datum {
	switch c {
	case codeFloat32:
		return datum.NewFloat(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case codeFloat64:
		return datum.NewFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case codeUUID:
		return datum.NewUUID(arena.String(b[:16]))
	case codeInterval:
		return datum.NewInterval(datum.IntervalValue{
			Months: int32(binary.LittleEndian.Uint32(b)),
			Days:   int32(binary.LittleEndian.Uint32(b[4:])),
			Micros: int64(binary.LittleEndian.Uint64(b[8:])),
		})
	case codeTimeTZ:
		return datum.NewTimeTZ(datum.TimeTZValue{
			Micros: int64(binary.LittleEndian.Uint64(b)),
			Zone:   int32(binary.LittleEndian.Uint32(b[8:])),
		})
	}
	return datum.NewIntOfKind(readInt(b, c), kind)
}

func readInt(b []byte, c code) int64 {
	switch c {
	case codeBool:
		return int64(b[0])
	case codeInt16:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case codeInt32:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case codeUint32:
		return int64(binary.LittleEndian.Uint32(b))
	}
	return int64(binary.LittleEndian.Uint64(b))
}

// Identical reports whether two values of one type are the same in everything
// that shows, as a tuple would keep them: 1.5 and 1.50 are not.
func Identical(a, b datum.Datum) bool {
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case datum.Null:
		return true
	case datum.Text, datum.BPChar, datum.Bytea, datum.UUID, datum.JSONB:
		return a.Str() == b.Str()
	case datum.Float:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case datum.Numeric, datum.Array, datum.Record, datum.Interval, datum.TimeTZ:
		return string(AppendItem(nil, a)) == string(AppendItem(nil, b))
	}
	return a.Int() == b.Int()
}
