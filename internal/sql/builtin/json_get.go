package builtin

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/jsontext"
	"github.com/driftdb/driftdb/internal/numeric"
)

// flavour makes values of json or jsonb from a text.
type flavour struct {
	name string // "json" or "jsonb", the prefix of function names
	make func(text string) datum.Datum
}

var (
	jsonFlavour  = flavour{"json", datum.NewText}
	jsonbFlavour = flavour{"jsonb", datum.NewJSONB}
)

func init() {
	for _, fl := range []flavour{jsonFlavour, jsonbFlavour} {
		registerJSONGet(fl)
		registerJSONSets(fl)
	}
	registerJSONBPredicates()
	registerJSONBCasts()
}

// asText turns the text of a value into what ->> gives: strings decoded, null as NULL.
func asText(value string) (datum.Datum, error) {
	switch jsontext.KindOf(value) {
	case jsontext.Null:
		return null, nil
	case jsontext.String:
		s, err := jsontext.Decode(value)
		return datum.NewText(s), err
	}
	return datum.NewText(value), nil
}

func registerJSONGet(fl flavour) {
	type getter func(doc string, key datum.Datum) (string, bool)
	field := func(doc string, key datum.Datum) (string, bool) {
		if jsontext.KindOf(doc) != jsontext.Object {
			return "", false
		}
		return jsontext.Field(doc, key.Str())
	}
	element := func(doc string, key datum.Datum) (string, bool) {
		k := jsontext.KindOf(doc)
		if fl.name == "jsonb" && k.IsScalar() {
			// PostgreSQL stores a lone scalar as an array of one, and it shows here.
			return doc, key.Int() == 0 || key.Int() == -1
		}
		if k != jsontext.Array {
			return "", false
		}
		return jsontext.Element(doc, int(key.Int()))
	}
	path := func(doc string, key datum.Datum) (string, bool) { return walkPath(doc, key.Array()) }
	for source, get := range map[string]getter{"object_field": field, "array_element": element, "extract_path": path} {
		pure2(fl.name+"_"+source, func(a, b datum.Datum) datum.Datum {
			if v, ok := get(a.Str(), b); ok {
				return fl.make(v)
			}
			return null
		})
		fn2(fl.name+"_"+source+"_text", func(a, b datum.Datum) (datum.Datum, error) {
			if v, ok := get(a.Str(), b); ok {
				return asText(v)
			}
			return null, nil
		})
	}
	pure1(fl.name+"_typeof", func(a datum.Datum) datum.Datum {
		return datum.NewText(jsontext.KindOf(a.Str()).TypeName())
	})
	fn1(fl.name+"_array_length", func(a datum.Datum) (datum.Datum, error) {
		switch k := jsontext.KindOf(a.Str()); {
		case k == jsontext.Object:
			return null, invalidParameter("cannot get array length of a non-array")
		case k != jsontext.Array:
			return null, invalidParameter("cannot get array length of a scalar")
		}
		return datum.NewInt(int64(jsontext.Len(a.Str()))), nil
	})
}

// walkPath follows a text[] path; a NULL step finds nothing.
func walkPath(doc string, path *datum.ArrayValue) (string, bool) {
	doc = strings.Trim(doc, " \t\r\n")
	for _, step := range path.Elems {
		if step.IsNull() {
			return "", false
		}
		ok := false
		switch jsontext.KindOf(doc) {
		case jsontext.Object:
			doc, ok = jsontext.Field(doc, step.Str())
		case jsontext.Array:
			var i int
			if i, ok = pathIndex(step.Str()); ok {
				doc, ok = jsontext.Element(doc, i)
			}
		}
		if !ok {
			return "", false
		}
	}
	return doc, true
}

// pathIndex reads a path step as C's strtol does, allowing leading blanks.
func pathIndex(s string) (int, bool) {
	n, err := strconv.ParseInt(strings.TrimLeft(s, " \t\n\v\f\r"), 10, 32)
	return int(n), err == nil
}

