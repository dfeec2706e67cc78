// Package datum holds one SQL value: compact, immutable, without an allocation
// for the common kinds. It knows the physical kinds of values, how they compare
// and hash; it knows nothing of text or binary formats (encoding/pgfmt), of
// functions (sql/builtin) or of storage.
//
// Values are immutable and garbage collected: a Datum once made stays valid, so
// operators may keep and share it freely between goroutines.
package datum

import (
	"math"
	"unsafe"

	"github.com/cockroachdb/apd/v3"
)

// Kind is the physical kind of a value. A SQL type fixes its kind (KindOf); the
// type itself travels with the expression or column, not with the value.
type Kind uint8

// The kinds of values.
const (
	Null        Kind = iota
	Bool             // 0 or 1
	Int              // int2, int4, int8, oid, reg*, xid, cid: an int64
	Float            // float4 (already rounded to float32) and float8
	Numeric          // inline coefficient and scale, or *apd.Decimal
	Text             // text, varchar, name, "char", json, unknown, cstring, xml ...
	BPChar           // char(n), stored padded; trailing blanks do not count in comparisons
	Bytea            // raw bytes
	Date             // days since 2000-01-01; ±infinity are MaxInt32 and MinInt32
	Time             // microseconds since midnight
	TimeTZ           // *TimeTZValue
	Timestamp        // microseconds since 2000-01-01; ±infinity are MaxInt64 and MinInt64
	TimestampTZ      // the same, in UTC
	Interval         // *IntervalValue
	UUID             // 16 bytes
	JSONB            // canonical text as PostgreSQL prints it
	Array            // *ArrayValue (also int2vector, oidvector)
	Record           // *RecordValue
)

// Datum is one SQL value of 24 bytes; the zero Datum is NULL.
type Datum struct {
	p     unsafe.Pointer // bytes of a string kind, or the struct of a pointer kind
	n     uint64         // inline value, or length of the bytes
	k     Kind
	scale int16 // display scale of an inline numeric
}

// IntervalValue is PostgreSQL's interval: three fields kept apart.
type IntervalValue struct {
	Months int32
	Days   int32
	Micros int64
}

// TimeTZValue is a time of day with its zone, in seconds west of Greenwich as PostgreSQL stores it.
type TimeTZValue struct {
	Micros int64
	Zone   int32
}

// ArrayValue is an array of one or more dimensions, row-major. An empty array
// has no dimensions. Elem is the element type's OID. Read only.
type ArrayValue struct {
	Elem  uint32
	Dims  []Dim
	Elems []Datum
}

// Dim is one dimension of an array.
type Dim struct{ Len, Lower int32 }

// RecordValue is a row value; Types are the fields' type OIDs. Read only.
type RecordValue struct {
	TypeOID uint32 // 2249 for an anonymous record
	Types   []uint32
	Names   []string
	Fields  []Datum
}

// Kind returns the value's kind; Null for NULL.
func (d Datum) Kind() Kind { return d.k }

// IsNull reports whether the value is NULL.
func (d Datum) IsNull() bool { return d.k == Null }

// NewBool returns a boolean.
func NewBool(b bool) Datum {
	if b {
		return Datum{n: 1, k: Bool}
	}
	return Datum{k: Bool}
}

// NewInt returns an integer of any width, or an oid.
func NewInt(n int64) Datum { return Datum{n: uint64(n), k: Int} }

// NewFloat returns a float8, or a float4 if f is already rounded.
func NewFloat(f float64) Datum { return Datum{n: math.Float64bits(f), k: Float} }

// NewText returns a string value; it keeps s.
func NewText(s string) Datum { return newString(s, Text) }

// NewBPChar returns a char(n) value, already padded.
func NewBPChar(s string) Datum { return newString(s, BPChar) }

// NewBytea returns a bytea value holding the bytes of s.
func NewBytea(s string) Datum { return newString(s, Bytea) }

// NewUUID returns a uuid; s has 16 bytes.
func NewUUID(s string) Datum { return newString(s, UUID) }

// NewJSONB returns a jsonb value from its canonical text.
func NewJSONB(canonical string) Datum { return newString(canonical, JSONB) }

// NewOfKind returns a string-backed value of the given string kind.
func NewOfKind(s string, k Kind) Datum { return newString(s, k) }

// NewIntOfKind returns an inline value of an int64-backed kind (Bool, Int, Date, Time, Timestamp, TimestampTZ).
func NewIntOfKind(n int64, k Kind) Datum { return Datum{n: uint64(n), k: k} }

func newString(s string, k Kind) Datum {
	return Datum{p: unsafe.Pointer(unsafe.StringData(s)), n: uint64(len(s)), k: k}
}

