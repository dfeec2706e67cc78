package session

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/ddl"
	"github.com/driftdb/driftdb/internal/sql/syscat"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

// define carries out the statements of package ddl.
func (s *Session) define(ctx context.Context, st statement, w client.Writer) (string, error) {
	stmt := st.raw.Stmt
	run := definition(stmt)
	if run == nil {
		return "", unsupported(stmt)
	}
	if err := s.applyFirst(); err != nil {
		return "", err
	}
	if err := s.tx.Writable(stmt.Tag()); err != nil {
		return "", err
	}
	if err := s.defineWith(ctx, st, w, run); err != nil {
		return "", err
	}
	if c, ok := stmt.(*ast.CreateSchemaStmt); ok {
		return stmt.Tag(), s.schemaElements(ctx, st, c, w)
	}
	return stmt.Tag(), nil
}

// errStale tells that the catalog changed while a lock was waited for.
var errStale = errors.New("the catalog changed while waiting for a lock")

// defineWith runs one change of the catalog in a fresh copy of it, again when
// somebody else changed it meanwhile.
func (s *Session) defineWith(ctx context.Context, st statement, w client.Writer, run func(*ddl.Env) error) error {
	var notices []*pgerr.Error
	for {
		notices = notices[:0]
		mark := s.tx.Savepoint()
		kept := s.edit
		env, data, err := s.ddlEnv(ctx, st)
		if err != nil {
			return err
		}
		env.Notice = func(n *pgerr.Error) { notices = append(notices, n) }
		err = run(env)
		data.close()
		if err == nil {
			s.tx.Release(mark)
			break
		}
		s.edit = kept
		s.tx.RollbackTo(mark)
		s.tx.Release(mark)
		if !errors.Is(err, errStale) {
			return err
		}
	}
	for _, n := range notices {
		if err := s.notice(w, n); err != nil {
			return err
		}
	}
	return nil
}

// definition returns who carries out a statement, nil when nobody does.
func definition(stmt ast.Stmt) func(*ddl.Env) error {
	switch stmt := stmt.(type) {
	case *ast.CreateTableStmt:
		return func(e *ddl.Env) error { _, _, err := ddl.CreateTable(e, stmt); return err }
	case *ast.CreateIndexStmt:
		return func(e *ddl.Env) error { return ddl.CreateIndex(e, stmt) }
	case *ast.CreateViewStmt:
		return func(e *ddl.Env) error { return ddl.CreateView(e, stmt) }
	case *ast.CreateSequenceStmt:
		return func(e *ddl.Env) error { return ddl.CreateSequence(e, stmt) }
	case *ast.AlterSequenceStmt:
		return func(e *ddl.Env) error { return ddl.AlterSequence(e, stmt) }
	case *ast.CreateSchemaStmt:
		return func(e *ddl.Env) error { _, _, err := ddl.CreateSchema(e, stmt); return err }
	case *ast.AlterTableStmt:
		return func(e *ddl.Env) error { return ddl.AlterTable(e, stmt) }
	case *ast.DropStmt:
		return func(e *ddl.Env) error { return ddl.Drop(e, stmt) }
	case *ast.TruncateStmt:
		return func(e *ddl.Env) error { return ddl.Truncate(e, stmt) }
	case *ast.RenameStmt:
		return func(e *ddl.Env) error { return ddl.Rename(e, stmt) }
	case *ast.AlterSchemaStmt:
		return func(e *ddl.Env) error { return ddl.AlterSchema(e, stmt) }
	case *ast.AlterOwnerStmt:
		return func(e *ddl.Env) error { return ddl.AlterOwner(e, stmt) }
	case *ast.CommentStmt:
		return func(e *ddl.Env) error { return ddl.Comment(e, stmt) }
	case *ast.RoleStmt:
		return func(e *ddl.Env) error { return ddl.Role(e, stmt) }
	case *ast.DropRoleStmt:
		return func(e *ddl.Env) error { return ddl.DropRole(e, stmt) }
	case *ast.AlterRoleSetStmt:
		return func(e *ddl.Env) error {
			name, value, err := storedSetting(stmt.Set)
			if err != nil {
				return err
			}
			return ddl.RoleSettings(e, stmt.Role, name, value)
		}
	case *ast.AlterDatabaseSetStmt:
		return func(e *ddl.Env) error {
			name, value, err := storedSetting(stmt.Set)
			if err != nil {
				return err
			}
			return ddl.DatabaseSettings(e, stmt.Database, name, value)
		}
	}
	return nil
}

// storedSetting reads the SET or RESET of ALTER ROLE and ALTER DATABASE; name is
// "" for RESET ALL, value nil for RESET.
func storedSetting(set *ast.SetStmt) (name string, value *string, err error) {
	switch set.Kind {
	case ast.SetResetAll:
		return "", nil, nil
	case ast.SetReset, ast.SetDefault:
		return set.Name, nil, nil
	case ast.SetValue:
		if config.Lookup(set.Name) == nil && !strings.Contains(set.Name, ".") {
			return "", nil, pgerr.New(pgcode.UndefinedObject, "unrecognized configuration parameter %q", set.Name)
		}
		text, err := new(Session).settingText(set)
		return set.Name, &text, err
	}
	return "", nil, pgerr.NotSupported("Write the value itself.", "this form of SET is not supported here")
}

