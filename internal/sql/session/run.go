package session

import (
	"context"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/types"
)

// statement is one statement to run, with the text its positions refer to and
// the parameters of the extended protocol.
type statement struct {
	text   string
	raw    *ast.RawStmt
	types  []types.OID
	params []datum.Datum
	// form is what the text, or its shape, is in the plan cache; nil when it is not
	// there. alone says that the text may be taken in.
	form  *form
	alone bool
	shape *parse.Shape // the text without its literals; nil when it was not lifted
}

// parseStatements parses a query string.
func (s *Session) parseStatements(sql string) ([]ast.RawStmt, []*pgerr.Error, error) {
	var notices []*pgerr.Error
	list, err := parse.StatementsWith(sql, &parse.Options{Notices: &notices, BackslashStrings: s.hot().backslash})
	return list, notices, err
}

// run carries out any statement and writes its rows and command tag. It starts
// an implicit transaction where one is needed; the caller commits that.
func (s *Session) run(ctx context.Context, st statement, w client.Writer) error {
	stmt := st.raw.Stmt
	if err := s.inFailedBlock(stmt); err != nil {
		return err
	}
	if t, ok := stmt.(*ast.TransactionStmt); ok {
		tag, err := s.transaction(ctx, t, w)
		return complete(w, tag, err)
	}
	if err := s.ensure(); err != nil {
		return err
	}
	if err := s.syncRole(); err != nil {
		return err
	}
	s.stmtTime = int64(s.srv.DB.Now()) - pgEpoch
	tag, err := s.dispatch(ctx, st, w)
	if err != nil {
		return err
	}
	return complete(w, tag, nil)
}

func complete(w client.Writer, tag string, err error) error {
	if err != nil || tag == "" {
		return err
	}
	return w.Complete(tag)
}

// dispatch sends a statement to whoever carries it out and returns its command
// tag, "" when it was sent already.
func (s *Session) dispatch(ctx context.Context, st statement, w client.Writer) (string, error) {
	switch stmt := st.raw.Stmt.(type) {
	case *ast.SelectStmt:
		if stmt.Into != nil {
			as := &ast.CreateTableAsStmt{Pos: stmt.Pos, Into: stmt.Into, Query: withoutInto(stmt)}
			return s.createTableAs(ctx, st, as, w)
		}
		return s.query(ctx, st, w)
	case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt, *ast.MergeStmt:
		return s.query(ctx, st, w)
	case *ast.SetStmt:
		return s.set(ctx, stmt, w)
	case *ast.ShowStmt:
		return s.show(stmt, w)
	case *ast.DiscardStmt:
		return s.discard(stmt)
	case *ast.ExplainStmt:
		return s.explain(ctx, st, stmt, w)
	case *ast.PrepareStmt:
		return "PREPARE", s.prepareSQL(ctx, st, stmt)
	case *ast.ExecuteStmt:
		return s.executeSQL(ctx, st, stmt, w)
	case *ast.DeallocateStmt:
		return s.deallocate(stmt)
	case *ast.DeclareCursorStmt:
		return "DECLARE CURSOR", s.declare(ctx, st, stmt)
	case *ast.FetchStmt:
		return s.fetch(ctx, stmt, w)
	case *ast.CloseStmt:
		return s.closeCursor(stmt)
	case *ast.CopyStmt:
		return s.copy(ctx, st, stmt, w)
	case *ast.VacuumStmt:
		return s.vacuum(ctx, stmt, w)
	case *ast.LockStmt:
		return "LOCK TABLE", s.lockTables(ctx, stmt)
	case *ast.SetConstraintsStmt:
		return "SET CONSTRAINTS", s.setConstraints(stmt)
	case *ast.CheckpointStmt:
		return "CHECKPOINT", s.checkpoint(ctx)
	case *ast.CreateTableAsStmt:
		return s.createTableAs(ctx, st, stmt, w)
	}
	return s.define(ctx, st, w)
}

// withoutInto returns the query of SELECT ... INTO without that clause.
func withoutInto(q *ast.SelectStmt) *ast.SelectStmt {
	c := *q
	c.Into = nil
	return &c
}

// unsupported answers a statement of a kind that does not exist here.
func unsupported(stmt ast.Stmt) error {
	return pgerr.NotSupported("See COMPAT.md for what exists.", "%s is not supported", stmt.Tag())
}

// needsBlock refuses a statement outside a transaction block (25P01).
func (s *Session) needsBlock(tag string) error {
	if s.explicit {
		return nil
	}
	return pgerr.New(pgcode.NoActiveSqlTransaction, "%s can only be used in transaction blocks", tag)
}

// refusesBlock refuses a statement inside a transaction block (25001).
func (s *Session) refusesBlock(tag string) error {
	if !s.explicit {
		return nil
	}
	return pgerr.New(pgcode.ActiveSqlTransaction, "%s cannot run inside a transaction block", tag)
}
