package driftdb

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/driftdb/driftdb/internal/types"
)

// Infinity and NegInfinity are the SQL timestamps and dates infinity and -infinity
// in Go: times after and before all others that SQL has.
var (
	Infinity    = time.Date(294277, 1, 1, 0, 0, 0, 0, time.UTC)
	NegInfinity = time.Date(-4714, 1, 1, 0, 0, 0, 0, time.UTC)
)

// pgEpoch is 2000-01-01, where SQL's times count from, in Unix microseconds.
const (
	pgEpoch   = 946684800 * 1_000_000
	dayMicros = 86400 * 1_000_000
)

// The protocol's format codes.
const (
	textFormat   = 0
	binaryFormat = 1
)

// encode turns an argument into the bytes of a parameter; nil is NULL. The bytes
// lie in s.bytes, or belong to the argument, until the next statement.
func (s *session) encode(arg any, oid types.OID) ([]byte, int16, error) {
	start := len(s.bytes)
	b, format, err := appendValue(s.bytes, arg, oid)
	if b == nil || err != nil {
		return nil, format, err
	}
	s.bytes = b
	return b[start:len(b):len(b)], format, nil
}

// appendValue appends an argument in one of the formats of its parameter's type;
// it returns nil for NULL.
func appendValue(dst []byte, arg any, oid types.OID) ([]byte, int16, error) {
	if dst == nil {
		dst = make([]byte, 0, 64)
	}
	switch v := arg.(type) {
	case nil:
		return nil, textFormat, nil
	case int64:
		return appendInt(dst, v, oid)
	case int:
		return appendInt(dst, int64(v), oid)
	case string:
		return append(dst, v...), textFormat, nil
	case bool:
		return strconv.AppendBool(dst, v), textFormat, nil
	case float64:
		return appendFloat(dst, v, 64), textFormat, nil
	case float32:
		return appendFloat(dst, float64(v), 32), textFormat, nil
	case []byte:
		if v == nil {
			return nil, textFormat, nil
		}
		if oid == types.Bytea {
			return append(dst, v...), binaryFormat, nil
		}
		return append(dst, v...), textFormat, nil
	case time.Time:
		return appendTime(dst, v, oid)
	case time.Duration:
		if oid == types.Interval {
			dst = strconv.AppendInt(dst, v.Microseconds(), 10)
			return append(dst, " microseconds"...), textFormat, nil
		}
		return appendInt(dst, int64(v), oid)
	case driver.Valuer:
		if isNilPointer(arg) {
			return nil, textFormat, nil
		}
		value, err := v.Value()
		if err != nil {
			return nil, textFormat, err
		}
		return appendValue(dst, value, oid)
	}
	return appendReflected(dst, reflect.ValueOf(arg), oid)
}

func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// appendReflected appends values of named and composed types.
func appendReflected(dst []byte, v reflect.Value, oid types.OID) ([]byte, int16, error) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, textFormat, nil
		}
		if oid != types.JSON && oid != types.JSONB || v.Elem().Kind() != reflect.Struct {
			return appendValue(dst, v.Elem().Interface(), oid)
		}
	case reflect.Bool:
		return appendValue(dst, v.Bool(), oid)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInt(dst, v.Int(), oid)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(dst, v.Uint(), 10), textFormat, nil
	case reflect.Float32:
		return appendFloat(dst, v.Float(), 32), textFormat, nil
	case reflect.Float64:
		return appendFloat(dst, v.Float(), 64), textFormat, nil
	case reflect.String:
		return append(dst, v.String()...), textFormat, nil
	}
	if oid == types.JSON || oid == types.JSONB {
		b, err := json.Marshal(v.Interface())
		return append(dst, b...), textFormat, err
	}
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() {
			return nil, textFormat, nil
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return appendValue(dst, v.Bytes(), oid)
		}
		return appendArray(dst, v, oid)
	case reflect.Array:
		if v.Len() == 16 && v.Type().Elem().Kind() == reflect.Uint8 {
			return appendUUID(dst, v), textFormat, nil
		}
		return appendArray(dst, v, oid)
	}
	return nil, textFormat, fmt.Errorf("a value of type %s cannot be a parameter", v.Type())
}

