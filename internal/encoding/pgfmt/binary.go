package pgfmt

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

var be = binary.BigEndian

// AppendBinary appends the binary form of a value that is not NULL, as the
// type's send function makes it, without a length in front.
func AppendBinary(dst []byte, t types.T, d datum.Datum) []byte {
	switch d.Kind() {
	case datum.Null:
		return dst
	case datum.Bool:
		return append(dst, byte(d.Int()))
	case datum.Int:
		switch t.OID {
		case types.Int2:
			return be.AppendUint16(dst, uint16(d.Int()))
		case types.Int8, types.Xid8:
			return be.AppendUint64(dst, uint64(d.Int()))
		}
		return be.AppendUint32(dst, uint32(d.Int()))
	case datum.Float:
		if t.OID == types.Float4 {
			return be.AppendUint32(dst, math.Float32bits(float32(d.Float())))
		}
		if math.IsNaN(d.Float()) {
			return be.AppendUint64(dst, 0x7ff8<<48) // C's NAN; Go's has another payload
		}
		return be.AppendUint64(dst, math.Float64bits(d.Float()))
	case datum.Numeric:
		return numeric.AppendBinary(dst, d)
	case datum.Date:
		return be.AppendUint32(dst, uint32(int32(d.Int())))
	case datum.Time, datum.Timestamp, datum.TimestampTZ:
		return be.AppendUint64(dst, uint64(d.Int()))
	case datum.TimeTZ:
		v := d.TimeTZ()
		return be.AppendUint32(be.AppendUint64(dst, uint64(v.Micros)), uint32(v.Zone))
	case datum.Interval:
		v := d.Interval()
		return be.AppendUint32(be.AppendUint32(be.AppendUint64(dst, uint64(v.Micros)), uint32(v.Days)), uint32(v.Months))
	case datum.JSONB:
		return append(append(dst, 1), d.Str()...)
	case datum.Array:
		return appendArrayBinary(dst, d.Array())
	case datum.Record:
		return appendRecordBinary(dst, d.Record())
	}
	switch t.OID {
	case types.Char:
		if d.Str() == "" {
			return append(dst, 0)
		}
	case types.Tid:
		return appendTidBinary(dst, d.Str())
	}
	return append(dst, d.Str()...)
}

