package datum

import "github.com/driftdb/driftdb/internal/types"

// KindOf returns the physical kind that values of a SQL type have.
func KindOf(oid types.OID) Kind {
	switch oid {
	case types.Bool:
		return Bool
	case types.Int2, types.Int4, types.Int8, types.Oid, types.Xid, types.Cid, types.Xid8:
		return Int
	case types.Float4, types.Float8:
		return Float
	case types.Numeric:
		return Numeric
	case types.BPChar:
		return BPChar
	case types.Bytea:
		return Bytea
	case types.Date:
		return Date
	case types.Time:
		return Time
	case types.TimeTZ:
		return TimeTZ
	case types.Timestamp:
		return Timestamp
	case types.TimestampTZ:
		return TimestampTZ
	case types.Interval:
		return Interval
	case types.UUID:
		return UUID
	case types.JSONB:
		return JSONB
	case types.Record:
		return Record
	}
	if types.IsReg(oid) {
		return Int
	}
	if info := types.Lookup(oid); info != nil && info.Category == 'A' {
		return Array
	}
	return Text
}

// InlineInt reports whether values of the kind live in Int() (an int64).
func InlineInt(k Kind) bool {
	switch k {
	case Bool, Int, Date, Time, Timestamp, TimestampTZ:
		return true
	}
	return false
}