// schemaElements runs the statements inside CREATE SCHEMA with the new schema
// first in the search path.
func (s *Session) schemaElements(ctx context.Context, st statement, c *ast.CreateSchemaStmt, w client.Writer) error {
	if len(c.Elements) == 0 {
		return nil
	}
	mark := s.cfg.Savepoint()
	if err := s.cfg.Set("search_path", quoteList(c.Name)+", "+s.cfg.Text("search_path"), true); err != nil {
		return err
	}
	for _, el := range c.Elements {
		raw := &ast.RawStmt{Stmt: el, Start: st.raw.Start, Len: st.raw.Len}
		if _, err := s.define(ctx, statement{text: st.text, raw: raw}, w); err != nil {
			return err
		}
	}
	s.cfg.RollbackTo(mark)
	return nil
}

func quoteList(name string) string { return `"` + name + `"` }

// ddlEnv makes what a statement of package ddl runs in. The session's edit is
// replaced by a copy on the newest catalog.
func (s *Session) ddlEnv(ctx context.Context, st statement) (*ddl.Env, *ddlData, error) {
	v := s.srv.DB.View()
	base, version, err := s.srv.Catalog.At(v.Reader)
	v.Release()
	if err != nil {
		return nil, nil, err
	}
	if s.edit != nil {
		s.edit = s.edit.Rebase(base)
	} else {
		s.edit = base.Edit()
	}
	data := &ddlData{s: s, ctx: ctx}
	b := &ddlBinder{s: s, ctx: ctx, st: st}
	return &ddl.Env{
		Edit: s.edit, Data: data, Bind: b, User: s.user, SearchPath: s.effectivePath(s.edit.Snapshot()), Verifier: s.srv.Verifier, InUse: s.reads,
		Lock: func(oid uint32, mode ast.LockMode) error {
			_, _, err := s.tx.LockTable(ctx, oid, lockModes[mode], txn.Wait)
			return s.staleAfter(version, err)
		},
		LockName: func(schema uint32, name string) error {
			key := append(catalog.Key(schema), name...)
			err := s.tx.LockUnique(ctx, store.StorageID(catalog.StorageObjects), key)
			return s.staleAfter(version, err)
		},
	}, data, nil
}

// staleAfter reports errStale when the catalog has moved on before a lock was
// granted.
func (s *Session) staleAfter(version store.Seq, err error) error {
	if err == nil && s.srv.Catalog.Changed(version) {
		return errStale
	}
	return err
}

// ddlData implements ddl.Data in the session's transaction.
type ddlData struct {
	s    *Session
	ctx  context.Context
	stmt *txn.Statement
}

func (d *ddlData) close() {
	if d.stmt != nil {
		d.stmt.Close()
	}
}

// statement is the snapshot that row work starts from.
func (d *ddlData) statement() (*txn.Statement, error) {
	if d.stmt == nil {
		stmt, err := d.s.tx.Statement(d.ctx)
		if err != nil {
			return nil, err
		}
		d.stmt = stmt
	}
	return d.stmt, nil
}

// oidSequence is the store's counter that object identifiers come from.
const oidSequence = 1

// NewOID implements ddl.Data.
func (d *ddlData) NewOID() (uint32, error) {
	n, err := d.s.srv.DB.SequenceNext(oidSequence, store.SequenceSpec{
		Start: int64(catalog.FirstUserOID), Increment: 1, Min: int64(catalog.FirstUserOID), Max: math.MaxInt32 / 4,
	})
	if errors.Is(err, store.ErrSequenceExhausted) {
		return 0, pgerr.New(pgcode.ProgramLimitExceeded, "out of object identifiers")
	}
	return uint32(n), err
}

// NewStorage implements ddl.Data.
func (d *ddlData) NewStorage() (uint64, error) {
	id, err := d.s.tx.NewStorage()
	return uint64(id), err
}

// Freeze implements ddl.Data.
func (d *ddlData) Freeze(storage uint64, table uint32, why ddl.Ending) error {
	f := txn.Frozen{ID: store.StorageID(storage)}
	switch {
	case table == 0:
	case why == ddl.EndTruncate:
		f.Table, f.Op = table, store.OpTruncate
	case why == ddl.EndRewrite:
		f.Table, f.Op = table, store.OpRewrite
	}
	d.s.tx.Freeze(f)
	return nil
}

// CreateSequence implements ddl.Data: a sequence without state starts at its
// start value.
func (d *ddlData) CreateSequence(*catalog.Sequence) error { return nil }

// RestartSequence implements ddl.Data. Nobody else may use the sequence until the
// transaction ends.
func (d *ddlData) RestartSequence(q *catalog.Sequence, value int64) error {
	if _, _, err := d.s.tx.LockTable(d.s.running, q.OID, txn.ShareRowExclusive, txn.Wait); err != nil {
		return err
	}
	d.s.tx.RestartSequence(uint64(q.OID), value)
	return nil
}

// writeCatalog puts the transaction's catalog changes into its commit.
func (s *Session) writeCatalog() error {
	if s.edit == nil {
		return nil
	}
	id := store.StorageID(catalog.StorageObjects)
	if s.tx.Space(id) == nil {
		s.tx.SetSpace(id, &txn.Space{Table: syscat.CatalogTable})
	}
	for _, c := range s.edit.Changes() {
		key := catalog.Key(c.OID)
		if c.New != nil {
			tuple, err := catalog.Encode(c.New)
			if err != nil {
				return err
			}
			if err := s.tx.Put(id, key, tuple, txn.Unknown()); err != nil {
				return err
			}
			continue
		}
		if tuple, ok := catalog.Tombstone(c.Old); ok {
			if err := s.tx.Put(id, key, tuple, txn.Unknown()); err != nil {
				return err
			}
		} else if err := s.tx.Delete(id, key, txn.Unknown()); err != nil {
			return err
		}
	}
	return nil
}
