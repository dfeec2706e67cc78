package syscat

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// oids of catalogs that other catalogs refer to.
const (
	pgClassOID      = 1259
	pgTypeOID       = 1247
	pgNamespaceOID  = 2615
	pgConstraintOID = 2606
	pgAttrdefOID    = 2604
	pgRewriteOID    = 2618
	pgAuthidOID     = 1260
	pgDatabaseOID   = 1262
	heapAM          = 2
	btreeAM         = 403
	cstring         = 2275
)

func init() {
	fillers["pg_catalog.pg_class"] = fillClass
	fillers["pg_catalog.pg_attribute"] = fillAttribute
	fillers["pg_catalog.pg_attrdef"] = fillAttrdef
	fillers["pg_catalog.pg_index"] = fillIndex
	fillers["pg_catalog.pg_constraint"] = fillConstraint
	fillers["pg_catalog.pg_sequence"] = fillSequence
	fillers["pg_catalog.pg_rewrite"] = fillRewrite
	fillers["pg_catalog.pg_depend"] = fillDepend
}

// builtinKind tells views from tables among the computed relations.
var builtinKind = func() map[uint32]byte {
	kinds := map[uint32]byte{}
	for _, row := range pgdata.Load("pg_class").Rows {
		kinds[row.OID("oid")] = row.Text("relkind")[0]
	}
	return kinds
}()

func kindOf(oid uint32) byte {
	if k := builtinKind[oid]; k != 0 {
		return k
	}
	return 'v'
}

func fillClass(e *Env, r *rows) error {
	for _, b := range registry().list {
		r.begin()
		r.classHead(&b.desc.Object, kindOf(b.desc.OID), len(b.desc.Columns))
		r.set("relfilenode", datum.NewInt(0))
		if kindOf(b.desc.OID) == 'r' {
			r.oid("relam", heapAM)
			r.set("relreplident", char('n'))
		} else {
			r.bool("relhasrules", true)
			r.set("relreplident", char('n'))
		}
		if err := r.emit(); err != nil {
			return err
		}
	}
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		switch d := d.(type) {
		case *catalog.Table:
			err = r.classTable(e, d)
		case *catalog.View:
			r.begin()
			r.classHead(&d.Object, 'v', len(d.Columns))
			r.bool("relhasrules", true)
			r.set("relreplident", char('n'))
			r.set("reloptions", textArray(d.Options))
			err = r.emit()
		case *catalog.Index:
			r.begin()
			r.classHead(&d.Object, 'i', len(d.Keys)+len(d.Include))
			r.oid("relam", btreeAM)
			r.oid("relfilenode", d.OID)
			r.set("relreplident", char('n'))
			r.set("reloptions", textArray(d.Options))
			err = r.emit()
		case *catalog.Sequence:
			r.begin()
			r.classHead(&d.Object, 'S', 3)
			r.oid("relfilenode", d.OID)
			r.int("relpages", 1)
			r.set("reltuples", datum.NewFloat(1))
			r.set("relreplident", char('n'))
			err = r.emit()
		}
		return err == nil
	})
	return err
}

// classHead sets what every relation's row has.
func (r *rows) classHead(o *catalog.Object, kind byte, columns int) {
	r.oid("oid", o.OID)
	r.text("relname", o.Name)
	r.oid("relnamespace", o.Schema)
	r.oid("relowner", o.Owner)
	r.set("relkind", char(kind))
	r.set("relpersistence", char('p'))
	r.int("relnatts", int64(columns))
	r.bool("relispopulated", true)
}

func (r *rows) classTable(e *Env, t *catalog.Table) error {
	r.begin()
	r.classHead(&t.Object, 'r', len(t.Columns))
	if t.Persistence != 0 {
		r.set("relpersistence", char(t.Persistence))
	}
	r.oid("relam", heapAM)
	r.oid("relfilenode", t.OID)
	tuples, pages := e.Stats(t.OID)
	r.set("reltuples", datum.NewFloat(tuples))
	r.int("relpages", int64(pages))
	r.bool("relhasindex", len(t.Indexes) > 0)
	checks, triggers := 0, len(t.ReferencedBy) > 0
	for _, c := range t.Constraints {
		switch c.Type {
		case 'c':
			checks++
		case 'f':
			triggers = true
		}
	}
	r.int("relchecks", int64(checks))
	// Foreign keys are triggers in PostgreSQL, and clients look at the flag.
	r.bool("relhastriggers", triggers)
	r.set("relreplident", char('d'))
	r.set("reloptions", textArray(t.Options))
	return r.emit()
}

