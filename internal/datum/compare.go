package datum

import (
	"cmp"
	"hash/maphash"
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/jsontext"
)

// Compare orders two non-NULL values of one kind as PostgreSQL's default btree
// operator class does: NaN above all floats, text bytewise (C collation),
// intervals by their canonical length, arrays and records element by element
// with NULLs last.
func Compare(a, b Datum) int {
	switch a.k {
	case Bool, Int, Date, Time, Timestamp, TimestampTZ:
		return cmp.Compare(int64(a.n), int64(b.n))
	case Float:
		return CompareFloat(a.Float(), b.Float())
	case Numeric:
		return compareNumeric(a, b)
	case BPChar:
		return strings.Compare(strings.TrimRight(a.Str(), " "), strings.TrimRight(b.Str(), " "))
	case Interval:
		return compareIntervals(a.Interval(), b.Interval())
	case TimeTZ:
		x, y := a.TimeTZ(), b.TimeTZ()
		if c := cmp.Compare(x.Micros+int64(x.Zone)*1e6, y.Micros+int64(y.Zone)*1e6); c != 0 {
			return c
		}
		return cmp.Compare(x.Zone, y.Zone)
	case Array:
		return compareArrays(a.Array(), b.Array())
	case Record:
		return compareLists(a.Record().Fields, b.Record().Fields)
	case JSONB:
		return jsontext.Compare(a.Str(), b.Str())
	default:
		return strings.Compare(a.Str(), b.Str())
	}
}

// CompareNulls orders values with NULL above all others (NULLS LAST ascending).
func CompareNulls(a, b Datum) int {
	switch {
	case a.k == Null && b.k == Null:
		return 0
	case a.k == Null:
		return 1
	case b.k == Null:
		return -1
	}
	return Compare(a, b)
}

// Equal reports whether two values of one kind are equal, NULLs being equal to
// each other (IS NOT DISTINCT FROM).
func Equal(a, b Datum) bool {
	if a.k == Null || b.k == Null {
		return a.k == b.k
	}
	return Compare(a, b) == 0
}

// CompareFloat orders floats with NaN equal to itself and above everything.
func CompareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	an, bn := math.IsNaN(a), math.IsNaN(b)
	switch {
	case an && bn:
		return 0
	case an:
		return 1
	}
	return -1
}

// Span returns the interval as microseconds of a canonical 30-day-month
// calendar, high and low word, for comparing.
func (v IntervalValue) Span() (days, micros int64) {
	const day = int64(86400e6)
	days = int64(v.Months)*30 + int64(v.Days) + v.Micros/day
	micros = v.Micros % day
	if micros < 0 {
		days, micros = days-1, micros+day
	}
	return days, micros
}

func compareIntervals(a, b IntervalValue) int {
	ad, am := a.Span()
	bd, bm := b.Span()
	if c := cmp.Compare(ad, bd); c != 0 {
		return c
	}
	return cmp.Compare(am, bm)
}

func compareLists(a, b []Datum) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if c := CompareNulls(a[i], b[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

func compareArrays(a, b *ArrayValue) int {
	if c := compareLists(a.Elems, b.Elems); c != 0 {
		return c
	}
	if c := cmp.Compare(len(a.Dims), len(b.Dims)); c != 0 {
		return c
	}
	for i := range a.Dims {
		if c := cmp.Compare(a.Dims[i].Len, b.Dims[i].Len); c != 0 {
			return c
		}
	}
	for i := range a.Dims {
		if c := cmp.Compare(a.Dims[i].Lower, b.Dims[i].Lower); c != 0 {
			return c
		}
	}
	return 0
}

func compareNumeric(a, b Datum) int {
	if a.p == nil && b.p == nil && a.scale == b.scale {
		return cmp.Compare(int64(a.n), int64(b.n))
	}
	return compareDecimals(a.Decimal(), b.Decimal())
}

var hashSeed = maphash.MakeSeed()

// Hash returns a hash under which equal values (Equal) collide. It changes from
// process to process and must not be stored.
func Hash(d Datum) uint64 {
	switch d.k {
	case Null:
		return 0x9e3779b97f4a7c15
	case Bool, Int, Date, Time, Timestamp, TimestampTZ:
		return mix(d.n)
	case Float:
		f := d.Float()
		if f == 0 {
			return mix(0)
		}
		if math.IsNaN(f) {
			return mix(math.Float64bits(math.NaN()))
		}
		return mix(d.n)
	case Numeric:
		return hashNumeric(d)
	case BPChar:
		return maphash.String(hashSeed, strings.TrimRight(d.Str(), " "))
	case Interval:
		days, micros := d.Interval().Span()
		return mix(uint64(days)*31 + uint64(micros))
	case TimeTZ:
		v := d.TimeTZ()
		return mix(uint64(v.Micros) + uint64(v.Zone)<<40)
	case JSONB:
		return maphash.String(hashSeed, jsontext.HashKey(d.Str()))
	case Array:
		return hashList(d.Array().Elems)
	case Record:
		return hashList(d.Record().Fields)
	default:
		return maphash.String(hashSeed, d.Str())
	}
}

func hashList(list []Datum) uint64 {
	h := mix(uint64(len(list)))
	for _, e := range list {
		h = mix(h ^ Hash(e))
	}
	return h
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
