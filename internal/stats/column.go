package stats

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
)

// Table is what is known of a table.
type Table struct {
	Rows    float64
	Bytes   uint64            // its size on disk then
	Columns map[int16]*Column // by number
}

// Column is what is known of a column's values. The shares of NULLs, of Common
// values and of the rest, which Bounds cuts in parts of equal size, make one.
type Column struct {
	NullFraction float64
	Distinct     float64 // different values, NULL not counted
	Common       []datum.Datum
	Shares       []float64 // of rows, for each of Common
	Bounds       []datum.Datum
}

// Of reports whether the values are of a kind: the column's type may have changed
// since they were looked at.
func (c *Column) Of(k datum.Kind) bool {
	for _, list := range [][]datum.Datum{c.Common, c.Bounds} {
		if len(list) > 0 && list[0].Kind() != k {
			return false
		}
	}
	return true
}

// rest is the share of rows that are neither NULL nor common.
func (c *Column) rest() float64 {
	s := 1 - c.NullFraction
	for _, f := range c.Shares {
		s -= f
	}
	return max(s, 0)
}

// Equal is the share of rows whose value is v, which is of the column's kind.
func (c *Column) Equal(v datum.Datum) float64 {
	if i := slices.IndexFunc(c.Common, func(x datum.Datum) bool { return datum.Compare(x, v) == 0 }); i >= 0 {
		return c.Shares[i]
	}
	return c.rest() / max(c.Distinct-float64(len(c.Common)), 1)
}

// EqualAny is the share of rows that have one value, averaged over values.
func (c *Column) EqualAny() float64 { return (1 - c.NullFraction) / max(c.Distinct, 1) }

// Below is the share of rows whose value is less than v, or equal to it.
func (c *Column) Below(v datum.Datum, orEqual bool) float64 {
	share := 0.0
	for i, x := range c.Common {
		if o := datum.Compare(x, v); o < 0 || o == 0 && orEqual {
			share += c.Shares[i]
		}
	}
	return share + c.rest()*c.position(v)
}

// position is the share of the values in parts that are below v.
func (c *Column) position(v datum.Datum) float64 {
	n := len(c.Bounds)
	if n < 2 {
		return 0.5
	}
	at, _ := slices.BinarySearchFunc(c.Bounds, v, datum.Compare)
	switch at {
	case 0:
		return 0
	case n:
		return 1
	}
	return (float64(at-1) + within(c.Bounds[at-1], c.Bounds[at], v)) / float64(n-1)
}

// within is how far v is on the way from lo to hi; half where values are not
// numbers.
func within(lo, hi, v datum.Datum) float64 {
	var a, b, x float64
	switch lo.Kind() {
	case datum.Int, datum.Date, datum.Time, datum.Timestamp, datum.TimestampTZ:
		a, b, x = float64(lo.Int()), float64(hi.Int()), float64(v.Int())
	case datum.Float:
		a, b, x = lo.Float(), hi.Float(), v.Float()
	default:
		return 0.5
	}
	if !(b > a) {
		return 0.5
	}
	return min(max((x-a)/(b-a), 0), 1)
}
