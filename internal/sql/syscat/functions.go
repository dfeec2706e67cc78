package syscat

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
)

// Provider is implemented by sessions: it gives the functions of this package
// the catalog they read.
type Provider interface {
	CatalogEnv(ctx context.Context) (*Env, error)
}

// withEnv makes a function body from one that reads the catalog.
func withEnv(f func(e *Env, args []datum.Datum) (datum.Datum, error)) builtin.Func {
	return func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
		p, ok := c.Session.(Provider)
		if !ok {
			return datum.Datum{}, pgerr.NotSupported("Call it in a session.", "catalog functions need a session")
		}
		e, err := p.CatalogEnv(c.Ctx)
		if err != nil {
			return datum.Datum{}, err
		}
		return f(e, args)
	}
}

func oidArg(d datum.Datum) uint32 { return uint32(d.Int()) }

func textOrNull(s string) (datum.Datum, error) {
	if s == "" {
		return datum.Datum{}, nil
	}
	return datum.NewText(s), nil
}

func flagArg(args []datum.Datum, i int) bool { return i < len(args) && args[i].Bool() }

func init() {
	reg := func(source string, f func(e *Env, args []datum.Datum) (datum.Datum, error)) {
		builtin.Register(source, withEnv(f))
	}
	reg("pg_get_indexdef", func(e *Env, args []datum.Datum) (datum.Datum, error) { return getIndexDef(e, args, 0, false) })
	reg("pg_get_indexdef_ext", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		return getIndexDef(e, args, int(args[1].Int()), args[2].Bool())
	})
	reg("pg_get_constraintdef", getConstraintDef)
	reg("pg_get_constraintdef_ext", getConstraintDef)
	reg("pg_get_expr", getExpr)
	reg("pg_get_expr_ext", getExpr)
	reg("pg_get_viewdef", getViewDef)
	reg("pg_get_viewdef_ext", getViewDef)
	reg("pg_get_userbyid", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		return datum.NewText(e.roleName(oidArg(args[0]))), nil
	})
	reg("pg_table_is_visible", isVisible)
	for _, source := range []string{
		"pg_type_is_visible", "pg_function_is_visible", "pg_operator_is_visible", "pg_opclass_is_visible", "pg_opfamily_is_visible",
		"pg_collation_is_visible", "pg_conversion_is_visible", "pg_ts_config_is_visible", "pg_ts_dict_is_visible", "pg_ts_parser_is_visible",
		"pg_ts_template_is_visible", "pg_statistics_obj_is_visible",
	} {
		reg(source, func(*Env, []datum.Datum) (datum.Datum, error) { return datum.NewBool(true), nil })
	}
	reg("pg_get_serial_sequence", getSerialSequence)
	builtin.Register("format_type", formatType)
	builtin.Register("PG_encoding_to_char", func(_ *builtin.Context, args []datum.Datum) (datum.Datum, error) {
		if args[0].Int() == encodingUTF8 {
			return datum.NewText("UTF8"), nil
		}
		return datum.NewText(""), nil
	})
	registerComments()
}

func getIndexDef(e *Env, args []datum.Datum, column int, pretty bool) (datum.Datum, error) {
	x := e.Catalog.Index(oidArg(args[0]))
	if x == nil {
		return datum.Datum{}, nil
	}
	return textOrNull(e.IndexDef(x, column, pretty))
}

func getConstraintDef(e *Env, args []datum.Datum) (out datum.Datum, err error) {
	oid, pretty := oidArg(args[0]), flagArg(args, 1)
	_ = e.tables(func(t *catalog.Table) error {
		for i := range t.Constraints {
			if t.Constraints[i].OID == oid {
				out = datum.NewText(e.ConstraintDef(t, &t.Constraints[i], pretty))
			}
		}
		return nil
	})
	return out, nil
}

func getExpr(e *Env, args []datum.Datum) (datum.Datum, error) {
	return datum.NewText(e.Print(args[0].Str(), e.Catalog.Table(oidArg(args[1])), flagArg(args, 2))), nil
}

