package syscat

import (
	"slices"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/types"
)

// RegOut returns the text of a reg* value: the name, qualified where the name
// alone would not find the object, or the number of an object that is gone.
func RegOut(cat *bind.SnapshotCatalog, regtype types.OID, oid uint32) string {
	switch regtype {
	case types.RegClass:
		if r := cat.RelationByOID(oid); r != nil {
			name := r.Desc.Head().Name
			if found := cat.Relation("", name); found != nil && found.Desc.Head().OID == oid {
				return keyword.QuoteIdent(name)
			}
			return keyword.QuoteIdent(r.Schema) + "." + keyword.QuoteIdent(name)
		}
	case types.RegType:
		if types.Lookup(types.OID(oid)) != nil {
			return pgfmt.TypeName(types.OID(oid))
		}
	case types.RegProc:
		if p := builtin.ProcByOID(oid); p != nil {
			if len(builtin.ProcsByName(p.Name)) == 1 && p.Schema == "pg_catalog" {
				return keyword.QuoteIdent(p.Name)
			}
			return keyword.QuoteIdent(p.Schema) + "." + keyword.QuoteIdent(p.Name)
		}
	case types.RegProcedure:
		if p := builtin.ProcByOID(oid); p != nil {
			args := make([]string, len(p.Args))
			for i, a := range p.Args {
				args[i] = pgfmt.TypeName(a)
			}
			name := keyword.QuoteIdent(p.Name)
			if p.Schema != "pg_catalog" {
				name = keyword.QuoteIdent(p.Schema) + "." + name
			}
			return name + "(" + strings.Join(args, ",") + ")"
		}
	case types.RegNamespace:
		if s := cat.Snapshot.Schema(oid); s != nil {
			return keyword.QuoteIdent(s.Name)
		}
	case types.RegRole:
		if r := cat.Snapshot.Role(oid); r != nil {
			return keyword.QuoteIdent(r.Name)
		}
	case types.RegOper, types.RegOperator:
		if o := builtin.OperatorByOID(oid); o != nil {
			if regtype == types.RegOper {
				return "pg_catalog." + o.Name
			}
			return o.Name + "(" + operand(o.Left) + "," + operand(o.Right) + ")"
		}
	case types.RegCollation:
		for _, c := range collations {
			if c.oid == oid {
				return keyword.QuoteIdent(c.name)
			}
		}
	}
	return strconv.FormatUint(uint64(oid), 10)
}

func operand(t types.OID) string {
	if t == 0 {
		return "none"
	}
	return pgfmt.TypeName(t)
}

// RegIn resolves the text of a reg* value to an oid.
func RegIn(cat *bind.SnapshotCatalog, regtype types.OID, text string) (uint32, error) {
	if text == "-" {
		return 0, nil
	}
	if text != "" && text[0] >= '0' && text[0] <= '9' && strings.Trim(text, "0123456789") == "" {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return 0, pgerr.New(pgcode.NumericValueOutOfRange, "value %q is out of range for type oid", text)
		}
		return uint32(n), nil
	}
	if regtype == types.RegType {
		n, err := parse.TypeName(text)
		if err != nil {
			return 0, err
		}
		t, err := bind.ResolveType(cat, n)
		return uint32(t.OID), err
	}
	if regtype == types.RegProcedure {
		return procedureByName(cat, text)
	}
	names, err := splitName(text)
	if err != nil {
		return 0, err
	}
	return regByName(cat, regtype, names, text)
}

