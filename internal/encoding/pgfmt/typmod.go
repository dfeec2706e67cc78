package pgfmt

import (
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// ApplyTypmod coerces a value of type t to its modifier: PostgreSQL's length
// coercion casts. An explicit cast cuts strings that are too long, an assignment
// refuses them (22001) unless only blanks are lost.
func ApplyTypmod(d datum.Datum, t types.T, explicit bool) (datum.Datum, error) {
	if t.Typmod < 0 || d.IsNull() {
		return d, nil
	}
	switch t.OID {
	case types.VarChar:
		return fitVarchar(d, t.Typmod, explicit)
	case types.BPChar:
		return fitBPChar(d, t.Typmod, explicit)
	case types.Numeric:
		return numeric.Fit(d, t.Typmod)
	case types.Timestamp, types.TimestampTZ:
		n, err := pgtime.AdjustTimestamp(d.Int(), t.Typmod)
		return datum.NewIntOfKind(n, d.Kind()), err
	case types.Time:
		return datum.NewTime(pgtime.AdjustTime(d.Int(), t.Typmod)), nil
	case types.TimeTZ:
		v := d.TimeTZ()
		v.Micros = pgtime.AdjustTime(v.Micros, t.Typmod)
		return datum.NewTimeTZ(v), nil
	case types.Interval:
		v, err := pgtime.AdjustInterval(d.Interval(), t.Typmod)
		return datum.NewInterval(v), err
	}
	if elem := types.ElemOf(t.OID); elem != 0 && d.Kind() == datum.Array {
		return applyToElems(d.Array(), types.T{OID: elem, Typmod: t.Typmod}, explicit)
	}
	return d, nil
}

func applyToElems(v *datum.ArrayValue, elem types.T, explicit bool) (datum.Datum, error) {
	out := &datum.ArrayValue{Elem: v.Elem, Dims: v.Dims, Elems: make([]datum.Datum, len(v.Elems))}
	for i, e := range v.Elems {
		d, err := ApplyTypmod(e, elem, explicit)
		if err != nil {
			return d, err
		}
		out.Elems[i] = d
	}
	return datum.NewArray(out), nil
}

const (
	lengthHeader   = 4       // VARHDRSZ, part of string modifiers
	maxStringBytes = 1 << 30 // no value is larger
)

// charPrefix returns the byte length of the first n characters of s, or ok false
// when s has no more than n.
func charPrefix(s string, n int) (bytes int, longer bool) {
	if len(s) <= n {
		return len(s), false
	}
	for i := range s {
		if n == 0 {
			return i, true
		}
		n--
	}
	return len(s), false
}

func fitVarchar(d datum.Datum, typmod int32, explicit bool) (datum.Datum, error) {
	limit := int(typmod) - lengthHeader
	if typmod < lengthHeader {
		return d, nil
	}
	s := d.Str()
	end, longer := charPrefix(s, limit)
	if !longer {
		return d, nil
	}
	if !explicit && strings.TrimLeft(s[end:], " ") != "" {
		return datum.Datum{}, pgerr.New(pgcode.StringDataRightTruncation, "value too long for type character varying(%d)", limit)
	}
	return datum.NewOfKind(s[:end], d.Kind()), nil
}

// blanks pads short character(n).
var blanks = strings.Repeat(" ", 256)

func fitBPChar(d datum.Datum, typmod int32, explicit bool) (datum.Datum, error) {
	limit := int(typmod) - lengthHeader
	if typmod < lengthHeader {
		return d, nil
	}
	s := d.Str()
	if end, longer := charPrefix(s, limit); longer {
		if !explicit && strings.TrimLeft(s[end:], " ") != "" {
			return datum.Datum{}, pgerr.New(pgcode.StringDataRightTruncation, "value too long for type character(%d)", limit)
		}
		return datum.NewBPChar(s[:end]), nil
	}
	if missing := limit - utf8.RuneCountInString(s); missing > 0 {
		if limit > maxStringBytes {
			return datum.Datum{}, pgerr.New(pgcode.ProgramLimitExceeded, "requested length too large")
		}
		if missing <= len(blanks) {
			s += blanks[:missing] // allocates nothing for an empty string
		} else {
			s += strings.Repeat(" ", missing)
		}
	}
	return datum.NewBPChar(s), nil
}
