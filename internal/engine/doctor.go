package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/sql/session"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
)

// Doctor checks a closed database directory: everything store.Doctor checks, and
// that the rows and index entries of every table there is or was agree, and that
// columnar segments say what the history does. It changes nothing. Damage is
// reported, not returned.
func Doctor(ctx context.Context, dir string, o Options, report func(store.Finding)) error {
	return store.Doctor(ctx, dir, o.store(), report, checkTables)
}

// checkTables is the store.DoctorHook that knows tables.
func checkTables(ctx context.Context, db *store.DB, report func(store.Finding)) error {
	fs, dir := db.Place()
	if err := segment.Check(ctx, db, fs, dir, func(file, fault string) {
		report(store.Finding{What: "segment", Where: file, Detail: fault + " (it may be deleted)"})
	}); err != nil {
		return err
	}
	err := (&examiner{ctx: ctx, db: db, tables: newSessions(db, Options{}), report: report}).run()
	if errors.Is(err, store.ErrCorrupt) {
		report(store.Finding{What: "catalog", Where: "tables", Detail: err.Error()})
		return nil
	}
	return err
}

// examiner verifies tables moment by moment: those of the present at the newest
// commit, and each table and index that is gone just before the commit that
// ended it, when its storages were last complete.
type examiner struct {
	ctx    context.Context
	db     *store.DB
	tables *session.Server
	report func(store.Finding)
}

func (x *examiner) run() error {
	v := x.db.View()
	defer v.Release()
	changes, err := catalogChanges(v)
	if err != nil {
		return err
	}
	history := catalog.NewHistory(x.db)
	cat, _, err := history.At(v.Reader)
	if err != nil {
		return fmt.Errorf("read the catalog: %w", err)
	}
	if err := x.verify(v.Reader, cat, nil); err != nil {
		return err
	}
	for _, seq := range slices.Backward(changes) {
		if seq <= 1 {
			break
		}
		before, _, err := history.At(v.At(seq - 1))
		if err != nil {
			return fmt.Errorf("read the catalog as of commit %d: %w", seq-1, err)
		}
		if err := x.verify(v.Snapshot(seq-1), before, cat); err != nil {
			return err
		}
		cat = before
	}
	return nil
}

// catalogChanges lists the commits that changed the catalog, in order.
func catalogChanges(v *store.View) ([]store.Seq, error) {
	seen := map[store.Seq]bool{}
	it := v.History(store.StorageID(catalog.StorageObjects), nil, nil, 0, store.MaxSeq)
	for it.Next() {
		seen[it.Start()] = true
		if it.End() <= v.Seq() {
			seen[it.End()] = true
		}
	}
	list := make([]store.Seq, 0, len(seen))
	for seq := range seen {
		list = append(list, seq)
	}
	slices.Sort(list)
	return list, it.Close()
}

// verify checks a catalog's tables; with a later catalog only those that are not
// in it with the same storages.
func (x *examiner) verify(r store.Reader, cat, later *catalog.Snapshot) error {
	set := x.tables.Tables(cat)
	var failed error
	cat.All(func(d catalog.Desc) bool {
		desc, ok := d.(*catalog.Table)
		if !ok || desc.Storage == 0 || later != nil && lives(desc, cat, later) {
			return true
		}
		failed = x.verifyTable(r, set, desc)
		return failed == nil
	})
	return failed
}

// lives reports whether a table goes on in a later catalog with its storage and
// all its indexes.
func lives(desc *catalog.Table, cat, later *catalog.Snapshot) bool {
	next := later.Table(desc.OID)
	if next == nil || next.Storage != desc.Storage {
		return false
	}
	for _, oid := range desc.Indexes {
		index, after := cat.Index(oid), later.Index(oid)
		if index != nil && (after == nil || after.Storage != index.Storage) {
			return false
		}
	}
	return true
}

func (x *examiner) verifyTable(r store.Reader, set *table.Set, desc *catalog.Table) error {
	t, err := set.Table(desc.OID)
	if err != nil {
		x.report(store.Finding{What: "catalog", Where: fmt.Sprintf("table %q as of commit %d", desc.Name, r.Seq()), Detail: err.Error()})
		return nil
	}
	err = t.Verify(x.ctx, r, func(p table.Problem) bool {
		f := store.Finding{What: "row", Where: fmt.Sprintf("table %q, key %x", p.Table, p.Key), Detail: p.Text}
		if p.Index != "" {
			f.What = "index entry"
			f.Where = fmt.Sprintf("index %q of table %q, key %x", p.Index, p.Table, p.Key)
		}
		x.report(f)
		return true
	})
	if err != nil {
		return fmt.Errorf("table %q: %w", desc.Name, err)
	}
	return nil
}
