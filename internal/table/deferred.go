package table

import (
	"context"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/txn"
)

// modeKey is where a transaction keeps what SET CONSTRAINTS said.
type modeKey struct{}

type constraintModes struct {
	all      bool // all was given: every constraint is as deferAll says unless named
	deferAll bool
	named    map[uint32]bool
}

// deferred reports whether a constraint is checked at commit.
func (w *Writer) deferred(c *catalog.Constraint) bool {
	if !c.Deferrable {
		return false
	}
	if m, _ := w.tx.Value(modeKey{}).(*constraintModes); m != nil {
		if v, ok := m.named[c.OID]; ok {
			return v
		}
		if m.all {
			return m.deferAll
		}
	}
	return c.Deferred
}

// SetConstraints is SET CONSTRAINTS: constraints (nil: ALL) become deferred, or
// immediate, which checks at once what was put off.
func SetConstraints(ctx context.Context, tx *txn.Tx, constraints []uint32, deferred bool) error {
	m, _ := tx.Value(modeKey{}).(*constraintModes)
	n := &constraintModes{named: map[uint32]bool{}}
	if m != nil && constraints != nil {
		n.all, n.deferAll = m.all, m.deferAll
		for k, v := range m.named {
			n.named[k] = v
		}
	}
	if constraints == nil {
		n.all, n.deferAll = true, deferred
	}
	for _, oid := range constraints {
		n.named[oid] = deferred
	}
	tx.SetValue(modeKey{}, n)
	if deferred {
		return nil
	}
	return tx.RunChecks(ctx, func(tag uint32) bool { return constraints == nil || slices.Contains(constraints, tag) })
}

// deferredOwner tells the queues of a transaction's deferred checks apart.
type deferredOwner struct {
	set *Set
	of  any // *foreignKey of a child's, parentOwner or *Index
}

// parentOwner is a foreign key whose parents' keys went away.
type parentOwner struct{ f *foreignKey }

// deferChild checks a row's parent at commit, if the row still exists then.
func (w *Writer) deferChild(t *Table, f *foreignKey, key []byte) error {
	set, tx := w.set, w.tx
	return tx.QueueBeforeCommit(f.c.OID, deferredOwner{set, f}, key, func(ctx context.Context, q *txn.Queue) error {
		return deferredCheck(ctx, set, tx, func(late *Writer) error {
			return q.Each(func(key []byte) error {
				img, found, err := tx.Newest(t.shape.id, key)
				if err != nil || !found {
					return err
				}
				row, err := t.row(key, img)
				if err != nil {
					return err
				}
				values := pick(row.Values, f.c.Columns)
				if anyNull(values) {
					return nil
				}
				return late.checkChild(f, values)
			})
		})
	})
}

// deferParent checks at commit that no child is left of a parent's key.
func (w *Writer) deferParent(f *foreignKey, old, new []datum.Datum) error {
	set, tx := w.set, w.tx
	return tx.QueueBeforeCommit(f.c.OID, deferredOwner{set, parentOwner{f}}, appendAction(nil, old, new), func(ctx context.Context, q *txn.Queue) error {
		return deferredCheck(ctx, set, tx, func(late *Writer) error {
			parent, err := set.Table(f.parent)
			if err != nil {
				return err
			}
			return q.Each(func(record []byte) error {
				a := parentAction{f: f}
				if a.old, a.new, err = parent.readAction(record, f.c.RefColumns); err != nil {
					return err
				}
				return late.checkParent(a)
			})
		})
	})
}

// deferredCheck runs a check with a Writer over what is newest.
func deferredCheck(ctx context.Context, set *Set, tx *txn.Tx, check func(*Writer) error) error {
	st := tx.Latest(ctx)
	defer st.Close()
	return check(set.Writer(st))
}
