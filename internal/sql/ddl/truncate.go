package ddl

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// Truncate carries out TRUNCATE: each table gets fresh, empty storages and the
// old ones freeze, so the past stays as it was.
func Truncate(e *Env, s *ast.TruncateStmt) error {
	var list []uint32
	named := map[uint32]bool{}
	for _, r := range s.Tables {
		t, err := e.table(r)
		if err != nil {
			return err
		}
		if err := e.notInUse(t, "TRUNCATE"); err != nil {
			return err
		}
		if !named[t.OID] {
			named[t.OID] = true
			list = append(list, t.OID)
		}
	}
	for i := 0; i < len(list); i++ {
		t := e.cat().Table(list[i])
		if err := e.owns(t); err != nil {
			return err
		}
		if err := e.Lock(t.OID, ast.LockAccessExclusive); err != nil {
			return err
		}
		for _, oid := range e.cat().Table(t.OID).ReferencedBy {
			if named[oid] {
				continue
			}
			child := e.cat().Table(oid)
			if !s.Cascade {
				return pgerr.New(pgcode.FeatureNotSupported, "cannot truncate a table referenced in a foreign key constraint").
					WithDetail("Table %q references %q.", child.Name, t.Name).
					WithHint("Truncate table %q at the same time, or use TRUNCATE ... CASCADE.", child.Name)
			}
			if err := e.notInUse(child, "TRUNCATE"); err != nil {
				return err
			}
			named[oid] = true
			list = append(list, oid)
			e.notice(pgcode.SuccessfulCompletion, "truncate cascades to table %q", child.Name)
		}
	}
	for _, oid := range list {
		if err := e.truncate(e.cat().Table(oid), s.RestartIdentity); err != nil {
			return err
		}
	}
	return nil
}

func (e *Env) truncate(old *catalog.Table, restart bool) (err error) {
	t := old.Clone()
	t.Past = append(t.Past, catalog.PastShape{Storage: old.Storage, PrimaryKey: old.PrimaryKey, Layouts: old.Layouts})
	if t.Storage, err = e.Data.NewStorage(); err != nil {
		return err
	}
	t.Layouts = nil
	relayout(t)
	cat := e.cat()
	for _, oid := range t.Indexes {
		x := cat.Index(oid)
		if x.Storage == 0 {
			continue
		}
		if err := e.Data.Freeze(x.Storage, 0, EndTruncate); err != nil {
			return err
		}
		x = x.Clone()
		if x.Storage, err = e.Data.NewStorage(); err != nil {
			return err
		}
		e.Edit.Put(x)
	}
	e.Edit.Put(t)
	if err := e.Data.Freeze(old.Storage, old.OID, EndTruncate); err != nil {
		return err
	}
	if !restart {
		return nil
	}
	for _, c := range t.Live() {
		if q := cat.Sequence(c.Sequence); q != nil {
			if err := e.Data.RestartSequence(q, q.Start); err != nil {
				return err
			}
		}
	}
	return nil
}
