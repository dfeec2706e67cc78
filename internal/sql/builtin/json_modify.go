package builtin

import (
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/jsontext"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

func init() {
	pure1("json_strip_nulls", func(a datum.Datum) datum.Datum { return datum.NewText(string(stripNulls(nil, a.Str(), ",", ":"))) })
	pure1("jsonb_strip_nulls", func(a datum.Datum) datum.Datum { return datum.NewJSONB(string(stripNulls(nil, a.Str(), ", ", ": "))) })
	pure1("jsonb_pretty", func(a datum.Datum) datum.Datum { return datum.NewText(string(appendPretty(nil, a.Str(), 0))) })
	fn2("jsonb_concat", func(a, b datum.Datum) (datum.Datum, error) { return concatJSONB(a, b), nil })
	fn2("jsonb_delete", func(a, b datum.Datum) (datum.Datum, error) { return deleteKeys(a, b.Str()) })
	fn2("jsonb_delete_array", func(a, b datum.Datum) (datum.Datum, error) {
		if len(b.Array().Dims) > 1 {
			return null, pgerr.New(pgcode.ArraySubscriptError, "wrong number of array subscripts")
		}
		var keys []string
		for _, e := range b.Array().Elems {
			if !e.IsNull() {
				keys = append(keys, e.Str())
			}
		}
		return deleteKeys(a, keys...)
	})
	fn2("jsonb_delete_idx", deleteIndex)
	fn2("jsonb_delete_path", func(a, b datum.Datum) (datum.Datum, error) { return setPath(a, b, "", pathDelete) })
	Register("jsonb_set", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return setPath(args[0], args[1], args[2].Str(), setOp(args[3]))
	})
	Register("jsonb_insert", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		op := pathInsertBefore
		if args[3].Bool() {
			op = pathInsertAfter
		}
		return setPath(args[0], args[1], args[2].Str(), op)
	})
	Register("jsonb_set_lax", setLax)
}

// stripNulls drops members whose value is null, in objects at any depth.
func stripNulls(dst []byte, doc, comma, colon string) []byte {
	switch jsontext.KindOf(doc) {
	case jsontext.Object:
		dst = append(dst, '{')
		first := true
		jsontext.Members(doc, func(key, v string) bool {
			if jsontext.KindOf(v) == jsontext.Null {
				return true
			}
			if !first {
				dst = append(dst, comma...)
			}
			first = false
			dst = append(jsontext.AppendQuote(dst, key), colon...)
			dst = stripNulls(dst, v, comma, colon)
			return true
		})
		return append(dst, '}')
	case jsontext.Array:
		dst = append(dst, '[')
		jsontext.Elements(doc, func(i int, v string) bool {
			if i > 0 {
				dst = append(dst, comma...)
			}
			dst = stripNulls(dst, v, comma, colon)
			return true
		})
		return append(dst, ']')
	case jsontext.String:
		return jsontext.AppendQuote(dst, jsontext.Unquote(strings.TrimSpace(doc)))
	}
	return append(dst, strings.TrimSpace(doc)...)
}

// appendPretty prints a canonical text with line feeds and four blanks a level.
func appendPretty(dst []byte, doc string, depth int) []byte {
	line := func(depth int) {
		dst = append(dst, '\n')
		for range depth {
			dst = append(dst, "    "...)
		}
	}
	switch jsontext.KindOf(doc) {
	case jsontext.Object:
		dst = append(dst, '{')
		first := true
		jsontext.Members(doc, func(key, v string) bool {
			if !first {
				dst = append(dst, ',')
			}
			first = false
			line(depth + 1)
			dst = append(jsontext.AppendQuote(dst, key), ": "...)
			dst = appendPretty(dst, v, depth+1)
			return true
		})
		line(depth)
		return append(dst, '}')
	case jsontext.Array:
		dst = append(dst, '[')
		jsontext.Elements(doc, func(i int, v string) bool {
			if i > 0 {
				dst = append(dst, ',')
			}
			line(depth + 1)
			dst = appendPretty(dst, v, depth+1)
			return true
		})
		line(depth)
		return append(dst, ']')
	}
	return append(dst, doc...)
}