func registerJSONSets(fl flavour) {
	elements := func(text bool) SetFunc {
		return func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
			doc := args[0].Str()
			switch k := jsontext.KindOf(doc); {
			case k == jsontext.Object && fl.name == "jsonb":
				return invalidParameter("cannot extract elements from an object")
			case k == jsontext.Object:
				if text {
					return invalidParameter("cannot call json_array_elements_text on a non-array")
				}
				return invalidParameter("cannot call json_array_elements on a non-array")
			case k.IsScalar() && fl.name == "jsonb":
				return invalidParameter("cannot extract elements from a scalar")
			case k.IsScalar():
				if text {
					return invalidParameter("cannot call json_array_elements_text on a scalar")
				}
				return invalidParameter("cannot call json_array_elements on a scalar")
			}
			row := make([]datum.Datum, 1)
			var err error
			jsontext.Elements(doc, func(_ int, v string) bool {
				if row[0] = fl.make(v); text {
					if row[0], err = asText(v); err != nil {
						return false
					}
				}
				err = yield(row)
				return err == nil
			})
			return err
		}
	}
	RegisterSet(fl.name+"_array_elements", elements(false))
	RegisterSet(fl.name+"_array_elements_text", elements(true))
	each := func(name string, text bool) SetFunc {
		return func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
			doc := args[0].Str()
			if k := jsontext.KindOf(doc); k != jsontext.Object {
				switch {
				case fl.name == "jsonb":
					return invalidParameter("cannot call %s on a non-object", name)
				case k == jsontext.Array:
					return invalidParameter("cannot deconstruct an array as an object")
				}
				return invalidParameter("cannot deconstruct a scalar")
			}
			row := make([]datum.Datum, 2)
			var err error
			jsontext.Members(doc, func(key, v string) bool {
				row[0], row[1] = datum.NewText(key), fl.make(v)
				if text {
					if row[1], err = asText(v); err != nil {
						return false
					}
				}
				err = yield(row)
				return err == nil
			})
			return err
		}
	}
	RegisterSet(fl.name+"_each", each(fl.name+"_each", false))
	RegisterSet(fl.name+"_each_text", each(fl.name+"_each_text", true))
	RegisterSet(fl.name+"_object_keys", func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
		switch k := jsontext.KindOf(args[0].Str()); {
		case k == jsontext.Array:
			return invalidParameter("cannot call %s_object_keys on an array", fl.name)
		case k.IsScalar():
			return invalidParameter("cannot call %s_object_keys on a scalar", fl.name)
		}
		row := make([]datum.Datum, 1)
		var err error
		jsontext.Members(args[0].Str(), func(key, _ string) bool {
			row[0] = datum.NewText(key)
			err = yield(row)
			return err == nil
		})
		return err
	})
}

func registerJSONBPredicates() {
	pure2("jsonb_contains", func(a, b datum.Datum) datum.Datum { return datum.NewBool(jsontext.Contains(a.Str(), b.Str())) })
	pure2("jsonb_contained", func(a, b datum.Datum) datum.Datum { return datum.NewBool(jsontext.Contains(b.Str(), a.Str())) })
	pure2("jsonb_exists", func(a, b datum.Datum) datum.Datum { return datum.NewBool(hasKey(a.Str(), b.Str())) })
	count := func(a, b datum.Datum) (found, total int) {
		for _, e := range b.Array().Elems {
			if e.IsNull() {
				continue
			}
			total++
			if hasKey(a.Str(), e.Str()) {
				found++
			}
		}
		return found, total
	}
	pure2("jsonb_exists_any", func(a, b datum.Datum) datum.Datum {
		found, _ := count(a, b)
		return datum.NewBool(found > 0)
	})
	pure2("jsonb_exists_all", func(a, b datum.Datum) datum.Datum {
		found, total := count(a, b)
		return datum.NewBool(found == total)
	})
}

// hasKey reports whether key is a key of an object, a string of an array, or the
// string itself.
func hasKey(doc, key string) bool {
	found := false
	switch jsontext.KindOf(doc) {
	case jsontext.Object:
		_, found = jsontext.Field(doc, key)
	case jsontext.Array:
		jsontext.Elements(doc, func(_ int, v string) bool {
			found = jsontext.KindOf(v) == jsontext.String && jsontext.Unquote(v) == key
			return !found
		})
	case jsontext.String:
		found = jsontext.Unquote(doc) == key
	}
	return found
}

func registerJSONBCasts() {
	fn1("jsonb_bool", func(a datum.Datum) (datum.Datum, error) {
		switch jsontext.KindOf(a.Str()) {
		case jsontext.True:
			return datum.NewBool(true), nil
		case jsontext.False:
			return datum.NewBool(false), nil
		}
		return null, errJSONBCast(a.Str(), "boolean")
	})
	number := func(source, typ string, convert func(datum.Datum) (datum.Datum, error)) {
		fn1(source, func(a datum.Datum) (datum.Datum, error) {
			if jsontext.KindOf(a.Str()) != jsontext.Number {
				return null, errJSONBCast(a.Str(), typ)
			}
			n, err := numeric.Parse(a.Str())
			if err != nil {
				return null, err
			}
			return convert(n)
		})
	}
	number("jsonb_numeric", "numeric", func(n datum.Datum) (datum.Datum, error) { return n, nil })
	number("jsonb_int2", "smallint", func(n datum.Datum) (datum.Datum, error) { return numericToInt(n, smallint) })
	number("jsonb_int4", "integer", func(n datum.Datum) (datum.Datum, error) { return numericToInt(n, integer) })
	number("jsonb_int8", "bigint", func(n datum.Datum) (datum.Datum, error) { return numericToInt(n, bigint) })
	number("jsonb_float4", "real", numericToFloat4)
	number("jsonb_float8", "double precision", numericToFloat8)
}

func errJSONBCast(doc, typ string) error {
	kind := jsontext.KindOf(doc).TypeName()
	if kind == "number" {
		kind = "numeric"
	}
	return invalidParameter("cannot cast jsonb %s to type %s", kind, typ)
}
