package builtin

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/jsontext"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// AppendJSON appends a value as to_json prints it; pretty puts line feeds
// between the members of the outermost container.
func AppendJSON(dst []byte, c *Context, oid types.OID, d datum.Datum, pretty bool) ([]byte, error) {
	if d.IsNull() {
		return append(dst, "null"...), nil
	}
	switch oid {
	case types.Bool:
		return strconv.AppendBool(dst, d.Bool()), nil
	case types.Int2, types.Int4, types.Int8:
		return strconv.AppendInt(dst, d.Int(), 10), nil
	case types.Float4, types.Float8, types.Numeric:
		return appendJSONNumber(dst, c, oid, d), nil
	case types.Date, types.Timestamp, types.TimestampTZ:
		return jsontext.AppendQuote(dst, jsonTime(c, d)), nil
	case types.JSON, types.JSONB:
		return append(dst, d.Str()...), nil
	}
	switch {
	case d.Kind() == datum.Record:
		return appendJSONRecord(dst, c, d.Record(), pretty)
	case d.Kind() == datum.Array && types.IsArray(oid):
		v := d.Array()
		dst, _, err := appendJSONArray(dst, c, v, v.Elems, v.Dims, pretty)
		return dst, err
	}
	return jsontext.AppendQuote(dst, c.textOf(oid, d)), nil
}

func appendJSONNumber(dst []byte, c *Context, oid types.OID, d datum.Datum) []byte {
	start := len(dst)
	dst = pgfmt.AppendText(dst, types.Of(oid), d, c.settings())
	if last := dst[len(dst)-1]; last < '0' || last > '9' { // NaN, Infinity
		text := string(dst[start:])
		return jsontext.AppendQuote(dst[:start], text)
	}
	return dst
}

// jsonTime prints dates and timestamps in ISO 8601 whatever DateStyle says:
// 2020-01-02T03:04:05.6+00:00.
func jsonTime(c *Context, d datum.Datum) string {
	opts := c.settings().Opts
	opts.DateStyle = pgtime.StyleISO
	text := pgfmt.Text(types.Of(guessType(d)), d, &pgfmt.Settings{Opts: opts})
	if d.Kind() == datum.Date {
		return text
	}
	date, rest, found := strings.Cut(text, " ")
	if !found {
		return text // infinity
	}
	era := ""
	if clock, ok := strings.CutSuffix(rest, " BC"); ok {
		rest, era = clock, " BC"
	}
	if d.Kind() == datum.TimestampTZ {
		if zone := strings.LastIndexAny(rest, "+-"); zone >= 0 && !strings.Contains(rest[zone:], ":") {
			rest += ":00"
		}
	}
	return date + "T" + rest + era
}