// joinObject and joinArray write canonical containers from canonical parts; the
// members must be in key order.
func joinObject(members []jsontext.Member) string {
	out := []byte{'{'}
	for i, m := range members {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(jsontext.AppendQuote(out, m.Key), ": "...)
		out = append(out, m.Value...)
	}
	return string(append(out, '}'))
}

func joinArray(elems []string) string { return "[" + strings.Join(elems, ", ") + "]" }

// elementsOf returns an array's elements, and anything else as an array of one.
func elementsOf(doc string) []string {
	if jsontext.KindOf(doc) == jsontext.Array {
		return jsontext.ListElements(doc)
	}
	return []string{doc}
}

func concatJSONB(a, b datum.Datum) datum.Datum {
	x, y := a.Str(), b.Str()
	if jsontext.KindOf(x) == jsontext.Object && jsontext.KindOf(y) == jsontext.Object {
		return datum.NewJSONB(mergeObjects(x, y))
	}
	return datum.NewJSONB(joinArray(append(elementsOf(x), elementsOf(y)...)))
}

// mergeObjects merges two sorted member lists, the second winning.
func mergeObjects(x, y string) string {
	left, right := jsontext.ListMembers(x), jsontext.ListMembers(y)
	var out []jsontext.Member
	for len(left) > 0 && len(right) > 0 {
		switch {
		case left[0].Key == right[0].Key:
			left = left[1:]
		case jsontext.KeyLess(left[0].Key, right[0].Key):
			out, left = append(out, left[0]), left[1:]
		default:
			out, right = append(out, right[0]), right[1:]
		}
	}
	return joinObject(append(append(out, left...), right...))
}

func deleteKeys(a datum.Datum, keys ...string) (datum.Datum, error) {
	gone := func(s string) bool {
		for _, k := range keys {
			if k == s {
				return true
			}
		}
		return false
	}
	switch doc := a.Str(); jsontext.KindOf(doc) {
	case jsontext.Object:
		var kept []jsontext.Member
		for _, m := range jsontext.ListMembers(doc) {
			if !gone(m.Key) {
				kept = append(kept, m)
			}
		}
		return datum.NewJSONB(joinObject(kept)), nil
	case jsontext.Array:
		var kept []string
		for _, e := range jsontext.ListElements(doc) {
			if jsontext.KindOf(e) != jsontext.String || !gone(jsontext.Unquote(e)) {
				kept = append(kept, e)
			}
		}
		return datum.NewJSONB(joinArray(kept)), nil
	}
	return null, invalidParameter("cannot delete from scalar")
}

func deleteIndex(a, b datum.Datum) (datum.Datum, error) {
	doc := a.Str()
	switch k := jsontext.KindOf(doc); {
	case k.IsScalar():
		return null, invalidParameter("cannot delete from scalar")
	case k == jsontext.Object:
		return null, invalidParameter("cannot delete from object using integer index")
	}
	elems, i := jsontext.ListElements(doc), b.Int()
	if i < 0 {
		i += int64(len(elems))
	}
	if i < 0 || i >= int64(len(elems)) {
		return a, nil
	}
	return datum.NewJSONB(joinArray(append(elems[:i:i], elems[i+1:]...))), nil
}

// pathOp says what setPath does at the end of its path.
type pathOp uint8

const (
	pathCreate pathOp = 1 << iota
	pathDelete
	pathReplace
	pathInsertBefore
	pathInsertAfter

	pathAdds = pathCreate | pathInsertBefore | pathInsertAfter
)

func setOp(create datum.Datum) pathOp {
	if create.Bool() {
		return pathCreate
	}
	return pathReplace
}

// setPath changes what a text[] path leads to.
func setPath(doc, path datum.Datum, value string, op pathOp) (datum.Datum, error) {
	steps := path.Array()
	empty := doc.Str() == "{}" || doc.Str() == "[]"
	switch {
	case len(steps.Dims) > 1:
		return null, pgerr.New(pgcode.ArraySubscriptError, "wrong number of array subscripts")
	case jsontext.KindOf(doc.Str()).IsScalar():
		if op == pathDelete {
			return null, invalidParameter("cannot delete path in scalar")
		}
		return null, invalidParameter("cannot set path in scalar")
	case empty && op&pathAdds == 0, len(steps.Elems) == 0:
		return doc, nil
	}
	out, err := setStep(doc.Str(), steps.Elems, 0, value, op)
	return datum.NewJSONB(out), err
}

