package builtin

import (
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/types"
)

// isExplicit reads the third argument of length-coercion functions.
func isExplicit(args []datum.Datum) bool { return args[2].Bool() }

func init() {
	registerIntCasts()
	registerFloatCasts()
	registerTextCasts()
	pure1("int4_bool", func(a datum.Datum) datum.Datum { return datum.NewBool(a.Int() != 0) })
	pure1("bool_int4", func(a datum.Datum) datum.Datum { return datum.NewInt(a.Int()) })
	pure1("booltext", func(a datum.Datum) datum.Datum {
		if a.Bool() {
			return datum.NewText("true")
		}
		return datum.NewText("false")
	})
	pure1("xid8toxid", func(a datum.Datum) datum.Datum { return datum.NewInt(int64(uint32(a.Int()))) })
}

func registerIntCasts() {
	same := func(a datum.Datum) datum.Datum { return a }
	for _, source := range []string{"i2toi4", "int28", "int48", "oidtoi8"} {
		pure1(source, same)
	}
	for source, w := range map[string]width{"i4toi2": smallint, "int82": smallint, "int84": integer} {
		fn1(source, func(a datum.Datum) (datum.Datum, error) { return w.check(a.Int(), true) })
	}
	fn1("i8tooid", func(a datum.Datum) (datum.Datum, error) {
		if a.Int() < 0 || a.Int() > math.MaxUint32 {
			return null, errOutOfRange("OID")
		}
		return a, nil
	})
}

func registerFloatCasts() {
	for _, source := range []string{"i2tod", "i4tod", "i8tod"} {
		pure1(source, func(a datum.Datum) datum.Datum { return datum.NewFloat(float64(a.Int())) })
	}
	for _, source := range []string{"i2tof", "i4tof", "i8tof"} {
		pure1(source, func(a datum.Datum) datum.Datum { return datum.NewFloat(float64(float32(a.Int()))) })
	}
	pure1("ftod", func(a datum.Datum) datum.Datum { return a })
	fn1("dtof", func(a datum.Datum) (datum.Datum, error) {
		f := a.Float()
		return checkFloat(toFloat32(f), isInf(f), f == 0)
	})
	for source, w := range map[string]width{
		"dtoi2": smallint, "dtoi4": integer, "dtoi8": bigint, "ftoi2": smallint, "ftoi4": integer, "ftoi8": bigint,
	} {
		fn1(source, func(a datum.Datum) (datum.Datum, error) { return floatToInt(a.Float(), w) })
	}
}

// floatToInt rounds half to even.
func floatToInt(f float64, w width) (datum.Datum, error) {
	f = math.RoundToEven(f)
	if math.IsNaN(f) || f < -math.Exp2(float64(w.bits-1)) || f >= math.Exp2(float64(w.bits-1)) {
		return null, errOutOfRange(w.name)
	}
	return datum.NewInt(int64(f)), nil
}

func registerTextCasts() {
	// rtrim1 serves both text(bpchar), which drops the padding, and rtrim(text).
	sqlBody("text", []types.OID{types.BPChar}, func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return datum.NewText(strings.TrimRight(args[0].Str(), " ")), nil
	})
	text := func(a datum.Datum) datum.Datum { return datum.NewText(a.Str()) }
	pure1("name_text", text)
	pure1("char_text", func(a datum.Datum) datum.Datum { return datum.NewText(string(pgfmt.AppendChar(nil, a.Str()))) })
	pure1("text_name", func(a datum.Datum) datum.Datum { return datum.NewText(pgfmt.ClipName(a.Str())) })
	pure1("bpchar_name", func(a datum.Datum) datum.Datum {
		return datum.NewText(strings.TrimRight(pgfmt.ClipName(a.Str()), " "))
	})
	pure1("name_bpchar", func(a datum.Datum) datum.Datum { return datum.NewBPChar(a.Str()) })
	pure1("char_bpchar", func(a datum.Datum) datum.Datum {
		return datum.NewBPChar(a.Str())
	})
	pure1("text_char", func(a datum.Datum) datum.Datum { return datum.NewText(pgfmt.CharByte(a.Str())) })
	pure1("chartoi4", func(a datum.Datum) datum.Datum {
		if a.Str() == "" {
			return datum.NewInt(0)
		}
		return datum.NewInt(int64(int8(a.Str()[0])))
	})
	fn1("i4tochar", func(a datum.Datum) (datum.Datum, error) {
		n := a.Int()
		switch {
		case n < math.MinInt8 || n > math.MaxInt8:
			return null, errOutOfRange(`"char"`)
		case n == 0:
			return datum.NewText(""), nil
		}
		return datum.NewText(string([]byte{byte(n)})), nil
	})
	Register("bpchar", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return pgfmt.ApplyTypmod(args[0], types.T{OID: types.BPChar, Typmod: int32(args[1].Int())}, isExplicit(args))
	})
	Register("varchar", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return pgfmt.ApplyTypmod(args[0], types.T{OID: types.VarChar, Typmod: int32(args[1].Int())}, isExplicit(args))
	})
}
