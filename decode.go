package driftdb

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/types"
)

// value is a column's value as Values gives it.
func (r *Rows) value(i int, d datum.Datum) any {
	switch d.Kind() {
	case datum.Null:
		return nil
	case datum.Bool:
		return d.Bool()
	case datum.Int:
		if types.IsReg(r.columns[i].Type.OID) {
			return r.text(i, d)
		}
		return d.Int()
	case datum.Float:
		return d.Float()
	case datum.Text, datum.BPChar, datum.JSONB:
		return d.Str()
	case datum.Bytea:
		return []byte(d.Str())
	case datum.Date, datum.Timestamp, datum.TimestampTZ:
		return timeOf(d)
	case datum.Array:
		if oid := r.columns[i].Type.OID; oid != types.Int2Vector && oid != types.OidVector {
			return r.elements(d.Array())
		}
	}
	return r.text(i, d)
}

// timeOf returns a date or timestamp in UTC.
func timeOf(d datum.Datum) time.Time {
	n := d.Int()
	if d.Kind() == datum.Date {
		switch n {
		case math.MaxInt32:
			return Infinity
		case math.MinInt32:
			return NegInfinity
		}
		return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(n))
	}
	switch n {
	case math.MaxInt64:
		return Infinity
	case math.MinInt64:
		return NegInfinity
	}
	return time.UnixMicro(pgEpoch + n).UTC()
}

// elements returns an array's values, nested as its dimensions are.
func (r *Rows) elements(a *datum.ArrayValue) any {
	cell := r.cell(a)
	flat := make([]any, len(a.Elems))
	for j, d := range a.Elems {
		flat[j] = cell.value(0, d)
	}
	for dim := len(a.Dims) - 1; dim > 0; dim-- {
		n := int(a.Dims[dim].Len)
		var outer []any
		for j := 0; j < len(flat); j += n {
			outer = append(outer, flat[j:j+n:j+n])
		}
		flat = outer
	}
	return flat
}

// cell is a Rows that reads an array's elements as if they were a column.
func (r *Rows) cell(a *datum.ArrayValue) *Rows {
	c := r.columns[:1:1]
	c = append(c[:0:0], c...)
	c[0].Type = types.Of(types.OID(a.Elem))
	return &Rows{s: r.s, columns: c, settings: r.settings}
}

var errNull = errors.New("NULL does not fit; scan into a pointer to a pointer or a sql.Null")

// scan converts column i into *dest.
func (r *Rows) scan(i int, dest any) error { return r.scanDatum(i, r.row[i], dest) }

func (r *Rows) scanDatum(i int, d datum.Datum, dest any) error {
	switch p := dest.(type) {
	case *any:
		*p = r.value(i, d)
		return nil
	case *string:
		if d.IsNull() {
			return errNull
		}
		*p = r.string(i, d)
		return nil
	case *[]byte:
		*p = r.raw(i, d)
		return nil
	case *json.RawMessage:
		*p = r.raw(i, d)
		return nil
	case *int64:
		n, err := r.integer(i, d)
		*p = n
		return err
	case *time.Time:
		t, err := r.time(i, d)
		*p = t
		return err
	case sql.Scanner:
		return p.Scan(r.driverValue(i, d))
	}
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("the destination is a %T, not a pointer", dest)
	}
	return r.scanReflected(i, d, v.Elem())
}