func setStep(doc string, path []datum.Datum, level int, value string, op pathOp) (string, error) {
	if path[level].IsNull() {
		return "", pgerr.New(pgcode.NullValueNotAllowed, "path element at position %d is null", level+1)
	}
	switch jsontext.KindOf(doc) {
	case jsontext.Object:
		return setMember(doc, path, level, value, op)
	case jsontext.Array:
		return setElement(doc, path, level, value, op)
	}
	return doc, nil
}

func setMember(doc string, path []datum.Datum, level int, value string, op pathOp) (string, error) {
	key, last := path[level].Str(), level == len(path)-1
	var out []jsontext.Member
	found := false
	for _, m := range jsontext.ListMembers(doc) {
		if m.Key != key {
			out = append(out, m)
			continue
		}
		found = true
		switch {
		case !last:
			v, err := setStep(m.Value, path, level+1, value, op)
			if err != nil {
				return "", err
			}
			out = append(out, jsontext.Member{Key: key, Value: v})
		case op&(pathInsertBefore|pathInsertAfter) != 0:
			return "", pgerr.New(pgcode.InvalidParameterValue, "cannot replace existing key").
				WithHint("Try using the function jsonb_set to replace key value.")
		case op != pathDelete:
			out = append(out, jsontext.Member{Key: key, Value: value})
		}
	}
	if !found && last && op&pathAdds != 0 {
		return mergeObjects(joinObject(out), joinObject([]jsontext.Member{{Key: key, Value: value}})), nil
	}
	return joinObject(out), nil
}

func setElement(doc string, path []datum.Datum, level int, value string, op pathOp) (string, error) {
	index, ok := pathIndex(path[level].Str())
	if !ok {
		return "", pgerr.New(pgcode.InvalidTextRepresentation, "path element at position %d is not an integer: \"%s\"", level+1, path[level].Str())
	}
	elems, last := jsontext.ListElements(doc), level == len(path)-1
	if index < 0 {
		if -index > len(elems) {
			index = math.MinInt32
		} else {
			index += len(elems)
		}
	}
	index = min(index, len(elems))
	var out []string
	done := false
	if last && op&pathAdds != 0 && (index == math.MinInt32 || len(elems) == 0) {
		out, done = append(out, value), true
	}
	for i, e := range elems {
		switch {
		case i != index || done:
			out = append(out, e)
		case !last:
			v, err := setStep(e, path, level+1, value, op)
			if err != nil {
				return "", err
			}
			out = append(out, v)
		default:
			if op&(pathInsertBefore|pathCreate) != 0 {
				out = append(out, value)
			}
			if op&(pathInsertBefore|pathInsertAfter) != 0 {
				out = append(out, e)
			}
			if op&(pathInsertAfter|pathReplace) != 0 {
				out = append(out, value)
			}
			done = true
		}
	}
	if last && !done && op&pathAdds != 0 {
		out = append(out, value)
	}
	return joinArray(out), nil
}

// setLax is jsonb_set with a choice of what a NULL value means.
func setLax(_ *Context, args []datum.Datum) (datum.Datum, error) {
	const treatments = `null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"`
	switch {
	case args[0].IsNull() || args[1].IsNull() || args[3].IsNull():
		return null, nil
	case args[4].IsNull():
		return null, invalidParameter("%s", treatments)
	case !args[2].IsNull():
		return setPath(args[0], args[1], args[2].Str(), setOp(args[3]))
	}
	switch args[4].Str() {
	case "raise_exception":
		return null, pgerr.New(pgcode.NullValueNotAllowed, "JSON value must not be null").
			WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".").
			WithHint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")
	case "use_json_null":
		return setPath(args[0], args[1], "null", setOp(args[3]))
	case "delete_key":
		return setPath(args[0], args[1], "", pathDelete)
	case "return_target":
		return args[0], nil
	}
	return null, invalidParameter("%s", treatments)
}