// appendSized appends a value with its length in front, -1 for NULL.
func appendSized(dst []byte, t types.T, d datum.Datum) []byte {
	if d.IsNull() {
		return be.AppendUint32(dst, math.MaxUint32)
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = AppendBinary(dst, t, d)
	be.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func appendArrayBinary(dst []byte, v *datum.ArrayValue) []byte {
	hasNull := uint32(0)
	for _, e := range v.Elems {
		if e.IsNull() {
			hasNull = 1
			break
		}
	}
	dst = be.AppendUint32(dst, uint32(len(v.Dims)))
	dst = be.AppendUint32(dst, hasNull)
	dst = be.AppendUint32(dst, v.Elem)
	for _, d := range v.Dims {
		dst = be.AppendUint32(dst, uint32(d.Len))
		dst = be.AppendUint32(dst, uint32(d.Lower))
	}
	elem := types.Of(types.OID(v.Elem))
	for _, e := range v.Elems {
		dst = appendSized(dst, elem, e)
	}
	return dst
}

func appendRecordBinary(dst []byte, v *datum.RecordValue) []byte {
	dst = be.AppendUint32(dst, uint32(len(v.Fields)))
	for i, f := range v.Fields {
		dst = be.AppendUint32(dst, v.Types[i])
		dst = appendSized(dst, types.Of(types.OID(v.Types[i])), f)
	}
	return dst
}

func appendTidBinary(dst []byte, text string) []byte {
	block, offset, _ := strings.Cut(strings.Trim(text, "()"), ",")
	b, _ := strconv.ParseUint(block, 10, 32)
	o, _ := strconv.ParseUint(offset, 10, 16)
	return be.AppendUint16(be.AppendUint32(dst, uint32(b)), uint16(o))
}

func errShort() error {
	return pgerr.New(pgcode.ProtocolViolation, "insufficient data left in message")
}

func errLong() error {
	return pgerr.New(pgcode.InvalidBinaryRepresentation, "incorrect binary data format")
}

// ParseBinary reads a value's binary form as the type's receive function does
// and applies the type modifier as an assignment would. The Datum does not keep b.
func ParseBinary(b []byte, t types.T, s *Settings) (datum.Datum, error) {
	if size := fixedSize(t.OID); size > 0 {
		switch {
		case len(b) < size:
			return datum.Datum{}, errShort()
		case len(b) > size:
			return datum.Datum{}, errLong()
		}
	}
	switch t.OID {
	case types.Bool:
		return datum.NewBool(b[0] != 0), nil
	case types.Int2:
		return datum.NewInt(int64(int16(be.Uint16(b)))), nil
	case types.Int4:
		return datum.NewInt(int64(int32(be.Uint32(b)))), nil
	case types.Int8, types.Xid8:
		return datum.NewInt(int64(be.Uint64(b))), nil
	case types.Oid, types.Xid, types.Cid:
		return datum.NewInt(int64(be.Uint32(b))), nil
	case types.Float4:
		return datum.NewFloat(float64(math.Float32frombits(be.Uint32(b)))), nil
	case types.Float8:
		return datum.NewFloat(math.Float64frombits(be.Uint64(b))), nil
	case types.Numeric:
		d, err := numeric.ParseBinary(b)
		if err != nil {
			return d, err
		}
		return numeric.Fit(d, t.Typmod)
	case types.Bytea:
		return datum.NewBytea(string(b)), nil
	case types.UUID:
		return datum.NewUUID(string(b)), nil
	case types.Tid:
		return datum.NewText("(" + strconv.Itoa(int(be.Uint32(b))) + "," + strconv.Itoa(int(be.Uint16(b[4:]))) + ")"), nil
	case types.Char:
		return datum.NewText(strings.TrimRight(string(b), "\x00")), nil
	case types.JSONB:
		return parseJSONBBinary(b)
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval:
		return parseTimeBinary(b, t)
	case types.Name:
		if len(b) > MaxNameBytes {
			return datum.Datum{}, pgerr.New(pgcode.NameTooLong, "identifier too long").WithDetail("Identifier must be less than %d characters.", MaxNameBytes+1)
		}
		return parseString(string(b), t)
	case types.Text, types.VarChar, types.BPChar, types.JSON, types.Unknown, types.CString, types.RefCursor:
		return parseString(string(b), t)
	case types.Void:
		return datum.NewText(""), nil
	case types.Record:
		return datum.Datum{}, pgerr.New(pgcode.FeatureNotSupported, "input of anonymous composite types is not implemented")
	}
	if types.IsReg(t.OID) {
		return datum.NewInt(int64(be.Uint32(b))), nil
	}
	if elem := types.ElemOf(t.OID); elem != 0 {
		return parseArrayBinary(b, t, elem, s)
	}
	return datum.Datum{}, unsupported(t)
}

// fixedSize returns the length of a type's binary form when it has only one.
func fixedSize(oid types.OID) int {
	switch oid {
	case types.Bool, types.Char:
		return 1
	case types.Int2:
		return 2
	case types.Int4, types.Oid, types.Xid, types.Cid, types.Float4, types.Date:
		return 4
	case types.Tid:
		return 6
	case types.Int8, types.Xid8, types.Float8, types.Time, types.Timestamp, types.TimestampTZ:
		return 8
	case types.TimeTZ:
		return 12
	case types.Interval, types.UUID:
		return 16
	}
	if types.IsReg(oid) {
		return 4
	}
	return 0
}

func parseJSONBBinary(b []byte) (datum.Datum, error) {
	switch {
	case len(b) == 0:
		return datum.Datum{}, errShort()
	case b[0] != 1:
		return datum.Datum{}, pgerr.Internal("unsupported jsonb version number %d", b[0])
	}
	return parseString(string(b[1:]), types.Of(types.JSONB))
}

func parseTimeBinary(b []byte, t types.T) (datum.Datum, error) {
	var d datum.Datum
	switch t.OID {
	case types.Date:
		days := int32(be.Uint32(b))
		if days != math.MaxInt32 && days != math.MinInt32 && !pgtime.ValidDate(int64(days)) {
			return d, pgerr.New(pgcode.DatetimeValueOutOfRange, "date out of range")
		}
		return datum.NewDate(days), nil
	case types.Time:
		micros := int64(be.Uint64(b))
		if micros < 0 || micros > dayMicros {
			return d, pgerr.New(pgcode.DatetimeValueOutOfRange, "time out of range")
		}
		d = datum.NewTime(micros)
	case types.TimeTZ:
		v := datum.TimeTZValue{Micros: int64(be.Uint64(b)), Zone: int32(be.Uint32(b[8:]))}
		if v.Micros < 0 || v.Micros > dayMicros {
			return d, pgerr.New(pgcode.DatetimeValueOutOfRange, "time out of range")
		}
		if v.Zone <= -maxZoneSeconds || v.Zone >= maxZoneSeconds {
			return d, pgerr.New(pgcode.InvalidTimeZoneDisplacementValue, "time zone displacement out of range")
		}
		d = datum.NewTimeTZ(v)
	case types.Interval:
		d = datum.NewInterval(datum.IntervalValue{Micros: int64(be.Uint64(b)), Days: int32(be.Uint32(b[8:])), Months: int32(be.Uint32(b[12:]))})
	default:
		micros := int64(be.Uint64(b))
		if micros != math.MaxInt64 && micros != math.MinInt64 && !pgtime.ValidTimestamp(micros) {
			return d, pgerr.New(pgcode.DatetimeValueOutOfRange, "timestamp out of range")
		}
		d = datum.NewIntOfKind(micros, datum.KindOf(t.OID))
	}
	return ApplyTypmod(d, t, false)
}

const (
	dayMicros      = int64(86400e6)
	maxZoneSeconds = 16 * 3600 // TZDISP_LIMIT
)

func errBadBinary(text string, args ...any) error {
	return pgerr.New(pgcode.InvalidBinaryRepresentation, text, args...)
}

// parseArrayBinary reads array_send's form; the element type must be the one
// expected.
func parseArrayBinary(b []byte, t types.T, elem types.OID, s *Settings) (datum.Datum, error) {
	var none datum.Datum
	if len(b) < 12 {
		return none, errShort()
	}
	dims, flags, oid := int32(be.Uint32(b)), be.Uint32(b[4:]), types.OID(be.Uint32(b[8:]))
	b = b[12:]
	switch {
	case dims < 0:
		return none, errBadBinary("invalid number of dimensions: %d", dims)
	case dims > maxDims:
		return none, pgerr.New(pgcode.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", dims, maxDims)
	case flags > 1:
		return none, errBadBinary("invalid array flags")
	case oid != elem:
		return none, pgerr.New(pgcode.DatatypeMismatch, "binary data has array element type %d (%s) instead of expected %d (%s)", oid, FormatType(types.Of(oid)), elem, FormatType(types.Of(elem)))
	case len(b) < int(dims)*8:
		return none, errShort()
	}
	v := &datum.ArrayValue{Elem: uint32(elem)}
	total := int64(1)
	for range dims {
		d := datum.Dim{Len: int32(be.Uint32(b)), Lower: int32(be.Uint32(b[4:]))}
		b = b[8:]
		if d.Len < 0 || int64(d.Lower)+int64(d.Len) > math.MaxInt32 {
			return none, pgerr.New(pgcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxElements)
		}
		if total *= int64(d.Len); total > maxElements {
			return none, pgerr.New(pgcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxElements)
		}
		v.Dims = append(v.Dims, d)
	}
	if dims == 0 {
		total = 0
	}
	if int64(len(b)) < 4*total {
		return none, errShort()
	}
	v.Elems = make([]datum.Datum, total)
	for i := range v.Elems {
		if len(b) < 4 {
			return none, errShort()
		}
		size := int32(be.Uint32(b))
		b = b[4:]
		if size == -1 {
			continue
		}
		if size < 0 || int(size) > len(b) {
			return none, errBadBinary("insufficient data left in message")
		}
		d, err := ParseBinary(b[:size], types.T{OID: elem, Typmod: t.Typmod}, s)
		if err != nil {
			return none, err
		}
		v.Elems[i], b = d, b[size:]
	}
	if len(b) > 0 {
		return none, errLong()
	}
	if total == 0 && t.OID != types.Int2Vector && t.OID != types.OidVector {
		v.Dims = nil
	}
	return datum.NewArray(v), nil
}
