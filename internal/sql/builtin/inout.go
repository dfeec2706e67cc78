package builtin

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/types"
)

// The input, output and send functions of all types are callable by name
// (textin, int4out, numeric_send) and do what package pgfmt does.
func init() {
	for _, r := range pgdata.Load("pg_type").Rows {
		typ := types.OID(r.OID("oid"))
		if !pgfmt.Supported(typ) || r.Text("typtype") != "b" {
			continue
		}
		if p := procsByOID[r.OID("typinput")]; p != nil && p.Eval == nil && !types.IsArray(typ) {
			p.Eval = func(c *Context, args []datum.Datum) (datum.Datum, error) {
				t := types.Of(typ)
				if len(args) > 2 && !args[2].IsNull() {
					t.Typmod = int32(args[2].Int())
				}
				return pgfmt.ParseText(args[0].Str(), t, c.settings())
			}
		}
		if p := procsByOID[r.OID("typoutput")]; p != nil && p.Eval == nil && len(p.Args) == 1 {
			p.Eval = func(c *Context, args []datum.Datum) (datum.Datum, error) {
				return datum.NewText(pgfmt.Text(types.Of(typ), args[0], c.settings())), nil
			}
		}
		if p := procsByOID[r.OID("typsend")]; p != nil && p.Eval == nil && len(p.Args) == 1 {
			p.Eval = func(_ *Context, args []datum.Datum) (datum.Datum, error) {
				return datum.NewBytea(string(pgfmt.AppendBinary(nil, types.Of(typ), args[0]))), nil
			}
		}
	}
}
