package table

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/keyenc"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/txn"
)

// childCheck is a child row whose parent must exist at the statement's end.
type childCheck struct {
	f      *foreignKey
	values []datum.Datum
}

// parentAction is a parent row whose referenced key went away: by deletion when
// new is nil, else by a change of the key.
type parentAction struct {
	f        *foreignKey
	old, new []datum.Datum
}

// Actions of a foreign key, as pg_constraint has them.
const (
	actionNone     = 'a'
	actionRestrict = 'r'
	actionCascade  = 'c'
	actionNull     = 'n'
	actionDefault  = 'd'
)

func (w *Writer) afterInsert(t *Table, key []byte, values []datum.Datum) error {
	for _, f := range t.foreign {
		if err := w.queueChild(t, f, key, values); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) afterUpdate(t *Table, row *Row, key []byte, values []datum.Datum, changed []int16) error {
	for _, f := range t.foreign {
		if overlap(f.c.Columns, changed) {
			if err := w.queueChild(t, f, key, values); err != nil {
				return err
			}
		}
	}
	for _, f := range t.referenced {
		if overlap(f.c.RefColumns, changed) {
			old, new := pick(row.Values, f.c.RefColumns), pick(values, f.c.RefColumns)
			if !equalKeys(old, new) {
				if err := w.queueParent(f, old, new); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *Writer) afterDelete(t *Table, row *Row) error {
	for _, f := range t.referenced {
		if err := w.queueParent(f, pick(row.Values, f.c.RefColumns), nil); err != nil {
			return err
		}
	}
	return nil
}

func equalKeys(a, b []datum.Datum) bool {
	for i := range a {
		if !datum.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// queueChild notes that a row's parent must exist, now or at commit.
func (w *Writer) queueChild(t *Table, f *foreignKey, key []byte, values []datum.Datum) error {
	list := pick(values, f.c.Columns)
	if anyNull(list) {
		all := !slices.ContainsFunc(list, func(d datum.Datum) bool { return !d.IsNull() })
		if f.c.MatchFull && !all {
			return f.mixedNulls(t)
		}
		return nil
	}
	if w.deferred(f.c) {
		return w.deferChild(t, f, key)
	}
	return w.queueCheck(f, list)
}

// queueNow is queueChild for a constraint being validated: never put off.
func (w *Writer) queueNow(t *Table, f *foreignKey, values []datum.Datum) error {
	list := pick(values, f.c.Columns)
	if !anyNull(list) {
		return w.queueCheck(f, list)
	}
	if f.c.MatchFull && slices.ContainsFunc(list, func(d datum.Datum) bool { return !d.IsNull() }) {
		return f.mixedNulls(t)
	}
	return nil
}

func (w *Writer) queueCheck(f *foreignKey, list []datum.Datum) error {
	// Many rows with one parent are one check.
	id := keyenc.AppendRow(keyenc.AppendInt(nil, int64(f.c.OID)), list, nil)
	if _, done := w.checked[string(id)]; done {
		return nil
	}
	if w.checked == nil {
		w.checked = make(map[string]struct{})
	}
	w.checked[string(id)] = struct{}{}
	if w.checks = append(w.checks, childCheck{f, list}); len(w.checks) < queueMax {
		return nil
	}
	return w.checkEarly()
}

// checkEarly checks the children at hand before the statement's end. One that has a
// parent is done with: should the statement remove the parent later, that will look
// for children. One without waits, for the parent may yet come.
func (w *Writer) checkEarly() error {
	for i := range w.checks {
		c := &w.checks[i]
		found, err := w.lockParent(c.f, c.values)
		if err == nil && !found {
			err = w.orphans.add(w.tx, c.f, c.values, nil)
		}
		if err != nil {
			return err
		}
	}
	clear(w.checks)
	w.checks = w.checks[:0]
	clear(w.checked)
	return nil
}

// queueParent notes that a parent's key went away, now or at commit.
func (w *Writer) queueParent(f *foreignKey, old, new []datum.Datum) error {
	if anyNull(old) {
		return nil
	}
	if a := f.action(new); a == actionNone && w.deferred(f.c) {
		return w.deferParent(f, old, new)
	}
	if w.actions = append(w.actions, parentAction{f, old, new}); len(w.actions) < queueMax {
		return nil
	}
	for i := range w.actions {
		a := &w.actions[i]
		if err := w.gone.add(w.tx, a.f, a.old, a.new); err != nil {
			return err
		}
	}
	clear(w.actions)
	w.actions = w.actions[:0]
	return nil
}

func (f *foreignKey) action(new []datum.Datum) byte {
	a := f.c.OnDelete
	if new != nil {
		a = f.c.OnUpdate
	}
	if a == 0 {
		a = actionNone
	}
	return a
}

// Finish checks deferrable unique keys and foreign keys and carries out the latter's
// actions, which may lead to more of them. Errors: 23503, 23505, and those of Update
// and Delete.
func (w *Writer) Finish() error {
	for w.due() {
		if err := w.checkLate(); err != nil {
			return err
		}
		if err := w.runActions(); err != nil {
			return err
		}
		if len(w.actions) > 0 || w.gone.len() > 0 {
			continue // cascades first: they may satisfy the checks
		}
		if err := w.checkChildren(); err != nil {
			return err
		}
	}
	return nil
}

// due reports whether something is left to check.
func (w *Writer) due() bool {
	return len(w.late)+len(w.actions)+len(w.checks) > 0 || w.shared.list.Len()+w.gone.len()+w.orphans.len() > 0
}

// checkChildren checks the children at hand, those that had no parent before first.
func (w *Writer) checkChildren() error {
	orphans, checks := w.orphans, w.checks
	defer orphans.list.Close()
	w.orphans, w.checks, w.checked = fkQueue{}, nil, nil
	if err := orphans.each(w, true, func(a *parentAction) error { return w.checkChild(a.f, a.old) }); err != nil {
		return err
	}
	for i := range checks {
		if err := w.checkChild(checks[i].f, checks[i].values); err != nil {
			return err
		}
	}
	return nil
}

// relieveAfter is how many checks may wait for the end of a statement that
// inserts very many rows.
const relieveAfter = 1 << 13

// Relieve does what Finish does, if it has become much, in the midst of a
// statement that only inserts rows into t: none of them can be a parent that
// another one lacks, unless t refers to itself.
func (w *Writer) Relieve(t *Table) error {
	if len(w.checks)+len(w.late) < relieveAfter {
		return nil
	}
	for _, f := range t.foreign {
		if f.parent == f.child {
			return nil
		}
	}
	return w.Finish()
}

// checkChild makes sure that a parent exists, and keeps it from going away.
func (w *Writer) checkChild(f *foreignKey, values []datum.Datum) error {
	found, err := w.lockParent(f, values)
	if err != nil || found {
		return err
	}
	child, err := w.set.Table(f.child)
	if err != nil {
		return err
	}
	parent, err := w.set.Table(f.parent)
	if err != nil {
		return err
	}
	return f.missingParent(child, parent, values)
}

// lockParent looks for the parent of a child's key and keeps it from going away.
func (w *Writer) lockParent(f *foreignKey, values []datum.Datum) (found bool, err error) {
	parent, err := w.set.Table(f.parent)
	if err != nil {
		return false, err
	}
	casts, err := f.casts()
	if err != nil {
		return false, err
	}
	wanted, ok, err := casts.parentValues(values)
	if err != nil || !ok {
		return false, err
	}
	ctx := w.st.Context()
	if _, _, err := w.tx.LockTable(ctx, f.parent, txn.RowShareTable, txn.Wait); err != nil {
		return false, err
	}
	for {
		key, err := w.parentKey(f, parent, wanted)
		if err != nil || key == nil {
			return false, err
		}
		img, found, err := w.tx.LockNewest(ctx, parent.shape.id, key, txn.RowKeyShare)
		if err != nil {
			return false, err
		}
		if !found {
			continue // deleted while we waited; look again
		}
		if !img.Own && w.tx.Options().Isolation >= txn.RepeatableRead {
			// A parent that the snapshot does not show is no parent.
			if _, seen, err := w.st.Get(parent.shape.id, key); err != nil || !seen {
				return false, err
			}
		}
		again, err := w.parentKey(f, parent, wanted)
		if err != nil || string(again) == string(key) {
			return err == nil, err
		}
	}
}

// runActions carries out what follows from parents' keys that went away.
func (w *Writer) runActions() error {
	gone, actions := w.gone, w.actions
	defer gone.list.Close()
	w.gone, w.actions = fkQueue{}, nil
	if err := gone.each(w, false, w.runAction); err != nil {
		return err
	}
	for i := range actions {
		if err := w.runAction(&actions[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) runAction(a *parentAction) error {
	act := a.f.action(a.new)
	if act == actionNone || act == actionRestrict {
		return w.checkParent(*a)
	}
	err := w.cascadeTo(a, act)
	if err == nil && act == actionDefault {
		// A child whose default is the key that went away did not change.
		err = w.checkParent(*a)
	}
	return err
}

// checkParent makes sure that no child is left behind. But for RESTRICT another row
// may have taken the key's place.
func (w *Writer) checkParent(a parentAction) error {
	parent, err := w.set.Table(a.f.parent)
	if err != nil {
		return err
	}
	child, err := w.set.Table(a.f.child)
	if err != nil {
		return err
	}
	if a.f.action(a.new) != actionRestrict {
		key, err := w.parentKey(a.f, parent, a.old)
		if err != nil || key != nil {
			return err
		}
	}
	return w.eachChild(&a, child, txn.RowKeyShare, func(*Row, bool) error { return a.f.stillReferenced(child, parent, a.old) })
}

// eachChild locks every child row that points to the old key and calls yield
// with it. Somebody may have moved a child to another key while its lock was
// waited for, so the search is repeated until every row is as it was found.
func (w *Writer) eachChild(a *parentAction, child *Table, mode txn.Mode, yield func(row *Row, changed bool) error) error {
	casts, err := a.f.casts()
	if err != nil {
		return err
	}
	for again := true; again; {
		again = false
		err := w.children(a, child, casts, func(key []byte) error {
			row, changed, err := child.LockNewest(w.st, key, mode)
			if err != nil {
				return err
			}
			still := false
			if row != nil {
				if still, err = casts.refersTo(pick(row.Values, a.f.c.Columns), a.old); err != nil {
					return err
				}
			}
			if !still {
				again = true
				return nil
			}
			return yield(row, changed)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// children calls yield with the key of every child row, own writes included,
// that points to the parent's old key now.
func (w *Writer) children(a *parentAction, child *Table, casts *keyCasts, yield func(key []byte) error) error {
	wanted, single := casts.childValues(a.old)
	if wanted == nil && single {
		return nil
	}
	ctx := w.st.Context()
	if _, _, err := w.tx.LockTable(ctx, a.f.child, txn.RowExclusive, txn.Wait); err != nil {
		return err
	}
	now := w.tx.Latest(ctx)
	defer now.Close()
	cols := append(slices.Clone(a.f.c.Columns), AttRowKey)
	p, err := child.Project(cols)
	if err != nil {
		return err
	}
	spec := ScanSpec{}
	if x := child.leading(a.f.c.Columns); x != nil && single {
		eq := make([]datum.Datum, len(wanted))
		for i := range eq {
			eq[i] = wanted[slices.Index(a.f.c.Columns, x.keys[i].attnum)]
		}
		spec.Index, spec.Span = x, x.Span(eq, nil, nil)
	}
	sc := child.Scan(now, p, spec)
	defer sc.Close()
	size := 1
	b := p.NewBatch(size)
	row := make([]datum.Datum, len(cols))
	last := len(a.f.c.Columns) // the place of the row's key
	for {
		n, err := sc.Next(b, size)
		if err != nil || n == 0 {
			return err
		}
		for i := range n {
			b.Row(i, row)
			found, err := casts.refersTo(row[:last], a.old)
			if err == nil && found {
				err = yield([]byte(row[last].Str()))
			}
			if err != nil {
				return err
			}
		}
		size = min(size*16, 1024)
	}
}

// assignable refuses to let a foreign key's action write columns that no UPDATE may.
func (t *Table) assignable(columns []int16) error {
	for _, att := range columns {
		if c := &t.Desc.Columns[att-1]; c.Identity == 'a' {
			return pgerr.New(pgcode.GeneratedAlways, "column %q can only be updated to DEFAULT", c.Name).
				WithDetail("Column %q is an identity column defined as GENERATED ALWAYS.", c.Name)
		}
	}
	return nil
}

// cascadeTo changes or deletes the children of a parent's old key.
func (w *Writer) cascadeTo(a *parentAction, act byte) error {
	child, err := w.set.Table(a.f.child)
	if err != nil {
		return err
	}
	if act == actionCascade && a.new != nil || act == actionNull {
		if err := child.assignable(a.f.c.Columns); err != nil {
			return err
		}
	}
	var set []datum.Datum
	if act == actionCascade && a.new != nil {
		casts, err := a.f.casts()
		if err != nil {
			return err
		}
		if set, err = casts.assigned(a.new); err != nil {
			return err
		}
	}
	if act == actionNull {
		set = make([]datum.Datum, len(a.f.c.Columns))
	}
	if act == actionDefault {
		if set, err = w.defaults(child, a.f.c.Columns); err != nil {
			return err
		}
	}
	mode := txn.RowUpdate
	if set != nil {
		mode = child.UpdateMode(a.f.c.Columns)
	}
	return w.eachChild(a, child, mode, func(row *Row, changed bool) error {
		if changed && w.tx.Options().Isolation >= txn.RepeatableRead {
			return ErrChanged()
		}
		if set == nil {
			return w.Delete(child, row)
		}
		values := slices.Clone(row.Values)
		for i, att := range a.f.c.Columns {
			values[att-1] = set[i]
		}
		return w.Update(child, row, values)
	})
}

func (w *Writer) defaults(child *Table, cols []int16) ([]datum.Datum, error) {
	list := make([]datum.Datum, len(cols))
	for i, att := range cols {
		c := &child.Desc.Columns[att-1]
		if c.Default == "" || w.set.ev == nil {
			continue
		}
		v, err := w.set.ev.Default(child.Desc, c)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}
