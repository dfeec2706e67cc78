package catalog

import "slices"

// Clone returns a copy of the table whose slices may be changed.
func (t *Table) Clone() *Table {
	c := *t
	c.Columns = slices.Clone(t.Columns)
	c.PrimaryKey = slices.Clone(t.PrimaryKey)
	c.Past = slices.Clone(t.Past)
	c.Layouts = slices.Clone(t.Layouts)
	c.Indexes = slices.Clone(t.Indexes)
	c.Constraints = slices.Clone(t.Constraints)
	c.Options = slices.Clone(t.Options)
	c.ReferencedBy = slices.Clone(t.ReferencedBy)
	return &c
}

// Clone returns a copy of the index whose slices may be changed.
func (x *Index) Clone() *Index {
	c := *x
	c.Keys = slices.Clone(x.Keys)
	c.Include = slices.Clone(x.Include)
	c.Options = slices.Clone(x.Options)
	return &c
}

// Clone returns a copy of the view whose slices may be changed.
func (v *View) Clone() *View {
	c := *v
	c.Columns = slices.Clone(v.Columns)
	c.DependsOn = slices.Clone(v.DependsOn)
	c.Options = slices.Clone(v.Options)
	return &c
}

// Clone returns a copy of the sequence.
func (s *Sequence) Clone() *Sequence { c := *s; return &c }

// Clone returns a copy of the schema.
func (s *Schema) Clone() *Schema { c := *s; return &c }

// Clone returns a copy of the role whose slices may be changed.
func (r *Role) Clone() *Role {
	c := *r
	c.MemberOf = slices.Clone(r.MemberOf)
	c.Settings = slices.Clone(r.Settings)
	return &c
}

// Clone returns a copy of the database's descriptor.
func (d *Database) Clone() *Database {
	c := *d
	c.Settings = slices.Clone(d.Settings)
	return &c
}

// Clone returns a copy of any descriptor that may be changed.
func Clone(d Desc) Desc {
	switch d := d.(type) {
	case *Table:
		return d.Clone()
	case *Index:
		return d.Clone()
	case *View:
		return d.Clone()
	case *Sequence:
		return d.Clone()
	case *Schema:
		return d.Clone()
	case *Role:
		return d.Clone()
	case *Database:
		return d.Clone()
	}
	return d
}

// Live returns the columns that are not dropped, in attnum order.
func (t *Table) Live() []*Column {
	list := make([]*Column, 0, len(t.Columns))
	for i := range t.Columns {
		if !t.Columns[i].Dropped {
			list = append(list, &t.Columns[i])
		}
	}
	return list
}

// Column returns the live column of that name, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if c := &t.Columns[i]; c.Name == name && !c.Dropped {
			return c
		}
	}
	return nil
}

// ByAttnum returns the column of that attnum, dropped or not; nil if there is none.
func (t *Table) ByAttnum(attnum int16) *Column {
	if attnum < 1 || int(attnum) > len(t.Columns) {
		return nil
	}
	return &t.Columns[attnum-1]
}

// Constraint returns the constraint of that name, or nil.
func (t *Table) Constraint(name string) *Constraint {
	for i := range t.Constraints {
		if t.Constraints[i].Name == name {
			return &t.Constraints[i]
		}
	}
	return nil
}

// Layout returns the tuple layout that new rows are written with.
func (t *Table) Layout() Layout { return t.Layouts[len(t.Layouts)-1] }