// procedureByName resolves name(type, ...).
func procedureByName(cat *bind.SnapshotCatalog, text string) (uint32, error) {
	name, rest, ok := strings.Cut(text, "(")
	list, closed := strings.CutSuffix(strings.TrimSpace(rest), ")")
	if !ok {
		return 0, pgerr.New(pgcode.InvalidTextRepresentation, "expected a left parenthesis")
	}
	if !closed {
		return 0, pgerr.New(pgcode.InvalidTextRepresentation, "expected a right parenthesis")
	}
	names, err := splitName(name)
	if err != nil {
		return 0, err
	}
	var args []types.OID
	for _, arg := range splitArguments(list) {
		n, err := parse.TypeName(arg)
		if err != nil {
			return 0, err
		}
		t, err := bind.ResolveType(cat, n)
		if err != nil {
			return 0, err
		}
		args = append(args, t.OID)
	}
	for _, p := range builtin.ProcsByName(names[len(names)-1]) {
		if slices.Equal(p.Args, args) && (len(names) == 1 || names[len(names)-2] == p.Schema) {
			return p.OID, nil
		}
	}
	return 0, pgerr.New(pgcode.UndefinedFunction, "function \"%s\" does not exist", text)
}

// splitArguments splits a list of types at the commas outside parentheses.
func splitArguments(list string) (args []string) {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	depth, from := 0, 0
	for i := 0; i < len(list); i++ {
		switch list[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				args, from = append(args, list[from:i]), i+1
			}
		}
	}
	return append(args, list[from:])
}

func regByName(cat *bind.SnapshotCatalog, regtype types.OID, names []string, text string) (uint32, error) {
	name, schema := names[len(names)-1], ""
	if len(names) > 1 {
		schema = names[len(names)-2]
	}
	switch regtype {
	case types.RegClass:
		if schema != "" && !cat.HasSchema(schema) {
			return 0, pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", schema)
		}
		if r := cat.Relation(schema, name); r != nil {
			return r.Desc.Head().OID, nil
		}
		return 0, pgerr.New(pgcode.UndefinedTable, "relation %q does not exist", strings.Join(names, "."))
	case types.RegNamespace:
		if s := cat.Snapshot.SchemaByName(name); s != nil {
			return s.OID, nil
		}
		return 0, pgerr.New(pgcode.InvalidSchemaName, "schema %q does not exist", name)
	case types.RegRole:
		if r := cat.Snapshot.RoleByName(name); r != nil {
			return r.OID, nil
		}
		return 0, pgerr.New(pgcode.UndefinedObject, "role %q does not exist", name)
	case types.RegProc:
		switch list := builtin.ProcsByName(name); len(list) {
		case 0:
			return 0, pgerr.New(pgcode.UndefinedFunction, "function %q does not exist", text)
		case 1:
			return list[0].OID, nil
		default:
			return 0, pgerr.New(pgcode.AmbiguousFunction, "more than one function named %q", text)
		}
	case types.RegCollation:
		for _, c := range collations {
			if c.name == name {
				return c.oid, nil
			}
		}
		return 0, pgerr.New(pgcode.UndefinedObject, "collation %q for encoding \"UTF8\" does not exist", name)
	}
	return 0, pgerr.NotSupported("Use the number.", "reading a %s by name is not supported", pgfmt.FormatType(types.Of(regtype)))
}

// splitName splits a possibly quoted, possibly qualified name and folds it.
func splitName(text string) ([]string, error) {
	bad := pgerr.New(pgcode.InvalidName, "invalid name syntax")
	var parts []string
	rest := strings.TrimSpace(text)
	for {
		part := ""
		if strings.HasPrefix(rest, `"`) {
			rest = rest[1:]
			for {
				i := strings.IndexByte(rest, '"')
				if i < 0 {
					return nil, bad
				}
				part += rest[:i]
				rest = rest[i+1:]
				if !strings.HasPrefix(rest, `"`) {
					break
				}
				part, rest = part+`"`, rest[1:]
			}
		} else {
			i := strings.IndexByte(rest, '.')
			if i < 0 {
				i = len(rest)
			}
			part = strings.ToLower(strings.TrimSpace(rest[:i]))
			rest = rest[i:]
		}
		if part == "" {
			return nil, bad
		}
		parts = append(parts, part)
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return parts, nil
		}
		if rest[0] != '.' {
			return nil, bad
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// joinQuoted is the inverse of splitName.
func joinQuoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = keyword.QuoteIdent(n)
	}
	return strings.Join(list, ".")
}