func appendJSONRecord(dst []byte, c *Context, v *datum.RecordValue, pretty bool) ([]byte, error) {
	separator := ","
	if pretty {
		separator = ",\n "
	}
	dst = append(dst, '{')
	var err error
	for i, f := range v.Fields {
		if i > 0 {
			dst = append(dst, separator...)
		}
		name := "f" + strconv.Itoa(i+1)
		if i < len(v.Names) && v.Names[i] != "" {
			name = v.Names[i]
		}
		dst = append(jsontext.AppendQuote(dst, name), ':')
		if dst, err = AppendJSON(dst, c, types.OID(v.Types[i]), f, false); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// appendJSONArray prints one dimension and returns the elements left over.
func appendJSONArray(dst []byte, c *Context, v *datum.ArrayValue, elems []datum.Datum, dims []datum.Dim, pretty bool) ([]byte, []datum.Datum, error) {
	if len(v.Elems) == 0 {
		return append(dst, "[]"...), nil, nil
	}
	separator := ","
	if pretty {
		separator = ",\n "
	}
	dst = append(dst, '[')
	var err error
	for i := int32(0); i < dims[0].Len; i++ {
		if i > 0 {
			dst = append(dst, separator...)
		}
		if len(dims) > 1 {
			dst, elems, err = appendJSONArray(dst, c, v, elems, dims[1:], false)
		} else {
			dst, err = AppendJSON(dst, c, types.OID(v.Elem), elems[0], false)
			elems = elems[1:]
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return append(dst, ']'), elems, nil
}

// jsonKey returns a value as an object key.
func jsonKey(c *Context, oid types.OID, d datum.Datum) (string, error) {
	switch {
	case oid == types.JSON, oid == types.JSONB, d.Kind() == datum.Record, d.Kind() == datum.Array && types.IsArray(oid):
		return "", invalidParameter("key value must be scalar, not array, composite, or json")
	case oid == types.Bool:
		return strconv.FormatBool(d.Bool()), nil
	case oid == types.Date, oid == types.Timestamp, oid == types.TimestampTZ:
		return jsonTime(c, d), nil
	}
	return c.textOf(oid, d), nil
}

// finish turns built JSON text into a value of the flavour.
func (fl flavour) finish(text []byte, err error) (datum.Datum, error) {
	if err != nil {
		return null, err
	}
	if fl.name == "json" {
		return datum.NewText(string(text)), nil
	}
	canonical, err := jsontext.Canonical(string(text))
	return datum.NewJSONB(canonical), err
}

func init() {
	for _, fl := range []flavour{jsonFlavour, jsonbFlavour} {
		RegisterBinder("to_"+fl.name, func(args []types.OID, _ types.OID) Func {
			oid := args[0]
			return func(c *Context, args []datum.Datum) (datum.Datum, error) {
				return fl.finish(AppendJSON(nil, c, oid, args[0], false))
			}
		})
		RegisterBinder(fl.name+"_build_array", func(args []types.OID, _ types.OID) Func { return buildArray(fl, args) })
		RegisterBinder(fl.name+"_build_object", func(args []types.OID, _ types.OID) Func { return buildObject(fl, args) })
		Register(fl.name+"_build_array_noargs", func(*Context, []datum.Datum) (datum.Datum, error) { return fl.make("[]"), nil })
		Register(fl.name+"_build_object_noargs", func(*Context, []datum.Datum) (datum.Datum, error) { return fl.make("{}"), nil })
		fn1(fl.name+"_object", func(a datum.Datum) (datum.Datum, error) { return objectFromArray(fl, a.Array()) })
		fn2(fl.name+"_object_two_arg", func(a, b datum.Datum) (datum.Datum, error) { return objectFromArrays(fl, a.Array(), b.Array()) })
	}
	whole := func(source string, pretty func(args []datum.Datum) bool) {
		Register(source, func(c *Context, args []datum.Datum) (datum.Datum, error) {
			return jsonFlavour.finish(AppendJSON(nil, c, guessType(args[0]), args[0], pretty(args)))
		})
	}
	plain := func([]datum.Datum) bool { return false }
	second := func(args []datum.Datum) bool { return args[1].Bool() }
	whole("row_to_json", plain)
	whole("row_to_json_pretty", second)
	whole("array_to_json", plain)
	whole("array_to_json_pretty", second)
}

// typeAt returns the type of argument i; a VARIADIC array spreads over the rest.
func typeAt(list []types.OID, i int) types.OID {
	if i < len(list) {
		return list[i]
	}
	return types.Text
}

func buildArray(fl flavour, oids []types.OID) Func {
	return func(c *Context, args []datum.Datum) (datum.Datum, error) {
		out := []byte{'['}
		var err error
		for i, a := range args {
			if i > 0 {
				out = append(out, ", "...)
			}
			if out, err = AppendJSON(out, c, typeAt(oids, i), a, false); err != nil {
				return null, err
			}
		}
		return fl.finish(append(out, ']'), nil)
	}
}

func buildObject(fl flavour, oids []types.OID) Func {
	return func(c *Context, args []datum.Datum) (datum.Datum, error) {
		if len(args)%2 != 0 {
			return null, pgerr.New(pgcode.InvalidParameterValue, "argument list must have even number of elements").
				WithHint("The arguments of %s_build_object() must consist of alternating keys and values.", fl.name)
		}
		out := []byte{'{'}
		for i := 0; i < len(args); i += 2 {
			if i > 0 {
				out = append(out, ", "...)
			}
			if args[i].IsNull() {
				if fl.name == "jsonb" {
					return null, invalidParameter("argument %d: key must not be null", i+1)
				}
				return null, pgerr.New(pgcode.InvalidParameterValue, "argument %d cannot be null", i+1).WithHint("Object keys should be text.")
			}
			key, err := jsonKey(c, typeAt(oids, i), args[i])
			if err != nil {
				return null, err
			}
			out = append(jsontext.AppendQuote(out, key), " : "...)
			if out, err = AppendJSON(out, c, typeAt(oids, i+1), args[i+1], false); err != nil {
				return null, err
			}
		}
		return fl.finish(append(out, '}'), nil)
	}
}

func errNullKey() error {
	return pgerr.New(pgcode.NullValueNotAllowed, "null value not allowed for object key")
}

// objectFromArray builds an object from {k,v,k,v} or {{k,v},{k,v}}.
func objectFromArray(fl flavour, v *datum.ArrayValue) (datum.Datum, error) {
	switch {
	case len(v.Dims) == 0:
		return fl.make("{}"), nil
	case len(v.Dims) == 1 && v.Dims[0].Len%2 != 0:
		return null, pgerr.New(pgcode.ArraySubscriptError, "array must have even number of elements")
	case len(v.Dims) == 2 && v.Dims[1].Len != 2:
		return null, pgerr.New(pgcode.ArraySubscriptError, "array must have two columns")
	case len(v.Dims) > 2:
		return null, pgerr.New(pgcode.ArraySubscriptError, "wrong number of array subscripts")
	}
	out := []byte{'{'}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		var err error
		if out, err = appendTextMember(out, i > 0, v.Elems[i], v.Elems[i+1]); err != nil {
			return null, err
		}
	}
	return fl.finish(append(out, '}'), nil)
}

func objectFromArrays(fl flavour, keys, vals *datum.ArrayValue) (datum.Datum, error) {
	switch {
	case len(keys.Dims) > 1 || len(keys.Dims) != len(vals.Dims):
		return null, pgerr.New(pgcode.ArraySubscriptError, "wrong number of array subscripts")
	case len(keys.Elems) != len(vals.Elems):
		return null, pgerr.New(pgcode.ArraySubscriptError, "mismatched array dimensions")
	}
	out := []byte{'{'}
	for i := range keys.Elems {
		var err error
		if out, err = appendTextMember(out, i > 0, keys.Elems[i], vals.Elems[i]); err != nil {
			return null, err
		}
	}
	return fl.finish(append(out, '}'), nil)
}

func appendTextMember(dst []byte, more bool, key, value datum.Datum) ([]byte, error) {
	if key.IsNull() {
		return nil, errNullKey()
	}
	if more {
		dst = append(dst, ", "...)
	}
	dst = append(jsontext.AppendQuote(dst, key.Str()), " : "...)
	if value.IsNull() {
		return append(dst, "null"...), nil
	}
	return jsontext.AppendQuote(dst, value.Str()), nil
}