// NewDate returns a date from days since 2000-01-01.
func NewDate(days int32) Datum { return Datum{n: uint64(int64(days)), k: Date} }

// NewTime returns a time from microseconds since midnight.
func NewTime(micros int64) Datum { return Datum{n: uint64(micros), k: Time} }

// NewTimestamp returns a timestamp from microseconds since 2000-01-01.
func NewTimestamp(micros int64) Datum { return Datum{n: uint64(micros), k: Timestamp} }

// NewTimestampTZ returns a timestamptz from microseconds since 2000-01-01 UTC.
func NewTimestampTZ(micros int64) Datum { return Datum{n: uint64(micros), k: TimestampTZ} }

// NewInterval returns an interval.
func NewInterval(v IntervalValue) Datum { return Datum{p: unsafe.Pointer(&v), k: Interval} }

// NewTimeTZ returns a time with time zone.
func NewTimeTZ(v TimeTZValue) Datum { return Datum{p: unsafe.Pointer(&v), k: TimeTZ} }

// NewArray returns an array; it keeps v, which must not change any more.
func NewArray(v *ArrayValue) Datum { return Datum{p: unsafe.Pointer(v), k: Array} }

// NewRecord returns a row value; it keeps v, which must not change any more.
func NewRecord(v *RecordValue) Datum { return Datum{p: unsafe.Pointer(v), k: Record} }

// NewNumeric returns the numeric coef * 10^-scale with display scale scale (>= 0).
func NewNumeric(coef int64, scale int16) Datum {
	return Datum{n: uint64(coef), k: Numeric, scale: scale}
}

// NewDecimal returns a numeric from d, which must not change any more; its
// exponent is minus the display scale (never above 0). Values whose coefficient
// fits an int64 are stored inline.
func NewDecimal(d *apd.Decimal) Datum {
	if d.Form == apd.Finite && d.Exponent <= 0 && d.Exponent > -16384 {
		if c, ok := signedCoef(d); ok {
			return NewNumeric(c, int16(-d.Exponent))
		}
	}
	return Datum{p: unsafe.Pointer(d), k: Numeric}
}

// signedCoef returns a decimal's coefficient with its sign if that fits an int64.
func signedCoef(d *apd.Decimal) (int64, bool) {
	if !d.Coeff.IsUint64() {
		return 0, false
	}
	switch u := d.Coeff.Uint64(); {
	case d.Negative && u <= 1<<63:
		return -int64(u), true
	case !d.Negative && u < 1<<63:
		return int64(u), true
	}
	return 0, false
}

// Bool returns a boolean's value.
func (d Datum) Bool() bool { return d.n != 0 }

// Int returns the value of an int64-backed kind.
func (d Datum) Int() int64 { return int64(d.n) }

// Float returns a float's value.
func (d Datum) Float() float64 { return math.Float64frombits(d.n) }

// Str returns the bytes of a string-backed kind without copying.
func (d Datum) Str() string { return unsafe.String((*byte)(d.p), int(d.n)) }

// Interval returns an interval's fields.
func (d Datum) Interval() IntervalValue { return *(*IntervalValue)(d.p) }

// TimeTZ returns a time with time zone.
func (d Datum) TimeTZ() TimeTZValue { return *(*TimeTZValue)(d.p) }

// Array returns an array's contents; read only.
func (d Datum) Array() *ArrayValue { return (*ArrayValue)(d.p) }

// Record returns a row's contents; read only.
func (d Datum) Record() *RecordValue { return (*RecordValue)(d.p) }

// InlineNumeric returns an inline numeric's coefficient and scale; ok is false
// when the value is held as a Decimal.
func (d Datum) InlineNumeric() (coef int64, scale int16, ok bool) {
	return int64(d.n), d.scale, d.p == nil
}

// Decimal returns a numeric as a Decimal: a fresh one for an inline value, the
// shared, read-only one otherwise.
func (d Datum) Decimal() *apd.Decimal {
	if d.p == nil {
		return apd.New(int64(d.n), int32(-d.scale))
	}
	return (*apd.Decimal)(d.p)
}

// Size returns the bytes of memory the value holds, for accounting.
func (d Datum) Size() int64 {
	const self = int64(unsafe.Sizeof(Datum{}))
	switch d.k {
	case Text, BPChar, Bytea, UUID, JSONB:
		return self + int64(d.n)
	case Numeric:
		if d.p != nil {
			return self + 48 + int64(d.Decimal().Coeff.BitLen()/8)
		}
	case Interval, TimeTZ:
		return self + 16
	case Array:
		total := self + 64
		for _, e := range d.Array().Elems {
			total += e.Size()
		}
		return total
	case Record:
		total := self + 64
		for _, e := range d.Record().Fields {
			total += e.Size()
		}
		return total
	}
	return self
}
