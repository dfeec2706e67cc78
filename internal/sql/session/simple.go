package session

import (
	"context"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/parse"
)

// Simple implements client.Session. All statements of one string share an
// implicit transaction, unless they say BEGIN or COMMIT themselves.
func (s *Session) Simple(ctx context.Context, sql string, w client.Writer) error {
	ctx, timer := s.begin(ctx, sql)
	defer s.done(timer)
	s.out = w
	defer func() { s.out = nil }()
	s.dropUnnamed()
	shape := shapes.Get().(*parse.Shape)
	defer shapes.Put(shape)
	st := s.recall(sql, shape)
	if st.form != nil {
		if err := s.one(ctx, st, true, w); err != nil {
			return s.broken(ctx, err, sql)
		}
		return s.report(w)
	}
	list, err := s.parseAlone(&st, w)
	if err != nil {
		return s.broken(ctx, err, sql)
	}
	if len(list) == 0 {
		if err := w.Empty(); err != nil {
			return err
		}
	}
	for i := range list {
		// The last statement's commit comes before its CommandComplete, so that a
		// client that was answered finds its change durable.
		last := i == len(list)-1
		st.raw = &list[i]
		if err := s.one(ctx, st, last, w); err != nil {
			return s.broken(ctx, err, sql)
		}
	}
	return s.report(w)
}

// one runs a statement of a simple query.
func (s *Session) one(ctx context.Context, st statement, last bool, w client.Writer) error {
	done := &completion{Writer: w}
	err := s.run(ctx, st, done)
	if err == nil && last && s.tx != nil && !s.explicit {
		err = s.commit(ctx)
	}
	if err != nil {
		return err
	}
	return done.send()
}

// completion holds back CommandComplete until the commit is done.
type completion struct {
	client.Writer
	tag  string
	held bool
}

// Complete implements client.Writer.
func (c *completion) Complete(tag string) error {
	c.tag, c.held = tag, true
	return nil
}

func (c *completion) send() error {
	if !c.held {
		return nil
	}
	return c.Writer.Complete(c.tag)
}

// parse splits a query string; notices about it go to the client, and how many
// is returned.
func (s *Session) parse(sql string, w client.Writer) (list []ast.RawStmt, count int, err error) {
	list, notices, err := s.parseStatements(sql)
	if err != nil {
		return nil, 0, err
	}
	for _, n := range notices {
		if n.Position > 0 {
			n = n.At(0)
			n.Position = characters(sql, n.Position)
		}
		if err := s.notice(w, n); err != nil {
			return nil, 0, err
		}
	}
	return list, len(notices), nil
}

// broken finishes a statement that failed: the transaction suffers, the error
// gets its final form.
func (s *Session) broken(ctx context.Context, err error, text string) error {
	s.fail()
	return finish(ctx, err, text)
}

// inFailedBlock refuses everything but the end of a failed transaction block.
func (s *Session) inFailedBlock(stmt ast.Stmt) error {
	if !s.failed {
		return nil
	}
	if t, ok := stmt.(*ast.TransactionStmt); ok {
		switch t.Kind {
		case ast.TxCommit, ast.TxRollback, ast.TxRollbackTo:
			return nil
		}
	}
	return pgerr.New(pgcode.InFailedSqlTransaction, "current transaction is aborted, commands ignored until end of transaction block")
}