func appendInt(dst []byte, n int64, oid types.OID) ([]byte, int16, error) {
	switch {
	case oid == types.Int8:
		return binary.BigEndian.AppendUint64(dst, uint64(n)), binaryFormat, nil
	case oid == types.Int4 && n == int64(int32(n)):
		return binary.BigEndian.AppendUint32(dst, uint32(n)), binaryFormat, nil
	}
	return strconv.AppendInt(dst, n, 10), textFormat, nil
}

func appendFloat(dst []byte, f float64, bits int) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	return strconv.AppendFloat(dst, f, 'g', -1, bits)
}

func appendUUID(dst []byte, v reflect.Value) []byte {
	const digits = "0123456789abcdef"
	for i := range 16 {
		b := byte(v.Index(i).Uint())
		dst = append(dst, digits[b>>4], digits[b&15])
	}
	return dst
}

// appendTime appends a time: as the moment it is for timestamptz, as its clock
// and calendar show it for the types without a zone.
func appendTime(dst []byte, t time.Time, oid types.OID) ([]byte, int16, error) {
	micros := t.UnixMicro() - pgEpoch
	switch oid {
	case types.Timestamp, types.Date:
		_, offset := t.Zone()
		micros += int64(offset) * 1_000_000
	case types.TimestampTZ:
	case types.Time:
		return t.AppendFormat(dst, "15:04:05.999999"), textFormat, nil
	default:
		return t.AppendFormat(dst, "2006-01-02 15:04:05.999999-07:00"), textFormat, nil
	}
	forever := int64(0)
	switch {
	case !t.Before(Infinity):
		forever = 1
	case !t.After(NegInfinity):
		forever = -1
	}
	if oid == types.Date {
		days := micros / dayMicros
		if micros%dayMicros < 0 {
			days--
		}
		if forever != 0 {
			days = extreme(forever, math.MinInt32, math.MaxInt32)
		}
		return binary.BigEndian.AppendUint32(dst, uint32(int32(days))), binaryFormat, nil
	}
	if forever != 0 {
		micros = extreme(forever, math.MinInt64, math.MaxInt64)
	}
	return binary.BigEndian.AppendUint64(dst, uint64(micros)), binaryFormat, nil
}

func extreme(sign, least, greatest int64) int64 {
	if sign < 0 {
		return least
	}
	return greatest
}

// appendArray appends a slice as PostgreSQL writes arrays.
func appendArray(dst []byte, v reflect.Value, oid types.OID) ([]byte, int16, error) {
	if elem := types.ElemOf(oid); elem != 0 {
		oid = elem
	}
	dst = append(dst, '{')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendElement(dst, v.Index(i), oid); err != nil {
			return nil, textFormat, err
		}
	}
	return append(dst, '}'), textFormat, nil
}

func appendElement(dst []byte, v reflect.Value, oid types.OID) ([]byte, error) {
	item := v.Interface()
	if b, ok := item.([]byte); ok && oid == types.Bytea && b != nil {
		return fmt.Appendf(dst, `"\\x%x"`, b), nil
	}
	if k := reflect.Indirect(v).Kind(); k == reflect.Slice && reflect.TypeOf(item).Elem().Kind() != reflect.Uint8 {
		dst, _, err := appendArray(dst, reflect.Indirect(v), oid)
		return dst, err
	}
	if t, ok := item.(time.Time); ok {
		switch {
		case !t.Before(Infinity):
			item = "infinity"
		case !t.After(NegInfinity):
			item = "-infinity"
		}
	}
	// As text: the element's own type is of no use for the format.
	text, _, err := appendValue(nil, item, types.Text)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return append(dst, "NULL"...), nil
	}
	dst = append(dst, '"')
	dst = append(dst, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(text))...)
	return append(dst, '"'), nil
}