func getViewDef(e *Env, args []datum.Datum) (datum.Datum, error) {
	v := e.Catalog.View(oidArg(args[0]))
	if v == nil {
		return datum.Datum{}, nil
	}
	return datum.NewText(e.PrintView(v, flagArg(args, 1))), nil
}

func isVisible(e *Env, args []datum.Datum) (datum.Datum, error) {
	oid := oidArg(args[0])
	if e.Catalog.Get(oid) == nil && registry().byOID[oid] == nil {
		return datum.Datum{}, nil
	}
	if b := registry().byOID[oid]; b != nil {
		return datum.NewBool(b.schema == "pg_catalog"), nil
	}
	return datum.NewBool(e.Visible(oid)), nil
}

// formatType is format_type. Without a type modifier (NULL) it prints the name
// that the SQL standard gives the type; -1 says that there is none, and shows as
// such for types where that matters (bpchar).
func formatType(_ *builtin.Context, args []datum.Datum) (datum.Datum, error) {
	if args[0].IsNull() {
		return datum.Datum{}, nil
	}
	oid := types.OID(oidArg(args[0]))
	switch {
	case oid == 0:
		return datum.NewText("-"), nil
	case types.Lookup(oid) == nil:
		return datum.NewText("???"), nil
	case args[1].IsNull():
		return datum.NewText(pgfmt.TypeName(oid)), nil
	}
	return datum.NewText(pgfmt.FormatType(types.T{OID: oid, Typmod: int32(args[1].Int())})), nil
}

// getSerialSequence is pg_get_serial_sequence(table, column).
func getSerialSequence(e *Env, args []datum.Datum) (datum.Datum, error) {
	names, err := splitName(args[0].Str())
	if err != nil {
		return datum.Datum{}, err
	}
	oid, err := e.Formats.Names.RegIn(uint32(types.RegClass), joinQuoted(names))
	if err != nil {
		return datum.Datum{}, err
	}
	t := e.Catalog.Table(oid)
	if t == nil {
		return datum.Datum{}, nil
	}
	c := t.Column(args[1].Str())
	if c == nil {
		return datum.Datum{}, pgerr.New(pgcode.UndefinedColumn, "column %q of relation %q does not exist", args[1].Str(), t.Name)
	}
	if q := e.Catalog.Sequence(c.Sequence); q != nil {
		return datum.NewText(e.relationName(&q.Object, false)), nil
	}
	return datum.Datum{}, nil
}

// registerComments gives obj_description and its like their bodies; they are SQL
// functions in PostgreSQL, known by OID.
func registerComments() {
	find := func(class uint32, obj datum.Datum, sub int64) builtin.Func {
		return withEnv(func(e *Env, _ []datum.Datum) (out datum.Datum, err error) {
			err = comments(e, func(c comment) error {
				if (class == 0 || c.class == class) && c.obj == oidArg(obj) && int64(c.sub) == sub {
					out = datum.NewText(c.text)
				}
				return nil
			})
			return out, err
		})
	}
	for _, p := range builtin.ProcsByName("obj_description") {
		builtin.RegisterOID(p.OID, func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
			class := uint32(0)
			if len(args) > 1 {
				if d := Lookup("pg_catalog", args[1].Str()); d != nil {
					class = d.OID
				}
			}
			return find(class, args[0], 0)(c, nil)
		})
	}
	for _, p := range builtin.ProcsByName("col_description") {
		builtin.RegisterOID(p.OID, func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
			return find(pgClassOID, args[0], args[1].Int())(c, nil)
		})
	}
	for _, p := range builtin.ProcsByName("shobj_description") {
		builtin.RegisterOID(p.OID, withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
			if d := e.Catalog.Get(oidArg(args[0])); d != nil {
				return textOrNull(d.Head().Comment)
			}
			return datum.Datum{}, nil
		}))
	}
}
