package session

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/stats"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// tableStats holds what ANALYZE found, by table. It is lost at restart, as
// estimates may be.
type tableStats struct {
	mu     sync.RWMutex
	tables map[uint32]*stats.Table
	made   atomic.Uint64 // times something was found
}

func (t *tableStats) get(oid uint32) (*stats.Table, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	st, ok := t.tables[oid]
	return st, ok
}

func (t *tableStats) put(oid uint32, st *stats.Table) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tables == nil {
		t.tables = map[uint32]*stats.Table{}
	}
	t.tables[oid] = st
	t.made.Add(1)
}

// vacuum carries out VACUUM and ANALYZE. There are no dead rows to remove:
// VACUUM compacts the store, ANALYZE gathers statistics.
func (s *Session) vacuum(ctx context.Context, v *ast.VacuumStmt, w client.Writer) (string, error) {
	tag, analyze := "ANALYZE", v.Analyze
	if !v.Analyze {
		tag = "VACUUM"
		if err := s.refusesBlock("VACUUM"); err != nil {
			return "", err
		}
		for _, o := range v.Options {
			if o.Name == "analyze" {
				analyze = optionText(o) != "false" && optionText(o) != "off"
			}
		}
	}
	snapshot, err := s.presentCatalog()
	if err != nil {
		return "", err
	}
	tables, err := s.vacuumTables(snapshot, v)
	if err != nil {
		return "", err
	}
	if !v.Analyze && len(v.Tables) == 0 {
		if err := s.srv.DB.Compact(ctx); err != nil {
			return "", err
		}
	}
	if !analyze {
		return tag, nil
	}
	for _, t := range tables {
		if err := s.analyze(ctx, t); err != nil {
			return "", err
		}
	}
	return tag, nil
}

// vacuumTables are the tables a VACUUM or ANALYZE names, or all.
func (s *Session) vacuumTables(snapshot *catalog.Snapshot, v *ast.VacuumStmt) ([]*catalog.Table, error) {
	var list []*catalog.Table
	if len(v.Tables) == 0 {
		snapshot.All(func(d catalog.Desc) bool {
			if t, ok := d.(*catalog.Table); ok {
				list = append(list, t)
			}
			return true
		})
		return list, nil
	}
	for _, r := range v.Tables {
		rel := s.names(snapshot).Relation(r.Table.Schema, r.Table.Name)
		if rel == nil {
			return nil, pgerr.New(pgcode.UndefinedTable, "relation %q does not exist", r.Table.Name)
		}
		t, ok := rel.Desc.(*catalog.Table)
		if !ok {
			continue // PostgreSQL warns and skips what cannot be vacuumed
		}
		for _, c := range r.Columns {
			if t.Column(c) == nil {
				return nil, pgerr.New(pgcode.UndefinedColumn, "column %q of relation %q does not exist", c, t.Name)
			}
		}
		if !rel.Virtual {
			list = append(list, t)
		}
	}
	return list, nil
}

// analyze reads a table and keeps statistics of a sample of its rows.
func (s *Session) analyze(ctx context.Context, t *catalog.Table) error {
	stmt, err := s.tx.Statement(ctx)
	if err != nil {
		return err
	}
	defer stmt.Close()
	c, err := s.catalogFor(stmt.Reader())
	if err != nil {
		return err
	}
	tab, err := c.tables.Table(t.OID)
	if err != nil {
		return err
	}
	if tab.Storage() == 0 {
		return nil
	}
	sample := stats.NewSample(uint64(t.OID))
	if err := tab.EachRow(stmt, func(values []datum.Datum) error { sample.Add(values); return nil }); err != nil {
		return err
	}
	found := &stats.Table{Rows: float64(sample.Rows()), Columns: map[int16]*stats.Column{}}
	for _, col := range tab.Desc.Live() {
		found.Columns[col.Attnum] = sample.Column(int(col.Attnum) - 1)
	}
	if found.Bytes, err = s.srv.DB.EstimateBytes(tab.Storage(), nil, nil); err != nil {
		return err
	}
	s.srv.stats.put(t.OID, found)
	return nil
}

// pageBytes is PostgreSQL's page size, in which pg_class.relpages counts.
const pageBytes = 8192

// checkpoint carries out CHECKPOINT: every commit is durable already, so there
// is nothing left to do but to check that the user may ask.
func (s *Session) checkpoint(context.Context) error {
	if !s.cfg.Superuser {
		return pgerr.New(pgcode.InsufficientPrivilege, "must be superuser or have privileges of pg_checkpoint to do CHECKPOINT")
	}
	return nil
}

var lockModes = map[ast.LockMode]txn.Mode{
	ast.LockAccessShare: txn.AccessShare, ast.LockRowShare: txn.RowShareTable, ast.LockRowExclusive: txn.RowExclusive,
	ast.LockShareUpdateExclusive: txn.ShareUpdateExclusive, ast.LockShare: txn.Share,
	ast.LockShareRowExclusive: txn.ShareRowExclusive, ast.LockExclusive: txn.Exclusive, ast.LockAccessExclusive: txn.AccessExclusive,
}

// lockTables carries out LOCK TABLE.
func (s *Session) lockTables(ctx context.Context, l *ast.LockStmt) error {
	if err := s.needsBlock("LOCK TABLE"); err != nil {
		return err
	}
	snapshot, err := s.presentCatalog()
	if err != nil {
		return err
	}
	policy := txn.Wait
	if l.Nowait {
		policy = txn.NoWait
	}
	for _, r := range l.Tables {
		rel := s.names(snapshot).Relation(r.Schema, r.Name)
		if rel == nil {
			return pgerr.New(pgcode.UndefinedTable, "relation %q does not exist", r.Name)
		}
		_, busy, err := s.tx.LockTable(ctx, rel.Desc.Head().OID, lockModes[l.Mode], policy)
		if err != nil {
			return err
		}
		if busy {
			return pgerr.New(pgcode.LockNotAvailable, "could not obtain lock on relation %q", r.Name)
		}
	}
	return nil
}

// setConstraints carries out SET CONSTRAINTS.
func (s *Session) setConstraints(c *ast.SetConstraintsStmt) error {
	var oids []uint32
	if c.Constraints != nil {
		snapshot, err := s.presentCatalog()
		if err != nil {
			return err
		}
		for _, r := range c.Constraints {
			found, err := constraintsNamed(snapshot, r.Name)
			if err != nil {
				return err
			}
			oids = append(oids, found...)
		}
	}
	return table.SetConstraints(context.Background(), s.tx, oids, c.Deferred)
}

func constraintsNamed(snapshot *catalog.Snapshot, name string) ([]uint32, error) {
	var oids []uint32
	var err error
	snapshot.All(func(d catalog.Desc) bool {
		if t, ok := d.(*catalog.Table); ok {
			if k := t.Constraint(name); k != nil {
				if !k.Deferrable {
					err = pgerr.New(pgcode.WrongObjectType, "constraint %q is not deferrable", name)
				}
				oids = append(oids, k.OID)
			}
		}
		return err == nil
	})
	if err == nil && oids == nil {
		err = pgerr.New(pgcode.UndefinedObject, "constraint %q does not exist", name)
	}
	return oids, err
}
