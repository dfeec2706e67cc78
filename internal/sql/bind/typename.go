package bind

import (
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

// typeName resolves a type as written, with its modifiers and array bounds.
func (b *binder) typeName(n *ast.TypeName) types.T {
	if n.PctType {
		return b.columnType(n)
	}
	if n.Setof {
		b.failf(n.Pos, pgcode.SyntaxError, "cannot use SETOF here")
	}
	info := b.typeByName(n)
	t := types.T{OID: info.OID, Typmod: b.typmod(info, n)}
	if len(n.ArrayBounds) > 0 {
		if info.Array == 0 {
			if isArray(info.OID) {
				return t
			}
			b.failf(n.Pos, pgcode.UndefinedObject, "could not find array type for data type %s", typeText(info.OID))
		}
		t.OID = info.Array
	}
	return t
}

func (b *binder) typeByName(n *ast.TypeName) *types.Info {
	schema, name := "", n.Names[len(n.Names)-1]
	switch {
	case len(n.Names) > 3:
		b.failf(n.Pos, pgcode.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(n.Names, "."))
	case len(n.Names) == 3 && n.Names[0] != b.cat.Database():
		b.failf(-1, pgcode.FeatureNotSupported, "cross-database references are not implemented: %s", strings.Join(n.Names, "."))
	}
	if len(n.Names) > 1 {
		schema = n.Names[len(n.Names)-2]
	}
	if schema != "" && !b.cat.HasSchema(schema) {
		b.failf(n.Pos, pgcode.InvalidSchemaName, "schema %q does not exist", schema)
	}
	if schema == "" || schema == "pg_catalog" {
		if info := types.ByName(name); info != nil {
			return info
		}
	}
	if b.cat.Relation(schema, name) != nil {
		b.unsupported(n.Pos, "Name the columns' types.", "row type %q is not supported", strings.Join(n.Names, "."))
	}
	b.failf(n.Pos, pgcode.UndefinedObject, "type %q does not exist", strings.Join(n.Names, ".")+strings.Repeat("[]", len(n.ArrayBounds)))
	return nil
}

// columnType resolves table.column%TYPE.
func (b *binder) columnType(n *ast.TypeName) types.T {
	names := n.Names
	if len(names) < 2 {
		b.failf(n.Pos, pgcode.SyntaxError, "improper %%TYPE reference (too few dotted names): %s", strings.Join(names, "."))
	}
	schema := ""
	if len(names) > 2 {
		schema = names[len(names)-3]
	}
	table, column := names[len(names)-2], names[len(names)-1]
	rel := b.cat.Relation(schema, table)
	if rel == nil {
		b.failf(n.Pos, pgcode.UndefinedTable, "relation %q does not exist", strings.Join(names[:len(names)-1], "."))
	}
	for _, c := range relationColumns(rel) {
		if c.name == column {
			return c.typ
		}
	}
	b.failf(n.Pos, pgcode.UndefinedColumn, "column %q of relation %q does not exist", column, table)
	return types.T{}
}

// typmod computes a type's modifier from its arguments, as the type's typmodin
// function does.
func (b *binder) typmod(info *types.Info, n *ast.TypeName) int32 {
	if len(n.Typmods) == 0 {
		return -1
	}
	base := info.OID
	if isArray(base) {
		base = info.Elem
	}
	takes := false
	switch base {
	case types.BPChar, types.VarChar, types.Numeric, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ,
		types.Interval, types.Bit, types.VarBit:
		takes = true
	}
	if !takes {
		b.failf(n.Pos, pgcode.SyntaxError, "type modifier is not allowed for type %q", strings.Join(n.Names, "."))
	}
	args := make([]int32, len(n.Typmods))
	for i, m := range n.Typmods {
		args[i] = b.typmodArg(m, n)
	}
	switch base {
	case types.Numeric:
		return b.numericMod(args, n.Pos)
	case types.Interval:
		return b.intervalMod(args, n.Pos)
	case types.BPChar, types.VarChar, types.Bit, types.VarBit:
		return b.lengthMod(base, args, n.Pos)
	}
	return b.precisionMod(base, args, n.Pos)
}

// typmodArg evaluates one modifier: an integer, or a word or string that looks
// like one.
func (b *binder) typmodArg(e ast.Expr, n *ast.TypeName) int32 {
	if c, ok := e.(*ast.Const); ok {
		switch c.Kind {
		case ast.ConstInt:
			return c.Int
		case ast.ConstFloat, ast.ConstString:
			v, err := b.input(types.Of(types.Int4), c.Text)
			if err != nil {
				b.fail(err)
			}
			return int32(v.Int())
		}
	}
	if o, ok := e.(*ast.OpExpr); ok && o.Left == nil && o.Op.Name == "-" {
		return -b.typmodArg(o.Right, n)
	}
	if _, ok := e.(*ast.ColumnRef); ok {
		b.failf(n.Pos, pgcode.InvalidTextRepresentation, "invalid input syntax for type %s: %q", "integer", e.(*ast.ColumnRef).Fields[0])
	}
	b.failf(n.Pos, pgcode.SyntaxError, "type modifiers must be simple constants or identifiers")
	return 0
}

func (b *binder) lengthMod(base types.OID, args []int32, pos int) int32 {
	name, max, offset := map[types.OID]string{
		types.BPChar: "char", types.VarChar: "varchar", types.Bit: "bit", types.VarBit: "varbit",
	}[base], int32(10485760), int32(4)
	if base == types.Bit || base == types.VarBit {
		max, offset = 83886080, 0
	}
	if len(args) != 1 {
		b.failf(pos, pgcode.InvalidParameterValue, "invalid type modifier")
	}
	if args[0] < 1 {
		b.failf(pos, pgcode.InvalidParameterValue, "length for type %s must be at least 1", name)
	}
	if args[0] > max {
		b.failf(pos, pgcode.InvalidParameterValue, "length for type %s cannot exceed %d", name, max)
	}
	return args[0] + offset
}

func (b *binder) numericMod(args []int32, pos int) int32 {
	if len(args) > 2 {
		b.failf(pos, pgcode.InvalidParameterValue, "invalid NUMERIC type modifier")
	}
	precision, scale := args[0], int32(0)
	if precision < 1 || precision > 1000 {
		b.failf(pos, pgcode.InvalidParameterValue, "NUMERIC precision %d must be between 1 and 1000", precision)
	}
	if len(args) == 2 {
		scale = args[1]
		if scale < -1000 || scale > 1000 {
			b.failf(pos, pgcode.InvalidParameterValue, "NUMERIC scale %d must be between -1000 and 1000", scale)
		}
	}
	return (precision<<16 | scale&0x7ff) + 4
}

// precisionMod is for the date/time types; PostgreSQL reduces a precision above
// 6 with a warning.
func (b *binder) precisionMod(base types.OID, args []int32, pos int) int32 {
	if len(args) != 1 {
		b.failf(pos, pgcode.InvalidParameterValue, "invalid type modifier")
	}
	if args[0] < 0 {
		name, zone := "TIMESTAMP", ""
		if base == types.Time || base == types.TimeTZ {
			name = "TIME"
		}
		if base == types.TimeTZ || base == types.TimestampTZ {
			zone = " WITH TIME ZONE"
		}
		b.failf(pos, pgcode.InvalidParameterValue, "%s(%d)%s precision must not be negative", name, args[0], zone)
	}
	return min(args[0], 6)
}

// intervalMod takes the field mask and the precision, as the parser gives them.
func (b *binder) intervalMod(args []int32, pos int) int32 {
	mask, precision := args[0], int32(intervalNoPrec)
	if len(args) == 1 && mask == intervalFull {
		return -1
	}
	if len(args) == 2 {
		precision = args[1]
		if precision < 0 {
			b.failf(pos, pgcode.InvalidParameterValue, "INTERVAL(%d) precision must not be negative", precision)
		}
		if precision != intervalNoPrec {
			precision = min(precision, 6)
		}
	}
	return precision | mask<<16
}
