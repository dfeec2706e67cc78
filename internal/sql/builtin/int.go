package builtin

import (
	"math"
	"math/bits"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// width is an integer type's size and the name its errors use.
type width struct {
	bits uint
	name string
}

var (
	smallint = width{16, "smallint"}
	integer  = width{32, "integer"}
	bigint   = width{64, "bigint"}
)

func (w width) fits(n int64) bool { return n == n<<(64-w.bits)>>(64-w.bits) }

// check returns n as a value, or the type's range error.
func (w width) check(n int64, ok bool) (datum.Datum, error) {
	if !ok || !w.fits(n) {
		return null, errOutOfRange(w.name)
	}
	return datum.NewInt(n), nil
}

func addInt(a, b int64) (int64, bool) {
	c := a + b
	return c, (c > a) == (b > 0)
}

func subInt(a, b int64) (int64, bool) {
	c := a - b
	return c, (c < a) == (b > 0)
}

func mulInt(a, b int64) (int64, bool) {
	if int64(int32(a)) == a && int64(int32(b)) == b {
		return a * b, true
	}
	negative := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(absInt(a), absInt(b))
	switch {
	case hi != 0:
		return 0, false
	case negative:
		return -int64(lo), lo <= 1<<63
	}
	return int64(lo), lo <= math.MaxInt64
}

func absInt(n int64) uint64 {
	if n < 0 {
		return uint64(-n)
	}
	return uint64(n)
}

func init() {
	// The stems of the arithmetic functions by operand widths; the result has the
	// wider one.
	for stem, w := range map[string]width{
		"int2": smallint, "int4": integer, "int8": bigint, "int24": integer, "int42": integer,
		"int28": bigint, "int82": bigint, "int48": bigint, "int84": bigint,
	} {
		fn2(stem+"pl", func(a, b datum.Datum) (datum.Datum, error) { return w.check(addInt(a.Int(), b.Int())) })
		fn2(stem+"mi", func(a, b datum.Datum) (datum.Datum, error) { return w.check(subInt(a.Int(), b.Int())) })
		fn2(stem+"mul", func(a, b datum.Datum) (datum.Datum, error) { return w.check(mulInt(a.Int(), b.Int())) })
		fn2(stem+"div", func(a, b datum.Datum) (datum.Datum, error) {
			if b.Int() == 0 {
				return null, errDivisionByZero()
			}
			if b.Int() == -1 {
				return w.check(subInt(0, a.Int()))
			}
			return datum.NewInt(a.Int() / b.Int()), nil
		})
	}
	for stem, w := range map[string]width{"int2": smallint, "int4": integer, "int8": bigint} {
		registerIntUnary(stem, w)
		registerBits(stem, w)
	}
	fn1("int4inc", func(a datum.Datum) (datum.Datum, error) { return integer.check(addInt(a.Int(), 1)) })
	for _, source := range []string{"int8inc", "int8inc_any"} {
		fn1(source, func(a datum.Datum) (datum.Datum, error) { return bigint.check(addInt(a.Int(), 1)) })
	}
	for _, source := range []string{"int8dec", "int8dec_any"} {
		fn1(source, func(a datum.Datum) (datum.Datum, error) { return bigint.check(subInt(a.Int(), 1)) })
	}
	for stem, w := range map[string]width{"int4": integer, "int8": bigint} {
		fn2(stem+"gcd", func(a, b datum.Datum) (datum.Datum, error) {
			g := gcdInt(absInt(a.Int()), absInt(b.Int()))
			return w.check(int64(g), g <= math.MaxInt64)
		})
		fn2(stem+"lcm", func(a, b datum.Datum) (datum.Datum, error) { return lcmInt(w, a.Int(), b.Int()) })
	}
	registerInRange()
}

func registerIntUnary(stem string, w width) {
	fn1(stem+"um", func(a datum.Datum) (datum.Datum, error) { return w.check(subInt(0, a.Int())) })
	pure1(stem+"up", func(a datum.Datum) datum.Datum { return a })
	fn1(stem+"abs", func(a datum.Datum) (datum.Datum, error) {
		if a.Int() < 0 {
			return w.check(subInt(0, a.Int()))
		}
		return a, nil
	})
	fn2(stem+"mod", func(a, b datum.Datum) (datum.Datum, error) {
		switch b.Int() {
		case 0:
			return null, errDivisionByZero()
		case -1:
			return datum.NewInt(0), nil
		}
		return datum.NewInt(a.Int() % b.Int()), nil
	})
}

func registerBits(stem string, w width) {
	pure2(stem+"and", func(a, b datum.Datum) datum.Datum { return datum.NewInt(a.Int() & b.Int()) })
	pure2(stem+"or", func(a, b datum.Datum) datum.Datum { return datum.NewInt(a.Int() | b.Int()) })
	pure2(stem+"xor", func(a, b datum.Datum) datum.Datum { return datum.NewInt(a.Int() ^ b.Int()) })
	pure1(stem+"not", func(a datum.Datum) datum.Datum { return datum.NewInt(^a.Int()) })
	// The machine shifts PostgreSQL relies on take the count modulo the register's
	// width, which is 32 bits for smallint too.
	mask := int64(63)
	if w.bits < 64 {
		mask = 31
	}
	pure2(stem+"shl", func(a, b datum.Datum) datum.Datum {
		n := a.Int() << (b.Int() & mask)
		return datum.NewInt(n << (64 - w.bits) >> (64 - w.bits))
	})
	pure2(stem+"shr", func(a, b datum.Datum) datum.Datum { return datum.NewInt(a.Int() >> (b.Int() & mask)) })
}

func gcdInt(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func lcmInt(w width, a, b int64) (datum.Datum, error) {
	if a == 0 || b == 0 {
		return datum.NewInt(0), nil
	}
	g := gcdInt(absInt(a), absInt(b))
	hi, lo := bits.Mul64(absInt(a)/g, absInt(b))
	return w.check(int64(lo), hi == 0 && lo <= math.MaxInt64)
}

// registerInRange registers the functions behind RANGE window frames over
// integers: base +/- offset compared with a value, overflow counting as beyond it.
func registerInRange() {
	for _, source := range []string{"int8_int8", "int4_int8", "int4_int4", "int4_int2", "int2_int8", "int2_int4", "int2_int2"} {
		Register("in_range_"+source, func(_ *Context, args []datum.Datum) (datum.Datum, error) {
			value, base, offset := args[0].Int(), args[1].Int(), args[2].Int()
			sub, less := args[3].Bool(), args[4].Bool()
			if offset < 0 {
				return null, pgerr.New(pgcode.InvalidPrecedingOrFollowingSize, "invalid preceding or following size in window function")
			}
			if sub {
				offset = -offset
			}
			sum, ok := addInt(base, offset)
			switch {
			case !ok:
				// Below everything when subtracting, above everything when adding.
				return datum.NewBool(sub != less), nil
			case less:
				return datum.NewBool(value <= sum), nil
			}
			return datum.NewBool(value >= sum), nil
		})
	}
}
