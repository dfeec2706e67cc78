package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	fn := func(c *Context, oid types.OID, name string) (datum.Datum, error) {
		return pgfmt.ParseText(name, types.Of(oid), c.settings())
	}
	Register("text_regclass", func(c *Context, args []datum.Datum) (datum.Datum, error) {
		return fn(c, types.RegClass, args[0].Str())
	})
	// to_regclass and its kin give NULL for a name that does not exist.
	for source, oid := range map[string]types.OID{
		"to_regclass": types.RegClass, "to_regtype": types.RegType, "to_regproc": types.RegProc,
		"to_regprocedure": types.RegProcedure, "to_regoper": types.RegOper, "to_regoperator": types.RegOperator,
		"to_regnamespace": types.RegNamespace, "to_regrole": types.RegRole, "to_regcollation": types.RegCollation,
	} {
		Register(source, func(c *Context, args []datum.Datum) (datum.Datum, error) {
			d, err := fn(c, oid, args[0].Str())
			switch pgerr.CodeOf(err) {
			case pgcode.UndefinedTable, pgcode.UndefinedObject, pgcode.UndefinedFunction, pgcode.InvalidSchemaName,
				pgcode.AmbiguousFunction, pgcode.InvalidTextRepresentation:
				return null, nil
			}
			return d, err
		})
	}
	fn1("oidvectortypes", func(a datum.Datum) (datum.Datum, error) {
		out := ""
		for i, e := range a.Array().Elems {
			if i > 0 {
				out += ", "
			}
			out += pgfmt.TypeName(types.OID(e.Int()))
		}
		return datum.NewText(out), nil
	})
	fn2("nameconcatoid", func(a, b datum.Datum) (datum.Datum, error) {
		suffix := "_" + pgfmt.Text(types.Of(types.Oid), b, nil)
		name := a.Str()
		for len(name)+len(suffix) > pgfmt.MaxNameBytes {
			name = pgfmt.ClipName(name[:pgfmt.MaxNameBytes-len(suffix)])
		}
		return datum.NewText(name + suffix), nil
	})
	pure2("booland_statefunc", func(a, b datum.Datum) datum.Datum { return datum.NewBool(a.Bool() && b.Bool()) })
	pure2("boolor_statefunc", func(a, b datum.Datum) datum.Datum { return datum.NewBool(a.Bool() || b.Bool()) })
}
