package syscat

import (
	"sync"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/types"
)

// fixedCatalogs hold PostgreSQL's own rows, which never change.
var fixedCatalogs = []string{
	"pg_type", "pg_proc", "pg_operator", "pg_cast", "pg_aggregate", "pg_am", "pg_opclass", "pg_opfamily", "pg_amop",
	"pg_amproc", "pg_language", "pg_range",
}

// namespaceColumn and ownerColumn are filled in for those that have them; the
// extracts leave them out because they are the same in every row.
var namespaceColumn = map[string]string{
	"pg_type": "typnamespace", "pg_proc": "pronamespace", "pg_operator": "oprnamespace", "pg_opclass": "opcnamespace",
	"pg_opfamily": "opfnamespace",
}

var ownerColumn = map[string]string{
	"pg_type": "typowner", "pg_proc": "proowner", "pg_operator": "oprowner", "pg_opclass": "opcowner",
	"pg_opfamily": "opfowner", "pg_language": "lanowner",
}

func init() {
	for _, name := range fixedCatalogs {
		fillers["pg_catalog."+name] = func(_ *Env, r *rows) error { return fillFixed(name, r) }
	}
	fillers["pg_catalog.pg_collation"] = fillCollation
	fillers["pg_catalog.pg_tablespace"] = fillTablespace
}

// fixedRows returns the rows of one of the fixed catalogs, decoded once. They
// are shared: read only.
func fixedRows(name string) [][]datum.Datum { return fixedOnce[name]() }

var fixedOnce = func() map[string]func() [][]datum.Datum {
	once := map[string]func() [][]datum.Datum{}
	for _, name := range fixedCatalogs {
		once[name] = sync.OnceValue(func() [][]datum.Datum { return decodeFixed(name) })
	}
	return once
}()

// decodeFixed reads an extract. Its values are PostgreSQL's own, so one that
// cannot be read is a damaged program.
func decodeFixed(name string) [][]datum.Datum {
	table := pgdata.Load(name)
	var list [][]datum.Datum
	r := &rows{relation: registry().byName["pg_catalog."+name], row: nil}
	for _, row := range table.Rows {
		r.row = make([]datum.Datum, len(r.zero))
		r.begin()
		for _, column := range table.Columns {
			i, ok := r.at[column]
			if !ok || row.Null(column) {
				continue
			}
			d, err := fixedValue(row.Text(column), r.desc.Columns[i].Type)
			if err != nil {
				panic("syscat: " + name + ": " + err.Error())
			}
			r.row[i] = d
		}
		if c := namespaceColumn[name]; c != "" {
			r.oid(c, catalog.SchemaPgCatalog)
		}
		if c := ownerColumn[name]; c != "" {
			r.oid(c, catalog.RoleBootstrap)
		}
		if name == "pg_type" {
			r.bool("typisdefined", true)
		}
		list = append(list, r.row)
	}
	return list
}

func fillFixed(name string, r *rows) error {
	for _, row := range fixedRows(name) {
		if err := r.yield(row); err != nil {
			return err
		}
	}
	return nil
}

// fixedValue reads a value of an extract; reg* values are kept as numbers there.
func fixedValue(text string, t types.T) (datum.Datum, error) {
	if types.IsReg(t.OID) {
		t = types.Of(types.Oid)
	}
	if datum.KindOf(t.OID) == datum.Text {
		return datum.NewText(text), nil
	}
	return pgfmt.ParseText(text, t, pgfmt.Default())
}

// collations are those that exist; all compare bytewise.
var collations = []struct {
	oid  uint32
	name string
	kind byte
}{{100, "default", 'd'}, {950, "C", 'c'}, {951, "POSIX", 'c'}}

func fillCollation(e *Env, r *rows) error {
	for _, c := range collations {
		r.begin()
		r.oid("oid", c.oid)
		r.text("collname", c.name)
		r.oid("collnamespace", catalog.SchemaPgCatalog)
		r.oid("collowner", catalog.RoleBootstrap)
		r.set("collprovider", char(c.kind))
		r.bool("collisdeterministic", true)
		r.int("collencoding", -1)
		if c.kind == 'c' {
			r.text("collcollate", c.name)
			r.text("collctype", c.name)
		}
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

var tablespaces = []struct {
	oid  uint32
	name string
}{{1663, "pg_default"}, {1664, "pg_global"}}

func fillTablespace(_ *Env, r *rows) error {
	for _, t := range tablespaces {
		r.begin()
		r.oid("oid", t.oid)
		r.text("spcname", t.name)
		r.oid("spcowner", catalog.RoleBootstrap)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

// defaultOpclass maps a type to its default btree operator class, by pg_opclass.
var defaultOpclass = map[types.OID]uint32{}

// opclassByName maps btree classes by name.
var opclassByName = map[string]uint32{}

func init() {
	for _, row := range pgdata.Load("pg_opclass").Rows {
		if row.OID("opcmethod") != btreeAM {
			continue
		}
		opclassByName[row.Text("opcname")] = row.OID("oid")
		if row.Bool("opcdefault") {
			defaultOpclass[types.OID(row.OID("opcintype"))] = row.OID("oid")
		}
	}
}

// opclassOf returns the operator class of an index key.
func opclassOf(k catalog.IndexKey) uint32 {
	if k.OpClass != "" {
		return opclassByName[k.OpClass]
	}
	switch {
	case k.Type.OID == types.VarChar:
		return defaultOpclass[types.Text]
	case types.IsArray(k.Type.OID):
		return defaultOpclass[types.AnyArray]
	case types.IsReg(k.Type.OID):
		return defaultOpclass[types.Oid]
	}
	return defaultOpclass[k.Type.OID]
}