// scanReflected converts into a destination of any type.
func (r *Rows) scanReflected(i int, d datum.Datum, v reflect.Value) error {
	if v.Kind() == reflect.Pointer {
		if d.IsNull() {
			v.SetZero()
			return nil
		}
		p := reflect.New(v.Type().Elem())
		if err := r.scanDatum(i, d, p.Interface()); err != nil {
			return err
		}
		v.Set(p)
		return nil
	}
	if d.IsNull() {
		switch v.Kind() {
		case reflect.Slice, reflect.Map, reflect.Interface:
			v.SetZero()
			return nil
		}
		return errNull
	}
	if v.Type() == reflect.TypeFor[time.Duration]() && d.Kind() == datum.Interval {
		return r.duration(d, v)
	}
	switch v.Kind() {
	case reflect.Bool:
		if d.Kind() != datum.Bool {
			return r.mismatch(i, v)
		}
		v.SetBool(d.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := r.integer(i, d)
		if err != nil {
			return err
		}
		if v.OverflowInt(n) {
			return fmt.Errorf("%d does not fit in %s", n, v.Type())
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := r.integer(i, d)
		if err != nil {
			return err
		}
		if n < 0 || v.OverflowUint(uint64(n)) {
			return fmt.Errorf("%d does not fit in %s", n, v.Type())
		}
		v.SetUint(uint64(n))
	case reflect.Float32, reflect.Float64:
		return r.float(i, d, v)
	case reflect.String:
		v.SetString(r.string(i, d))
	default:
		return r.scanComposed(i, d, v)
	}
	return nil
}

// scanComposed converts arrays into slices, uuid into [16]byte and JSON into
// anything.
func (r *Rows) scanComposed(i int, d datum.Datum, v reflect.Value) error {
	oid := r.columns[i].Type.OID
	switch {
	case oid == types.JSON || oid == types.JSONB:
		return json.Unmarshal([]byte(d.Str()), v.Addr().Interface())
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes(r.raw(i, d))
		return nil
	case d.Kind() == datum.UUID && v.Kind() == reflect.Array && v.Len() == 16 && v.Type().Elem().Kind() == reflect.Uint8:
		reflect.Copy(v, reflect.ValueOf([]byte(d.Str())))
		return nil
	case d.Kind() == datum.Array && v.Kind() == reflect.Slice && len(d.Array().Dims) <= 1:
		a := d.Array()
		cell, list := r.cell(a), reflect.MakeSlice(v.Type(), len(a.Elems), len(a.Elems))
		for j, e := range a.Elems {
			if err := cell.scanDatum(0, e, list.Index(j).Addr().Interface()); err != nil {
				return fmt.Errorf("element %d: %w", j+1, err)
			}
		}
		v.Set(list)
		return nil
	}
	return r.mismatch(i, v)
}

func (r *Rows) mismatch(i int, v reflect.Value) error {
	return fmt.Errorf("a %s does not go into a %s", pgfmt.FormatType(r.columns[i].Type), v.Type())
}

// string is a value as text.
func (r *Rows) string(i int, d datum.Datum) string {
	switch d.Kind() {
	case datum.Text, datum.BPChar, datum.JSONB:
		if r.columns[i].Type.OID != types.Char {
			return d.Str()
		}
	}
	return r.text(i, d)
}

// raw is a value as bytes: those of a bytea, the text of others, nil for NULL.
func (r *Rows) raw(i int, d datum.Datum) []byte {
	switch d.Kind() {
	case datum.Null:
		return nil
	case datum.Bytea:
		return []byte(d.Str())
	}
	return []byte(r.string(i, d))
}

func (r *Rows) integer(i int, d datum.Datum) (int64, error) {
	switch d.Kind() {
	case datum.Null:
		return 0, errNull
	case datum.Int:
		return d.Int(), nil
	case datum.Numeric, datum.Text:
		text := r.string(i, d)
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no int64", text)
		}
		return n, nil
	case datum.Float:
		if f := d.Float(); f == math.Trunc(f) && math.Abs(f) < 1<<63 {
			return int64(f), nil
		}
		return 0, fmt.Errorf("%v is no int64", d.Float())
	}
	return 0, r.mismatch(i, reflect.ValueOf(int64(0)))
}

func (r *Rows) float(i int, d datum.Datum, v reflect.Value) error {
	switch d.Kind() {
	case datum.Float:
		v.SetFloat(d.Float())
	case datum.Int:
		v.SetFloat(float64(d.Int()))
	case datum.Numeric, datum.Text:
		text := r.string(i, d)
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("%q is no float64", text)
		}
		v.SetFloat(f)
	default:
		return r.mismatch(i, v)
	}
	return nil
}

func (r *Rows) time(i int, d datum.Datum) (time.Time, error) {
	switch d.Kind() {
	case datum.Null:
		return time.Time{}, errNull
	case datum.Date, datum.Timestamp, datum.TimestampTZ:
		return timeOf(d), nil
	}
	return time.Time{}, r.mismatch(i, reflect.ValueOf(time.Time{}))
}

func (r *Rows) duration(d datum.Datum, v reflect.Value) error {
	iv := d.Interval()
	if iv.Months != 0 {
		return errors.New("an interval with months is no time.Duration")
	}
	micros := int64(iv.Days)*dayMicros + iv.Micros
	if micros > math.MaxInt64/1000 || micros < math.MinInt64/1000 {
		return errors.New("the interval does not fit in a time.Duration")
	}
	v.SetInt(micros * 1000)
	return nil
}

// driverValue is a value as database/sql knows values: one of its six types.
func (r *Rows) driverValue(i int, d datum.Datum) any {
	if d.Kind() == datum.Array {
		return r.text(i, d)
	}
	return r.value(i, d)
}

// DriverValues returns the current row's values in the types of
// database/sql/driver: those of Values, with arrays as text.
func (r *Rows) DriverValues() ([]any, error) {
	if r.row == nil {
		return nil, errNoRow(r.closed)
	}
	list := make([]any, len(r.row))
	for i, d := range r.row {
		list[i] = r.driverValue(i, d)
	}
	return list, nil
}
