package pgfmt

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/types"
)

// FormatType returns a type's name with its modifier as PostgreSQL's format_type
// prints it: "numeric(12,2)", "timestamp(3) without time zone", "bigint[]".
func FormatType(t types.T) string {
	info := types.Lookup(t.OID)
	switch {
	case t.OID == 0:
		return "-"
	case info == nil:
		return "???"
	case types.IsArray(t.OID):
		return FormatType(types.T{OID: info.Elem, Typmod: t.Typmod}) + "[]"
	}
	length := ""
	if t.Typmod >= 0 {
		length = formatTypmod(t)
	}
	switch t.OID {
	case types.Bool:
		return "boolean"
	case types.Int2:
		return "smallint"
	case types.Int4:
		return "integer"
	case types.Int8:
		return "bigint"
	case types.Float4:
		return "real"
	case types.Float8:
		return "double precision"
	case types.VarChar:
		return "character varying" + length
	case types.BPChar:
		if t.Typmod < 0 {
			return "bpchar"
		}
		return "character" + length
	case types.Bit:
		if t.Typmod < 0 {
			return `"bit"`
		}
		return "bit" + length
	case types.VarBit:
		return "bit varying" + length
	case types.Time:
		return "time" + length + " without time zone"
	case types.TimeTZ:
		return "time" + length + " with time zone"
	case types.Timestamp:
		return "timestamp" + length + " without time zone"
	case types.TimestampTZ:
		return "timestamp" + length + " with time zone"
	case types.Char:
		return `"char"` + length
	case types.Any:
		return `"any"` + length
	}
	return info.Name + length
}

// TypeName returns a type's name as error messages show it: FormatType without a
// modifier, and "character" for bpchar.
func TypeName(oid types.OID) string {
	switch oid {
	case types.BPChar:
		return "character"
	case types.BPCharArray:
		return "character[]"
	case types.Bit:
		return "bit"
	}
	return FormatType(types.Of(oid))
}

// formatTypmod returns the modifier in parentheses as the type's typmodout does.
func formatTypmod(t types.T) string {
	switch t.OID {
	case types.Numeric:
		m, ok := numeric.DecodeTypmod(t.Typmod)
		if !ok {
			return ""
		}
		return "(" + strconv.Itoa(int(m.Precision)) + "," + strconv.Itoa(int(m.Scale)) + ")"
	case types.VarChar, types.BPChar:
		if t.Typmod <= lengthHeader {
			return ""
		}
		return "(" + strconv.Itoa(int(t.Typmod)-lengthHeader) + ")"
	case types.Interval:
		return intervalTypmod(t.Typmod)
	}
	return "(" + strconv.Itoa(int(t.Typmod)) + ")"
}

// intervalFields are the field names by their bit in an interval modifier, from
// the largest to the smallest.
var intervalFields = []struct {
	bit  int32
	name string
}{{1 << 2, "year"}, {1 << 1, "month"}, {1 << 3, "day"}, {1 << 10, "hour"}, {1 << 11, "minute"}, {1 << 12, "second"}}

func intervalTypmod(typmod int32) string {
	fields, precision := typmod>>16&0x7fff, typmod&0xffff
	var b strings.Builder
	if fields != 0x7fff {
		first, last := "", ""
		for _, f := range intervalFields {
			if fields&f.bit == 0 {
				continue
			}
			if first == "" {
				first = f.name
			} else {
				last = f.name
			}
		}
		b.WriteString(" " + first)
		if last != "" {
			b.WriteString(" to " + last)
		}
	}
	if precision != 0xffff {
		b.WriteString("(" + strconv.Itoa(int(precision)) + ")")
	}
	return b.String()
}
