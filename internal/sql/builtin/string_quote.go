package builtin

import (
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/types"
)

// quotedWords are the keywords that quote_ident quotes: all but the unreserved.
var quotedWords = func() map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(`
		all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case
		cast char character check coalesce collate collation column concurrently constraint create cross
		current_catalog current_date current_role current_schema current_time current_timestamp current_user dec
		decimal default deferrable desc distinct do else end except exists extract false fetch float for foreign
		freeze from full grant greatest group grouping having ilike in initially inner inout int integer intersect
		interval into is isnull join lateral leading least left like limit localtime localtimestamp national natural
		nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay
		placing position precision primary real references returning right row select session_user setof similar
		smallint some substring symmetric table tablesample then time timestamp to trailing treat trim true union
		unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat xmlelement
		xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`) {
		set[w] = true
	}
	return set
}()

// QuoteIdent quotes an identifier where it must be quoted, as quote_ident does.
func QuoteIdent(name string) string {
	safe := name != "" && (name[0] >= 'a' && name[0] <= 'z' || name[0] == '_')
	for i := 0; safe && i < len(name); i++ {
		c := name[i]
		safe = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_'
	}
	if safe && !quotedWords[name] {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// QuoteLiteral quotes a string literal, as quote_literal does.
func QuoteLiteral(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

func init() {
	pure1("quote_ident", func(a datum.Datum) datum.Datum { return datum.NewText(QuoteIdent(a.Str())) })
	pure1("quote_literal", func(a datum.Datum) datum.Datum { return datum.NewText(QuoteLiteral(a.Str())) })
	nullable := func(c *Context, t types.OID, d datum.Datum) datum.Datum {
		if d.IsNull() {
			return datum.NewText("NULL")
		}
		return datum.NewText(QuoteLiteral(c.textOf(t, d)))
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
