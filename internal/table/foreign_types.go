package table

import (
	"math"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// keyCasts compares and copies the two sides of a foreign key whose types differ.
// Values are compared as the referenced column's type, as PostgreSQL does where
// the index has no operator for the pair; a cascade assigns the referenced value
// to the referencing column, with the rounding and the errors of an assignment.
type keyCasts struct {
	columns []columnCasts // by position in the key
	mixed   bool          // some column is compared by conversion
}

// columnCasts are the conversions of one pair of columns; nil ones change nothing.
type columnCasts struct {
	toParent, toChild valueCast
	back              valueCast // the inverse of toParent, where that may lose part of a value
	whole             bool      // toChild gives the only value that toParent could turn into the parent's
}

type valueCast func(datum.Datum) (datum.Datum, error)

// keyCasts prepares the conversions of a foreign key.
func (s *Set) keyCasts(c *catalog.Constraint, child *catalog.Table) (*keyCasts, error) {
	parent := s.cat.Table(c.RefTable)
	if parent == nil {
		return nil, pgerr.New(pgcode.UndefinedTable, "relation with OID %d does not exist", c.RefTable)
	}
	k := &keyCasts{columns: make([]columnCasts, len(c.Columns))}
	for i := range k.columns {
		from, to := &child.Columns[c.Columns[i]-1], &parent.Columns[c.RefColumns[i]-1]
		if from.Type == to.Type {
			continue
		}
		m := &k.columns[i]
		var err error
		if m.toChild, err = s.assignment(parent, to, from.Type); err != nil {
			return nil, err
		}
		if sameValues(from.Type.OID, to.Type.OID) {
			continue
		}
		k.mixed = true
		if m.toParent, err = s.assignment(child, from, types.Of(to.Type.OID)); err != nil {
			return nil, err
		}
		switch datum.KindOf(to.Type.OID) {
		case datum.Date:
			m.back, err = s.assignment(parent, to, types.Of(from.Type.OID))
		case datum.Numeric, datum.Float:
			m.whole = datum.KindOf(from.Type.OID) == datum.Int
		}
		if err != nil {
			return nil, err
		}
	}
	return k, nil
}

// sameValues reports whether equal values of two types are equal datums.
func sameValues(a, b types.OID) bool {
	kind := datum.KindOf(a)
	return kind == datum.KindOf(b) && (kind != datum.Int || signed(a) == signed(b))
}

func signed(t types.OID) bool {
	return t == types.Int2 || t == types.Int4 || t == types.Int8
}

// assignment prepares the assignment of one column's values to a type.
func (s *Set) assignment(t *catalog.Table, col *catalog.Column, to types.T) (valueCast, error) {
	if s.ev == nil {
		return nil, pgerr.Internal("no evaluator for casts of table %q", t.Name)
	}
	f, err := s.ev.Assign(t, col, to)
	if err != nil {
		return nil, err
	}
	return func(v datum.Datum) (datum.Datum, error) {
		if v.IsNull() {
			return v, nil
		}
		row := make([]datum.Datum, len(t.Columns))
		row[col.Attnum-1] = v
		return f(row)
	}, nil
}

// parentValues turns a child's key values into what they are compared as. ok is
// false when nothing in the parent can equal them. Errors are those of the cast,
// as 22003 for a numeric that is no double.
func (k *keyCasts) parentValues(values []datum.Datum) (list []datum.Datum, ok bool, err error) {
	if !k.mixed {
		return values, true, nil
	}
	list = slices.Clone(values)
	for i, m := range k.columns {
		if m.toParent == nil {
			continue
		}
		if list[i], err = m.toParent(values[i]); err != nil {
			return nil, false, err
		}
		if m.back != nil {
			again, err := m.back(list[i])
			if err != nil || !datum.Equal(again, values[i]) {
				return nil, false, err
			}
		}
	}
	return list, true, nil
}

// refersTo reports whether a child's key values point to a parent's key.
func (k *keyCasts) refersTo(values, parent []datum.Datum) (bool, error) {
	if anyNull(values) {
		return false, nil
	}
	list, ok, err := k.parentValues(values)
	return ok && equalKeys(list, parent), err
}

// childValues returns the only values of the child's types that point to a
// parent's key. single is false when there may be others, as many numerics are
// one double: every child must be looked at then. The list is nil when no value
// does.
func (k *keyCasts) childValues(parent []datum.Datum) (list []datum.Datum, single bool) {
	if !k.mixed {
		return parent, true
	}
	list = slices.Clone(parent)
	for i, m := range k.columns {
		if m.toParent == nil {
			continue
		}
		if !m.whole || parent[i].Kind() == datum.Float && math.Abs(parent[i].Float()) >= 1<<53 {
			return nil, false
		}
		v, err := m.toChild(parent[i])
		if err != nil {
			return nil, true // out of the range of integers
		}
		list[i] = v
	}
	return list, true
}

// assigned turns a parent's key values into those that a cascade writes into the
// child. Errors: 22003, 22001 and the like, as an UPDATE with these values gives.
func (k *keyCasts) assigned(values []datum.Datum) (list []datum.Datum, err error) {
	list = slices.Clone(values)
	for i, m := range k.columns {
		if m.toChild == nil {
			continue
		}
		if list[i], err = m.toChild(values[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}
