package syscat

import (
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	fillers["information_schema.columns"] = infoColumns
	fillers["information_schema.element_types"] = infoElementTypes
}

// maxOctets is the longest a text value without a limit may be.
const maxOctets = 1 << 30

// bytesPerChar is the longest UTF-8 character.
const bytesPerChar = 4

func infoColumns(e *Env, r *rows) error {
	for _, b := range registry().list {
		for i := range b.desc.Columns {
			if err := r.infoColumn(e, &b.desc.Object, &b.desc.Columns[i], false); err != nil {
				return err
			}
		}
	}
	return e.tablesAndViews(func(o *catalog.Object, c *catalog.Column, isTable bool) error {
		return r.infoColumn(e, o, c, isTable)
	})
}

// tablesAndViews yields every column of the relations that the role may see.
func (e *Env) tablesAndViews(yield func(o *catalog.Object, c *catalog.Column, isTable bool) error) error {
	var err error
	e.Catalog.All(func(d catalog.Desc) bool {
		switch d := d.(type) {
		case *catalog.Table:
			for i := range d.Columns {
				if err == nil && !d.Columns[i].Dropped && e.mine(&d.Object) {
					err = yield(&d.Object, &d.Columns[i], true)
				}
			}
		case *catalog.View:
			for i, c := range d.Columns {
				if err == nil && e.mine(&d.Object) {
					err = yield(&d.Object, &catalog.Column{Attnum: int16(i + 1), Name: c.Name, Type: c.Type}, false)
				}
			}
		}
		return err == nil
	})
	return err
}

func (r *rows) infoColumn(e *Env, o *catalog.Object, c *catalog.Column, isTable bool) error {
	r.begin()
	r.name3(e, "table", o)
	r.text("column_name", c.Name)
	r.int("ordinal_position", int64(c.Attnum))
	if c.Default != "" {
		r.text("column_default", e.Print(c.Default, e.Catalog.Table(o.OID), false))
	}
	r.text("is_nullable", yesNo(!c.NotNull))
	r.typeColumns(c.Type)
	r.typeDetails(e, c.Type)
	r.text("dtd_identifier", itoa(int64(c.Attnum)))
	r.text("is_self_referencing", "NO")
	r.text("is_identity", yesNo(c.Identity != 0))
	r.text("identity_cycle", "NO")
	if q := e.Catalog.Sequence(c.Sequence); c.Identity != 0 && q != nil {
		generation := "BY DEFAULT"
		if c.Identity == 'a' {
			generation = "ALWAYS"
		}
		r.text("identity_generation", generation)
		r.text("identity_start", itoa(q.Start))
		r.text("identity_increment", itoa(q.Increment))
		r.text("identity_maximum", itoa(q.Max))
		r.text("identity_minimum", itoa(q.Min))
		r.text("identity_cycle", yesNo(q.Cycle))
	}
	r.text("is_generated", "NEVER")
	if c.Generated != "" {
		r.text("is_generated", "ALWAYS")
		r.text("generation_expression", c.Generated)
	}
	r.text("is_updatable", yesNo(isTable))
	return r.emit()
}

// typeColumns sets data_type and the numeric columns, which sequences have too.
func (r *rows) typeColumns(t types.T) {
	switch {
	case types.IsArray(t.OID):
		r.text("data_type", "ARRAY")
	default:
		r.text("data_type", pgfmt.TypeName(t.OID))
	}
	precision, radix, scale := numericFacets(t)
	if precision > 0 {
		r.int("numeric_precision", precision)
	}
	if radix > 0 {
		r.int("numeric_precision_radix", radix)
	}
	if scale >= 0 {
		r.int("numeric_scale", scale)
	}
}

// numericFacets returns a numeric type's precision (0 none), radix (0 none) and
// scale (-1 none).
func numericFacets(t types.T) (precision, radix, scale int64) {
	switch t.OID {
	case types.Int2:
		return 16, 2, 0
	case types.Int4:
		return 32, 2, 0
	case types.Int8:
		return 64, 2, 0
	case types.Float4:
		return 24, 2, -1
	case types.Float8:
		return 53, 2, -1
	case types.Numeric:
		if t.Typmod < 0 {
			return 0, 10, -1
		}
		n := int64(t.Typmod) - 4
		return n >> 16 & 0xffff, 10, n & 0xffff
	}
	return 0, 0, -1
}

// typeDetails sets the columns on lengths, times, collation and the type's name.
func (r *rows) typeDetails(e *Env, t types.T) {
	info := types.Lookup(t.OID)
	if info == nil {
		return
	}
	db := e.Catalog.Database().Name
	switch t.OID {
	case types.VarChar, types.BPChar:
		if t.Typmod >= 0 {
			r.int("character_maximum_length", int64(t.Typmod)-4)
			r.int("character_octet_length", (int64(t.Typmod)-4)*bytesPerChar)
		} else {
			r.int("character_octet_length", maxOctets)
		}
	case types.Text:
		r.int("character_octet_length", maxOctets)
	case types.Date:
		r.int("datetime_precision", 0)
	case types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ:
		if t.Typmod >= 0 {
			r.int("datetime_precision", int64(t.Typmod))
		} else {
			r.int("datetime_precision", 6)
		}
	case types.Interval:
		if t.Typmod < 0 || t.Typmod&0xffff == 0xffff {
			r.int("datetime_precision", 6)
		} else {
			r.int("datetime_precision", int64(t.Typmod&0xffff))
		}
		if fields, ok := strings.CutPrefix(pgfmt.FormatType(t), "interval "); ok {
			r.text("interval_type", strings.ToUpper(fields))
		}
	}
	if uint32(info.Collation) == collations[1].oid {
		r.text("collation_catalog", db)
		r.text("collation_schema", "pg_catalog")
		r.text("collation_name", "C")
	}
	r.text("udt_catalog", db)
	r.text("udt_schema", "pg_catalog")
	r.text("udt_name", info.Name)
}

// infoElementTypes describes the elements of columns that are arrays.
func infoElementTypes(e *Env, r *rows) error {
	return e.tablesAndViews(func(o *catalog.Object, c *catalog.Column, isTable bool) error {
		if !types.IsArray(c.Type.OID) {
			return nil
		}
		elem := types.T{OID: types.ElemOf(c.Type.OID), Typmod: -1}
		r.begin()
		r.text("object_catalog", e.Catalog.Database().Name)
		r.text("object_schema", e.schemaName(o.Schema))
		r.text("object_name", o.Name)
		r.text("object_type", "TABLE")
		if !isTable {
			r.text("object_type", "VIEW")
		}
		r.text("collection_type_identifier", itoa(int64(c.Attnum)))
		r.text("data_type", pgfmt.TypeName(elem.OID))
		r.text("udt_catalog", e.Catalog.Database().Name)
		r.text("udt_schema", "pg_catalog")
		r.text("udt_name", types.Lookup(elem.OID).Name)
		r.text("dtd_identifier", "a"+itoa(int64(c.Attnum)))
		return r.emit()
	})
}
