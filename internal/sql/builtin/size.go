package builtin

import (
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// sizeUnits are the units of pg_size_pretty; each is used up to limit (below
// which the value is printed in it), round says whether it is halved first.
var sizeUnits = []struct {
	name  string
	limit int64
	round bool
	shift uint // bits from bytes
}{{"bytes", 10 * 1024, false, 0}, {"kB", 20*1024 - 1, true, 10}, {"MB", 20*1024 - 1, true, 20}, {"GB", 20*1024 - 1, true, 30}, {"TB", 20*1024 - 1, true, 40}, {"PB", 20*1024 - 1, true, 50}}

func init() {
	pure1("pg_size_pretty", func(a datum.Datum) datum.Datum { return datum.NewText(prettySize(a.Int())) })
	fn1("pg_size_pretty_numeric", prettyNumeric)
	fn1("pg_size_bytes", sizeBytes)
}

// halfRound halves away from zero after adding one half.
func halfRound(n int64) int64 {
	if n < 0 {
		return (n - 1) / 2
	}
	return (n + 1) / 2
}

func prettySize(size int64) string {
	for i, u := range sizeUnits {
		last := i == len(sizeUnits)-1
		if last || absInt(size) < uint64(u.limit) {
			if u.round {
				size = halfRound(size)
			}
			return numeric.String(numeric.FromInt(size)) + " " + u.name
		}
		// Keep one extra bit for the rounding of the next unit.
		bits := sizeUnits[i+1].shift - u.shift - 1
		if u.round {
			bits++
		}
		size /= int64(1) << bits
	}
	return ""
}

func prettyNumeric(a datum.Datum) (datum.Datum, error) {
	size := a
	for i, u := range sizeUnits {
		last := i == len(sizeUnits)-1
		if last || datum.Compare(numeric.Abs(size), numeric.FromInt(u.limit)) < 0 {
			var err error
			if u.round {
				half := datum.NewNumeric(1, 0)
				if numeric.Sign(size) < 0 {
					half = datum.NewNumeric(-1, 0)
				}
				if size, err = numeric.Add(size, half); err == nil {
					size, err = numeric.DivTrunc(size, numeric.FromInt(2))
				}
			}
			return datum.NewText(numeric.String(size) + " " + u.name), err
		}
		bits := sizeUnits[i+1].shift - u.shift - 1
		if u.round {
			bits++
		}
		var err error
		if size, err = numeric.DivTrunc(size, numeric.FromInt(int64(1)<<bits)); err != nil {
			return null, err
		}
	}
	return null, nil
}

func sizeBytes(a datum.Datum) (datum.Datum, error) {
	s := strings.Trim(a.Str(), " \t\n\v\f\r")
	end := 0
	digits := func() bool {
		from := end
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		return end > from
	}
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	found := digits()
	if end < len(s) && s[end] == '.' {
		end++
		found = digits() || found
	}
	if !found {
		return null, invalidParameter("invalid size: \"%s\"", a.Str())
	}
	if end < len(s) && (s[end] == 'e' || s[end] == 'E') {
		mark := end
		if end++; end < len(s) && (s[end] == '-' || s[end] == '+') {
			end++
		}
		if !digits() {
			end = mark
		}
	}
	n, err := numeric.Parse(s[:end])
	if err != nil {
		return null, err
	}
	unit := strings.Trim(s[end:], " \t\n\v\f\r")
	if unit != "" {
		factor := int64(0)
		for _, u := range sizeUnits {
			if strings.EqualFold(u.name, unit) {
				factor = 1 << u.shift
			}
		}
		if strings.EqualFold(unit, "b") {
			factor = 1
		}
		if factor == 0 {
			return null, pgerr.New(pgcode.InvalidParameterValue, "invalid size: \"%s\"", a.Str()).
				WithDetail("Invalid size unit: \"%s\".", unit).WithHint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".")
		}
		if n, err = numeric.Mul(n, numeric.FromInt(factor)); err != nil {
			return null, err
		}
	}
	return numericToInt(n, bigint)
}
