package builtin

import (
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	pure1("quote_ident", func(a datum.Datum) datum.Datum { return datum.NewText(keyword.QuoteIdent(a.Str())) })
	pure1("quote_literal", func(a datum.Datum) datum.Datum { return datum.NewText(keyword.QuoteLiteral(a.Str())) })
	nullable := func(c *Context, t types.OID, d datum.Datum) datum.Datum {
		if d.IsNull() {
			return datum.NewText("NULL")
		}
		return datum.NewText(keyword.QuoteLiteral(c.textOf(t, d)))
	}
	pure1("quote_nullable", func(a datum.Datum) datum.Datum { return nullable(nil, types.Text, a) })
	RegisterBinder("select pg_catalog.quote_literal($1::pg_catalog.text)", func(args []types.OID, _ types.OID) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) {
			return nullable(c, args[0], castText(args[0], a[0])), nil
		}
	})
	RegisterBinder("select pg_catalog.quote_nullable($1::pg_catalog.text)", func(args []types.OID, _ types.OID) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) {
			return nullable(c, args[0], castText(args[0], a[0])), nil
		}
	})
	RegisterBinder("select $1 operator(pg_catalog.||) $2::pg_catalog.text", func(args []types.OID, _ types.OID) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) {
			return datum.NewText(a[0].Str() + c.textOf(args[1], castText(args[1], a[1]))), nil
		}
	})
	RegisterBinder("select $1::pg_catalog.text operator(pg_catalog.||) $2", func(args []types.OID, _ types.OID) Func {
		return func(c *Context, a []datum.Datum) (datum.Datum, error) {
			return datum.NewText(c.textOf(args[0], castText(args[0], a[0])) + a[1].Str()), nil
		}
	})
	Register("parse_ident", func(_ *Context, a []datum.Datum) (datum.Datum, error) {
		parts, err := parseIdent(a[0].Str(), a[1].Bool())
		if err != nil {
			return null, err
		}
		return textArray(parts), nil
	})
}

// castText does what a cast to text does where it differs from the output form:
// booleans are spelled out, char(n) loses its padding.
func castText(t types.OID, d datum.Datum) datum.Datum {
	switch {
	case d.IsNull():
	case t == types.Bool && d.Bool():
		return datum.NewText("true")
	case t == types.Bool:
		return datum.NewText("false")
	case t == types.BPChar:
		return datum.NewText(strings.TrimRight(d.Str(), " "))
	}
	return d
}

// textArray makes a one-dimensional text array.
func textArray(list []string) datum.Datum {
	elems := make([]datum.Datum, len(list))
	for i, s := range list {
		elems[i] = datum.NewText(s)
	}
	return textArrayOf(elems)
}

func textArrayOf(elems []datum.Datum) datum.Datum {
	a := &datum.ArrayValue{Elem: uint32(types.Text), Elems: elems}
	if len(elems) > 0 {
		a.Dims = []datum.Dim{{Len: int32(len(elems)), Lower: 1}}
	}
	return datum.NewArray(a)
}

// parseIdent splits a qualified name. Text after the last part is an error when
// strict.
func parseIdent(text string, strict bool) ([]string, error) {
	fail := func() *pgerr.Error {
		return pgerr.From(invalidParameter("string is not a valid identifier: \"%s\"", text))
	}
	isStart := func(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
	rest := strings.TrimLeft(text, " \t\n\r\f")
	var parts []string
	afterDot := false
	for {
		var part string
		switch {
		case strings.HasPrefix(rest, `"`):
			end := 1
			for end < len(rest) && (rest[end] != '"' || strings.HasPrefix(rest[end+1:], `"`)) {
				if rest[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(rest) {
				return nil, fail().WithDetail("String has unclosed double quotes.")
			}
			part = strings.ReplaceAll(rest[1:end], `""`, `"`)
			rest = rest[end+1:]
			if part == "" {
				return nil, fail().WithDetail("Quoted identifier must not be empty.")
			}
		case rest != "" && isStart(rest[0]):
			end := 1
			for end < len(rest) && (isStart(rest[end]) || rest[end] >= '0' && rest[end] <= '9' || rest[end] == '$') {
				end++
			}
			part, rest = asciiLower(rest[:end]), rest[end:]
		case strings.HasPrefix(rest, "."):
			return nil, fail().WithDetail("No valid identifier before \".\".")
		case afterDot:
			return nil, fail().WithDetail("No valid identifier after \".\".")
		default:
			return nil, fail()
		}
		parts = append(parts, part)
		rest = strings.TrimLeft(rest, " \t\n\r\f")
		if strings.HasPrefix(rest, ".") {
			afterDot = true
			rest = strings.TrimLeft(rest[1:], " \t\n\r\f")
			continue
		}
		if rest != "" && strict {
			return nil, fail()
		}
		return parts, nil
	}
}