// column is what pg_attribute needs to know of a column of any relation.
type column struct {
	num      int16
	name     string
	typ      types.T
	notNull  bool
	dropped  bool
	def      bool
	missing  bool
	identity byte
}

func fillAttribute(e *Env, r *rows) error {
	for _, b := range registry().list {
		if err := r.tableColumns(b.desc); err != nil {
			return err
		}
	}
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		switch d := d.(type) {
		case *catalog.Table:
			if err = r.tableColumns(d); err == nil {
				err = r.pseudoColumns(d.OID)
			}
		case *catalog.View:
			for i, c := range d.Columns {
				if err = r.attribute(d.OID, column{num: int16(i + 1), name: c.Name, typ: c.Type}); err != nil {
					return false
				}
			}
		case *catalog.Index:
			err = r.indexColumns(e, d)
		case *catalog.Sequence:
			for i, c := range sequenceColumns {
				if err = r.attribute(d.OID, column{num: int16(i + 1), name: c.name, typ: types.Of(c.typ), notNull: true}); err != nil {
					return false
				}
			}
		}
		return err == nil
	})
	return err
}

var sequenceColumns = []struct {
	name string
	typ  types.OID
}{{"last_value", types.Int8}, {"log_cnt", types.Int8}, {"is_called", types.Bool}}

