package catalog

import (
	"maps"
	"slices"
)

// Edit is a transaction's own changes on top of a Snapshot. It belongs to one
// goroutine.
type Edit struct {
	current *Snapshot // private: base plus the changes
	base    *Snapshot
	changed map[uint32]bool
}

// Edit starts an empty set of changes on s.
func (s *Snapshot) Edit() *Edit {
	return &Edit{current: s.copy(), base: s, changed: map[uint32]bool{}}
}

// Snapshot returns the catalog as the transaction sees it now. It is frozen:
// later changes of the Edit do not show in it.
func (e *Edit) Snapshot() *Snapshot { return e.current.copy() }

// Put adds or replaces an object. The caller has checked that its name is free.
func (e *Edit) Put(d Desc) {
	e.current.put(d)
	e.changed[d.Head().OID] = true
}

// Remove drops an object.
func (e *Edit) Remove(oid uint32) {
	e.current.remove(oid)
	e.changed[oid] = true
}

// Clone returns an independent copy, for a savepoint.
func (e *Edit) Clone() *Edit {
	return &Edit{current: e.current.copy(), base: e.base, changed: maps.Clone(e.changed)}
}

// Change is the net effect of an Edit on one object; Old or New is nil when it
// was created or dropped.
type Change struct {
	OID      uint32
	Old, New Desc
}

// Changes returns the net effects in OID order; objects that were created and
// dropped again do not appear.
func (e *Edit) Changes() []Change {
	var list []Change
	for _, oid := range slices.Sorted(maps.Keys(e.changed)) {
		c := Change{OID: oid, Old: e.base.Get(oid), New: e.current.Get(oid)}
		if c.Old != nil || c.New != nil {
			list = append(list, c)
		}
	}
	return list
}

// Touched reports whether the object was changed by this Edit.
func (e *Edit) Touched(oid uint32) bool { return e.changed[oid] }

// Rebase returns the same changes on a newer base, for a transaction whose
// snapshot of the catalog has moved on.
func (e *Edit) Rebase(base *Snapshot) *Edit {
	n := base.Edit()
	for oid := range e.changed {
		if d := e.current.Get(oid); d != nil {
			n.Put(d)
		} else {
			n.Remove(oid)
		}
	}
	return n
}
