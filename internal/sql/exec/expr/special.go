package expr

import (
	"strconv"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// viaText converts a value through the text forms of both types.
func viaText(from, to types.T) applyFunc {
	return func(c *Ctx, args []datum.Datum) (datum.Datum, error) {
		return pgfmt.ParseText(pgfmt.Text(from, args[0], c.B.Settings), to, c.B.Settings)
	}
}

// nextVal compiles the default of an identity column.
func (comp *Compiler) nextVal(e *plan.NextVal) (Node, level, error) {
	typ, seq := e.Type(), e.Sequence
	return &lazy{typ, func(c *Ctx, _ []datum.Datum) (datum.Datum, error) {
		n, err := c.B.Session.NextVal(seq)
		return datum.NewInt(n), err
	}, comp.NewSlot()}, perRow, nil
}

// valueFunc compiles CURRENT_DATE and its like.
func (comp *Compiler) valueFunc(e *plan.SQLValueFunc) (Node, level, error) {
	typ, which := e.Type(), e.Func
	return comp.apply(typ, false, func(c *Ctx, _ []datum.Datum) (datum.Datum, error) {
		return sqlValue(c.B, which, typ)
	}), perRun, nil
}

const (
	microsPerDay = int64(86400e6)
	epochUnix    = int64(946684800) // 2000-01-01 as seconds since 1970
)

func sqlValue(b *builtin.Context, which ast.SQLValue, typ types.T) (datum.Datum, error) {
	switch which {
	case ast.CurrentRole, ast.CurrentUser, ast.User:
		return datum.NewText(b.Session.CurrentUser()), nil
	case ast.SessionUser:
		return datum.NewText(b.Session.SessionUser()), nil
	case ast.CurrentCatalog:
		return datum.NewText(b.Session.CurrentDatabase()), nil
	case ast.CurrentSchema:
		if path := b.Session.SearchPath(false); len(path) > 0 {
			return datum.NewText(path[0]), nil
		}
		return datum.Datum{}, nil
	case ast.CurrentTimestamp:
		return pgfmt.ApplyTypmod(datum.NewTimestampTZ(b.TxnTime), typ, false)
	}
	_, offset := time.UnixMicro(b.TxnTime + epochUnix*1e6).In(b.Settings.Location).Zone()
	local := b.TxnTime + int64(offset)*1e6
	days := local / microsPerDay
	micros := local % microsPerDay
	if micros < 0 {
		days, micros = days-1, micros+microsPerDay
	}
	switch which {
	case ast.CurrentDate:
		return datum.NewDate(int32(days)), nil
	case ast.CurrentTime:
		return pgfmt.ApplyTypmod(datum.NewTimeTZ(datum.TimeTZValue{Micros: micros, Zone: int32(-offset)}), typ, false)
	case ast.LocalTime:
		return pgfmt.ApplyTypmod(datum.NewTime(micros), typ, false)
	}
	return pgfmt.ApplyTypmod(datum.NewTimestamp(local), typ, false)
}

// jsonbSubscript reads or assigns by a path of object keys and array positions.
func jsonbSubscript(s subscriptShape) (applyFunc, error) {
	if s.slice {
		return nil, pgerr.New(pgcode.DatatypeMismatch, "jsonb subscript does not support slices")
	}
	name := "jsonb_extract_path"
	if s.assign {
		name = "jsonb_set"
	}
	proc := builtin.ProcsByName(name)[0]
	if err := hasBody(proc); err != nil {
		return nil, err
	}
	return func(c *Ctx, args []datum.Datum) (datum.Datum, error) {
		path := &datum.ArrayValue{Elem: uint32(types.Text), Dims: []datum.Dim{{Len: int32(s.dims), Lower: 1}}}
		for _, k := range args[1 : 1+s.dims] {
			if k.IsNull() {
				if s.assign {
					return datum.Datum{}, nullSubscript()
				}
				return datum.Datum{}, nil
			}
			if k.Kind() == datum.Int {
				k = datum.NewText(strconv.FormatInt(k.Int(), 10))
			}
			path.Elems = append(path.Elems, k)
		}
		container := args[0]
		if !s.assign {
			return proc.Eval(c.B, []datum.Datum{container, datum.NewArray(path)})
		}
		if container.IsNull() {
			container = datum.NewJSONB("{}")
		}
		value := args[1+s.dims]
		if value.IsNull() {
			value = datum.NewJSONB("null")
		}
		return proc.Eval(c.B, []datum.Datum{container, datum.NewArray(path), value, datum.NewBool(true)})
	}, nil
}

func nullSubscript() error {
	return pgerr.New(pgcode.NullValueNotAllowed, "array subscript in assignment must not be null")
}