func (r *rows) tableColumns(t *catalog.Table) error {
	for i := range t.Columns {
		c := &t.Columns[i]
		if err := r.attribute(t.OID, column{
			num: c.Attnum, name: c.Name, typ: c.Type, notNull: c.NotNull, dropped: c.Dropped,
			def: c.Default != "" || c.Generated != "", missing: c.HasMissing, identity: c.Identity,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *rows) pseudoColumns(table uint32) error {
	for _, p := range plan.PseudoColumns {
		if err := r.attribute(table, column{num: p.AttNum, name: p.Name, typ: p.Type, notNull: true}); err != nil {
			return err
		}
	}
	return nil
}

func (r *rows) attribute(rel uint32, c column) error {
	r.begin()
	r.oid("attrelid", rel)
	r.text("attname", c.name)
	r.int("attnum", int64(c.num))
	r.int("attstattarget", -1)
	r.int("attcacheoff", -1)
	r.int("atttypmod", int64(c.typ.Typmod))
	r.bool("attnotnull", c.notNull && !c.dropped)
	r.bool("attisdropped", c.dropped)
	r.bool("atthasdef", c.def)
	r.bool("atthasmissing", c.missing)
	r.bool("attislocal", true)
	r.text("attcompression", "")
	r.text("attgenerated", "")
	r.text("attidentity", "")
	if c.identity != 0 {
		r.set("attidentity", char(c.identity))
	}
	if info := types.Lookup(c.typ.OID); info != nil && !c.dropped {
		r.oid("atttypid", uint32(c.typ.OID))
		r.int("attlen", int64(info.Len))
		r.bool("attbyval", info.ByVal)
		r.set("attalign", char(info.Align))
		r.set("attstorage", char(info.Storage))
		r.oid("attcollation", uint32(info.Collation))
		if types.IsArray(c.typ.OID) {
			r.int("attndims", 1)
		}
	}
	return r.emit()
}

func (r *rows) indexColumns(e *Env, x *catalog.Index) error {
	t := e.Catalog.Table(x.Table)
	if t == nil {
		return nil
	}
	n := int16(0)
	add := func(name string, typ types.T) error {
		n++
		if int(n) <= len(x.Names) {
			name = x.Names[n-1]
		}
		return r.attribute(x.OID, column{num: n, name: name, typ: typ})
	}
	for _, k := range x.Keys {
		name := "expr"
		if k.Attnum != 0 {
			name = t.ByAttnum(k.Attnum).Name
		}
		typ := k.Type
		if typ.OID == types.Name {
			typ = types.Of(cstring) // what name_ops keeps in an index
		}
		if err := add(name, typ); err != nil {
			return err
		}
	}
	for _, a := range x.Include {
		if c := t.ByAttnum(a); c != nil {
			if err := add(c.Name, c.Type); err != nil {
				return err
			}
		}
	}
	return nil
}

// attrdefOID derives the oid of a column's default, which has no descriptor.
func attrdefOID(table uint32, attnum int16) uint32 { return 1<<31 | table<<10 | uint32(attnum)&0x3ff }

func fillAttrdef(e *Env, r *rows) error {
	return e.tables(func(t *catalog.Table) error {
		for _, c := range t.Live() {
			if c.Default == "" {
				continue
			}
			r.begin()
			r.oid("oid", attrdefOID(t.OID, c.Attnum))
			r.oid("adrelid", t.OID)
			r.int("adnum", int64(c.Attnum))
			r.text("adbin", c.Default)
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Bits of pg_index.indoption.
const (
	indoptionDesc       = 1
	indoptionNullsFirst = 2
)

func fillIndex(e *Env, r *rows) error {
	return each(e.Catalog, func(x *catalog.Index) error {
		t := e.Catalog.Table(x.Table)
		if t == nil {
			return nil
		}
		var keys, options []int16
		var collations, classes []uint32
		exprs := ""
		for _, k := range x.Keys {
			keys = append(keys, k.Attnum)
			option := int16(0)
			if k.Desc {
				option |= indoptionDesc
			}
			if k.NullsFirst {
				option |= indoptionNullsFirst
			}
			options = append(options, option)
			collation := uint32(0)
			if info := types.Lookup(k.Type.OID); info != nil {
				collation = uint32(info.Collation)
			}
			collations = append(collations, collation)
			classes = append(classes, opclassOf(k))
			if k.Expr != "" {
				if exprs != "" {
					exprs += ", "
				}
				exprs += k.Expr
			}
		}
		keys = append(keys, x.Include...)
		r.begin()
		r.oid("indexrelid", x.OID)
		r.oid("indrelid", x.Table)
		r.int("indnatts", int64(len(keys)))
		r.int("indnkeyatts", int64(len(x.Keys)))
		r.bool("indisunique", x.Unique)
		r.bool("indnullsnotdistinct", x.NullsNotDistinct)
		r.bool("indisprimary", x.Primary)
		r.bool("indimmediate", immediate(t, x.OID))
		r.bool("indisvalid", true)
		r.bool("indisready", true)
		r.bool("indislive", true)
		r.set("indkey", intArray(types.Int2, 0, keys))
		r.set("indcollation", intArray(types.Oid, 0, collations))
		r.set("indclass", intArray(types.Oid, 0, classes))
		r.set("indoption", intArray(types.Int2, 0, options))
		r.opt("indexprs", exprs)
		r.opt("indpred", x.Where)
		return r.emit()
	})
}

// immediate is false for the index of a deferrable constraint.
func immediate(t *catalog.Table, index uint32) bool {
	for _, c := range t.Constraints {
		if c.Type != 'f' && c.Index == index {
			return !c.Deferrable
		}
	}
	return true
}

func fillConstraint(e *Env, r *rows) error {
	return e.tables(func(t *catalog.Table) error {
		for i := range t.Constraints {
			c := &t.Constraints[i]
			r.begin()
			r.oid("oid", c.OID)
			r.text("conname", c.Name)
			r.oid("connamespace", t.Schema)
			r.set("contype", char(c.Type))
			r.bool("condeferrable", c.Deferrable)
			r.bool("condeferred", c.Deferred)
			r.bool("convalidated", !c.NotValid)
			r.oid("conrelid", t.OID)
			r.oid("conindid", c.Index)
			r.bool("conislocal", true)
			r.bool("connoinherit", c.NoInherit)
			r.set("confupdtype", char(' '))
			r.set("confdeltype", char(' '))
			r.set("confmatchtype", char(' '))
			if len(c.Columns) > 0 {
				r.set("conkey", intArray(types.Int2, 1, c.Columns))
			}
			if c.Type == 'f' {
				r.oid("confrelid", c.RefTable)
				r.set("confupdtype", char(c.OnUpdate))
				r.set("confdeltype", char(c.OnDelete))
				match := byte('s')
				if c.MatchFull {
					match = 'f'
				}
				r.set("confmatchtype", char(match))
				r.set("confkey", intArray(types.Int2, 1, c.RefColumns))
			}
			r.opt("conbin", c.Expr)
			if err := r.emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

func fillSequence(e *Env, r *rows) error {
	return each(e.Catalog, func(q *catalog.Sequence) error {
		r.begin()
		r.oid("seqrelid", q.OID)
		r.oid("seqtypid", uint32(q.Type))
		r.int("seqstart", q.Start)
		r.int("seqincrement", q.Increment)
		r.int("seqmax", q.Max)
		r.int("seqmin", q.Min)
		r.int("seqcache", q.Cache)
		r.bool("seqcycle", q.Cycle)
		return r.emit()
	})
}

// rewriteOID derives the oid of a view's _RETURN rule, which has no descriptor.
func rewriteOID(view uint32) uint32 { return 1<<30 | view }

func fillRewrite(e *Env, r *rows) error {
	return each(e.Catalog, func(v *catalog.View) error {
		r.begin()
		r.oid("oid", rewriteOID(v.OID))
		r.text("rulename", "_RETURN")
		r.oid("ev_class", v.OID)
		r.set("ev_type", char('1'))
		r.set("ev_enabled", char('O'))
		r.bool("is_instead", true)
		r.text("ev_qual", "<>")
		r.text("ev_action", v.Query)
		return r.emit()
	})
}

// fillDepend shows the dependencies that clients follow: sequences of columns,
// defaults on sequences, constraints and indexes of tables, rules on relations.
func fillDepend(e *Env, r *rows) error {
	dep := func(class, obj uint32, sub int16, refClass, ref uint32, refSub int16, kind byte) error {
		r.begin()
		r.oid("classid", class)
		r.oid("objid", obj)
		r.int("objsubid", int64(sub))
		r.oid("refclassid", refClass)
		r.oid("refobjid", ref)
		r.int("refobjsubid", int64(refSub))
		r.set("deptype", char(kind))
		return r.emit()
	}
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		switch d := d.(type) {
		case *catalog.Sequence:
			if d.OwnerTable != 0 {
				kind := byte('a')
				if d.Internal {
					kind = 'i'
				}
				err = dep(pgClassOID, d.OID, 0, pgClassOID, d.OwnerTable, d.OwnerColumn, kind)
			}
		case *catalog.Table:
			err = tableDepends(d, dep)
		case *catalog.View:
			err = dep(pgRewriteOID, rewriteOID(d.OID), 0, pgClassOID, d.OID, 0, 'i')
			for _, ref := range d.DependsOn {
				if err == nil {
					err = dep(pgRewriteOID, rewriteOID(d.OID), 0, pgClassOID, ref, 0, 'n')
				}
			}
		}
		if err == nil && d.Head().Schema != 0 && d.Kind() != catalog.KindIndex {
			err = dep(pgClassOID, d.Head().OID, 0, pgNamespaceOID, d.Head().Schema, 0, 'n')
		}
		return err == nil
	})
	return err
}

func tableDepends(t *catalog.Table, dep func(uint32, uint32, int16, uint32, uint32, int16, byte) error) error {
	for _, c := range t.Live() {
		if c.Default == "" {
			continue
		}
		if err := dep(pgAttrdefOID, attrdefOID(t.OID, c.Attnum), 0, pgClassOID, t.OID, c.Attnum, 'a'); err != nil {
			return err
		}
		if c.Sequence != 0 {
			if err := dep(pgAttrdefOID, attrdefOID(t.OID, c.Attnum), 0, pgClassOID, c.Sequence, 0, 'n'); err != nil {
				return err
			}
		}
	}
	for _, c := range t.Constraints {
		for _, n := range c.Columns {
			if err := dep(pgConstraintOID, c.OID, 0, pgClassOID, t.OID, n, 'a'); err != nil {
				return err
			}
		}
		if c.Index != 0 && c.Type != 'f' {
			if err := dep(pgClassOID, c.Index, 0, pgConstraintOID, c.OID, 0, 'i'); err != nil {
				return err
			}
		}
	}
	return nil
}
