package syscat

import (
	"sync"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/types"
)

// relation is one computed relation: its descriptor and who computes its rows.
type relation struct {
	desc   *catalog.Table
	schema string
	fill   filler // nil: always empty
	zero   []datum.Datum
	at     map[string]int // column name -> index
}

// filler emits the rows of a relation.
type filler func(e *Env, r *rows) error

// fillers are registered by the files of this package, by schema-qualified name.
var fillers = map[string]filler{}

var registry = sync.OnceValue(func() *relations {
	all := &relations{byName: map[string]*relation{}, byOID: map[uint32]*relation{}}
	all.loadPgCatalog()
	all.loadInformationSchema()
	all.loadDrift()
	return all
})

type relations struct {
	list   []*relation
	byName map[string]*relation
	byOID  map[uint32]*relation
}

func (all *relations) add(schema string, d *catalog.Table) {
	r := &relation{desc: d, schema: schema, fill: fillers[schema+"."+d.Name], at: map[string]int{}}
	for i, c := range d.Columns {
		r.at[c.Name] = i
		zero := datum.Datum{}
		if c.NotNull {
			zero = zeroOf(c.Type.OID)
		}
		r.zero = append(r.zero, zero)
	}
	all.list = append(all.list, r)
	all.byName[schema+"."+d.Name] = r
	all.byOID[d.OID] = r
}

// zeroOf is what a NOT NULL column holds when nobody set it.
func zeroOf(t types.OID) datum.Datum {
	switch k := datum.KindOf(t); {
	case datum.InlineInt(k):
		return datum.NewIntOfKind(0, k)
	case k == datum.Float:
		return datum.NewFloat(0)
	case k == datum.Array:
		return datum.NewArray(&datum.ArrayValue{Elem: uint32(types.ElemOf(t))})
	case k == datum.Text:
		return datum.NewText("")
	}
	return datum.Datum{}
}

func (all *relations) loadPgCatalog() {
	columns := map[string][]catalog.Column{}
	for _, row := range pgdata.Load("pg_attribute").Rows {
		name := row.Text("relname")
		columns[name] = append(columns[name], catalog.Column{
			Attnum: int16(row.Int("attnum")), Name: row.Text("attname"),
			Type: types.Of(types.OID(row.OID("atttypid"))), NotNull: row.Bool("attnotnull"),
		})
	}
	for _, row := range pgdata.Load("pg_class").Rows {
		name := row.Text("relname")
		all.add("pg_catalog", descriptor(row.OID("oid"), name, catalog.SchemaPgCatalog, columns[name]))
	}
}

// firstInfoOID numbers the information_schema views; PostgreSQL's own numbers
// for them differ from cluster to cluster.
const firstInfoOID = 13310

func (all *relations) loadInformationSchema() {
	var names []string
	columns := map[string][]catalog.Column{}
	for _, row := range pgdata.Load("info_schema").Rows {
		name := row.Text("relname")
		if columns[name] == nil {
			names = append(names, name)
		}
		columns[name] = append(columns[name], catalog.Column{
			Attnum: int16(row.Int("attnum")), Name: row.Text("attname"), Type: domainBase(row.Text("typname"), types.OID(row.OID("atttypid"))),
		})
	}
	for i, name := range names {
		all.add("information_schema", descriptor(firstInfoOID+uint32(i), name, catalog.SchemaInfo, columns[name]))
	}
}

// domainBase replaces information_schema's domains by what they are over.
func domainBase(name string, oid types.OID) types.T {
	switch name {
	case "sql_identifier":
		return types.Of(types.Name)
	case "character_data":
		return types.Of(types.VarChar)
	case "yes_or_no":
		return types.T{OID: types.VarChar, Typmod: 7} // varchar(3)
	case "cardinal_number":
		return types.Of(types.Int4)
	case "time_stamp":
		return types.T{OID: types.TimestampTZ, Typmod: 2}
	}
	return types.Of(oid)
}

// firstDriftOID numbers the views of schema drift.
const firstDriftOID = 13490

func (all *relations) loadDrift() {
	for i, v := range driftViews {
		var columns []catalog.Column
		for j, c := range v.columns {
			columns = append(columns, catalog.Column{Attnum: int16(j + 1), Name: c.name, Type: types.Of(c.typ)})
		}
		all.add("drift", descriptor(firstDriftOID+uint32(i), v.name, catalog.SchemaDrift, columns))
	}
}

func descriptor(oid uint32, name string, schema uint32, columns []catalog.Column) *catalog.Table {
	return &catalog.Table{
		Object:  catalog.Object{OID: oid, Name: name, Schema: schema, Owner: catalog.RoleBootstrap},
		Columns: columns, Persistence: 'p',
	}
}

// Lookup returns the descriptor of a computed relation, or nil.
func Lookup(schema, name string) *catalog.Table {
	if r := registry().byName[schema+"."+name]; r != nil {
		return r.desc
	}
	return nil
}

// LookupOID returns the descriptor and schema of a computed relation by oid.
func LookupOID(oid uint32) (desc *catalog.Table, schema string, ok bool) {
	r := registry().byOID[oid]
	if r == nil {
		return nil, "", false
	}
	return r.desc, r.schema, true
}

// Rows computes a relation's rows and calls yield for each; the slice is good
// until yield returns. It stops at yield's error and returns it.
func Rows(e *Env, oid uint32, yield func([]datum.Datum) error) error {
	r := registry().byOID[oid]
	if q := e.Catalog.Sequence(oid); r == nil && q != nil {
		last, called := e.SequenceState(q)
		return yield([]datum.Datum{datum.NewInt(last), datum.NewInt(0), datum.NewBool(called)})
	}
	if r == nil || r.fill == nil {
		return nil
	}
	return r.fill(e, &rows{relation: r, row: make([]datum.Datum, len(r.zero)), yield: yield})
}

// rows builds the rows of one relation, column by column.
type rows struct {
	*relation
	row   []datum.Datum
	yield func([]datum.Datum) error
}

// begin starts a row with every column at its zero or NULL.
func (r *rows) begin() { copy(r.row, r.zero) }

// set gives a column a value. The name must exist: tests fill every relation.
func (r *rows) set(column string, d datum.Datum) {
	i, ok := r.at[column]
	if !ok {
		panic("syscat: " + r.desc.Name + " has no column " + column)
	}
	r.row[i] = d
}

func (r *rows) text(column, s string)       { r.set(column, datum.NewText(s)) }
func (r *rows) int(column string, n int64)  { r.set(column, datum.NewInt(n)) }
func (r *rows) oid(column string, n uint32) { r.set(column, datum.NewInt(int64(n))) }
func (r *rows) bool(column string, b bool)  { r.set(column, datum.NewBool(b)) }

// opt sets a text column, NULL for "".
func (r *rows) opt(column, s string) {
	if s != "" {
		r.text(column, s)
	}
}

// emit hands the row over.
func (r *rows) emit() error { return r.yield(r.row) }
