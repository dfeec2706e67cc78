package syscat

import (
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	proc := func(source string, f func(*builtin.Proc) (string, bool)) {
		builtin.Register(source, func(_ *builtin.Context, args []datum.Datum) (datum.Datum, error) {
			p := builtin.ProcByOID(oidArg(args[0]))
			if p == nil {
				return datum.Datum{}, nil
			}
			text, ok := f(p)
			if !ok {
				return datum.Datum{}, nil
			}
			return datum.NewText(text), nil
		})
	}
	proc("pg_get_function_arguments", func(p *builtin.Proc) (string, bool) { return procArguments(p, true), true })
	proc("pg_get_function_identity_arguments", func(p *builtin.Proc) (string, bool) { return procArguments(p, false), true })
	proc("pg_get_function_result", procResult)
	proc("pg_get_function_sqlbody", func(*builtin.Proc) (string, bool) { return "", false })
	builtin.Register("pg_get_function_arg_default", func(_ *builtin.Context, args []datum.Datum) (datum.Datum, error) {
		p := builtin.ProcByOID(oidArg(args[0]))
		if p == nil {
			return datum.Datum{}, nil
		}
		text, ok := defaultOf(p, inputNumber(p, int(args[1].Int())-1))
		if !ok {
			return datum.Datum{}, nil
		}
		return datum.NewText(text), nil
	})
}

// parameter is one declared parameter of a function.
type parameter struct {
	name string
	mode byte
	typ  types.OID
}

func parameters(p *builtin.Proc) []parameter {
	all := p.AllArgs
	if all == nil {
		all = p.Args
	}
	list := make([]parameter, len(all))
	for i, t := range all {
		list[i] = parameter{mode: 'i', typ: t}
		if i < len(p.ArgModes) {
			list[i].mode = p.ArgModes[i]
		}
		if i < len(p.ArgNames) {
			list[i].name = p.ArgNames[i]
		}
	}
	return list
}

// inputNumber counts the input parameters before a declared one.
func inputNumber(p *builtin.Proc, declared int) int {
	list := parameters(p)
	if declared < 0 || declared >= len(list) || list[declared].mode == 'o' || list[declared].mode == 't' {
		return -1
	}
	n := 0
	for _, a := range list[:declared] {
		if a.mode != 'o' && a.mode != 't' {
			n++
		}
	}
	return n
}

// defaultOf returns the default of an input parameter.
func defaultOf(p *builtin.Proc, input int) (string, bool) {
	i := input - (len(p.Args) - len(p.DefaultArgs))
	if input < 0 || i < 0 || i >= len(p.DefaultArgs) {
		return "", false
	}
	return p.DefaultArgs[i], true
}

// procArguments prints a function's parameters, those that identify it or all.
func procArguments(p *builtin.Proc, all bool) string {
	var parts []string
	input := 0
	for _, a := range parameters(p) {
		isInput := a.mode != 'o' && a.mode != 't'
		number := input
		if isInput {
			input++
		}
		if a.mode == 't' || !isInput && !all {
			continue
		}
		part := map[byte]string{'o': "OUT ", 'b': "INOUT ", 'v': "VARIADIC "}[a.mode]
		if a.name != "" {
			part += keyword.QuoteIdent(a.name) + " "
		}
		part += pgfmt.TypeName(a.typ)
		if text, ok := defaultOf(p, number); ok && isInput && all {
			part += " DEFAULT " + text
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// procResult prints what a function returns; procedures return nothing.
func procResult(p *builtin.Proc) (string, bool) {
	if p.Kind == 'p' {
		return "", false
	}
	var columns []string
	for _, a := range parameters(p) {
		if a.mode == 't' {
			columns = append(columns, keyword.QuoteIdent(a.name)+" "+pgfmt.TypeName(a.typ))
		}
	}
	if len(columns) > 0 {
		return "TABLE(" + strings.Join(columns, ", ") + ")", true
	}
	text := pgfmt.TypeName(p.Ret)
	if p.RetSet {
		text = "SETOF " + text
	}
	return text, true
}
