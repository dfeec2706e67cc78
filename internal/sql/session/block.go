package session

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

// pgEpoch is 2000-01-01 in microseconds of the Unix epoch: values of SQL times
// count from there, the store's from 1970.
const pgEpoch = 946684800 * 1_000_000

// block is a session's transaction, if it has one.
type block struct {
	tx       *txn.Tx // nil outside any transaction
	explicit bool    // BEGIN was said; otherwise the transaction is implicit
	failed   bool    // an error happened; only ROLLBACK helps
	ran      bool    // a statement has run in it, so its modes are fixed
	asOf     *store.Seq
	edit     *catalog.Edit // its catalog changes, nil when there are none
	saves    []savepoint
	txnTime  int64 // now(): microseconds since 2000-01-01
	stmtTime int64
}

// savepoint is one SAVEPOINT with everything to go back to.
type savepoint struct {
	name string
	tx   int
	cfg  config.Mark
	edit *catalog.Edit
	// portals is how many were made before it, readOnly the transaction's mode.
	portals  int
	readOnly bool
}

// ensure starts an implicit transaction if there is none.
func (s *Session) ensure() error {
	if s.tx != nil {
		return nil
	}
	return s.startTx(ast.TxModes{})
}

// startTx begins a transaction with the session's default modes and those given.
func (s *Session) startTx(m ast.TxModes) error {
	h := s.hot()
	opts := txn.Options{
		ReadOnly: h.readOnly, Deferrable: h.deferrable, Owner: s.owner, Async: h.async, LockTimeout: h.lockTimeout, DeadlockTimeout: h.deadlockTimeout,
	}
	isolation := h.isolation
	s.txnTime = int64(s.srv.DB.Now()) - pgEpoch
	s.stmtTime = s.txnTime
	s.cfg.Begin()
	s.tx = s.srv.Txns.Begin(opts)
	s.state.inTx(s.txnTime)
	s.failed, s.ran, s.asOf, s.edit, s.saves = false, false, nil, nil, nil
	if err := s.showMode("transaction_read_only", onOff(opts.ReadOnly)); err != nil {
		return err
	}
	if err := s.showMode("transaction_deferrable", onOff(opts.Deferrable)); err != nil {
		return err
	}
	if err := s.setIsolation(isolation); err != nil {
		s.abort()
		return err
	}
	if err := s.modes(m); err != nil {
		s.abort()
		return err
	}
	return nil
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// setIsolation gives the running transaction a level by its setting's name.
func (s *Session) setIsolation(name string) error {
	level := txn.ReadCommitted
	switch name {
	case "repeatable read":
		level = txn.RepeatableRead
	case "serializable":
		level = txn.Serializable
	}
	if s.ran && s.tx.Options().Isolation != level || !s.tx.SetIsolation(level) {
		return pgerr.New(pgcode.ActiveSqlTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
	}
	return s.showMode("transaction_isolation", name)
}

var isolationNames = map[ast.Isolation]string{
	ast.ReadUncommitted: "read uncommitted", ast.ReadCommitted: "read committed",
	ast.RepeatableRead: "repeatable read", ast.Serializable: "serializable",
}

// modes applies transaction modes to the running transaction.
func (s *Session) modes(m ast.TxModes) error {
	if name := isolationNames[m.Isolation]; name != "" {
		if err := s.setIsolation(name); err != nil {
			return err
		}
	}
	if m.ReadOnly || m.ReadWrite {
		if err := s.setReadOnly(m.ReadOnly); err != nil {
			return err
		}
	}
	if m.Deferrable || m.NotDeferrable {
		if err := s.setDeferrable(m.Deferrable); err != nil {
			return err
		}
	}
	if m.AsOf != nil {
		if m.ReadWrite {
			return pgerr.New(pgcode.FeatureNotSupported, "a READ WRITE transaction cannot read AS OF a past moment").
				WithHint("Leave READ WRITE out.")
		}
		return s.enterPast(m.AsOf)
	}
	return nil
}

func (s *Session) setDeferrable(on bool) error {
	if s.ran {
		return pgerr.New(pgcode.ActiveSqlTransaction, "SET TRANSACTION [NOT] DEFERRABLE must be called before any query")
	}
	s.tx.SetDeferrable(on)
	return s.showMode("transaction_deferrable", onOff(on))
}

func (s *Session) setReadOnly(on bool) error {
	if !on && s.tx.Options().ReadOnly {
		switch {
		case s.asOf != nil:
			return pgerr.New(pgcode.ActiveSqlTransaction, "cannot set transaction read-write mode inside a transaction that reads the past")
		case s.ran:
			return pgerr.New(pgcode.ActiveSqlTransaction, "transaction read-write mode must be set before any query")
		}
	}
	s.tx.SetReadOnly(on)
	return s.showMode("transaction_read_only", onOff(on))
}

// enterPast makes the whole transaction read as of a moment.
func (s *Session) enterPast(m *ast.Moment) error {
	if s.ran {
		return pgerr.New(pgcode.ActiveSqlTransaction, "SET TRANSACTION AS OF must be called before any query")
	}
	seq, null, err := s.moment(context.Background(), m)
	if err != nil {
		return err
	}
	if null {
		return pgerr.New(pgcode.NullValueNotAllowed, "the moment of a transaction must not be null")
	}
	return s.pin(seq)
}

// pin moves the transaction to a past commit.
func (s *Session) pin(seq store.Seq) error {
	if !s.tx.SetAsOf(seq) {
		return pgerr.New(pgcode.ActiveSqlTransaction, "SET TRANSACTION AS OF must be called before any query")
	}
	s.asOf = &seq
	return s.showMode("transaction_read_only", "on")
}

// commit ends the transaction; an error means it was rolled back.
func (s *Session) commit(ctx context.Context) error {
	if s.tx == nil {
		return nil
	}
	s.closePortals(false)
	if err := s.writeCatalog(); err != nil {
		s.abort()
		return err
	}
	if s.tx.Wrote() {
		if err := s.describe(); err != nil {
			s.abort()
			return err
		}
	}
	wrote := s.tx.Wrote()
	seq, _, err := s.tx.Commit(ctx)
	if err != nil {
		s.abort()
		return err
	}
	if wrote && seq > 0 {
		s.lastSeq = seq
	}
	s.srv.Counters.Commits.Add(1)
	s.cfg.Commit()
	s.endBlock()
	return nil
}

// describe gives the commit its user, client, reason and metadata.
func (s *Session) describe() error {
	m := store.Meta{
		User: s.roleName(s.user), Application: s.cfg.Text("application_name"), ClientAddr: s.info.RemoteAddr,
	}
	m.Reason, _ = s.cfg.Get("drift.reason")
	if meta, _ := s.cfg.Get("drift.meta"); meta != "" {
		m.JSON = []byte(meta)
	}
	s.tx.SetMeta(m)
	return nil
}

// abort rolls the transaction back, if there is one, and ends the block.
func (s *Session) abort() {
	if s.tx == nil {
		return
	}
	s.closePortals(false)
	s.tx.Rollback()
	s.srv.Counters.Rollbacks.Add(1)
	s.cfg.Rollback()
	s.endBlock()
}

func (s *Session) endBlock() {
	s.block = block{txnTime: s.txnTime, stmtTime: s.stmtTime}
	s.state.inTx(0)
}

// fail is what an error does to the transaction: an implicit one is rolled back,
// an explicit one waits for ROLLBACK.
func (s *Session) fail() {
	if s.tx == nil {
		return
	}
	if !s.explicit {
		s.abort()
		return
	}
	s.failed = true
	if n := len(s.saves); n > 0 {
		s.closePortalsAfter(s.saves[n-1].portals) // older ones live on if it is rolled back to
		return
	}
	s.closePortals(false)
}

// report tells the client the reported settings that changed, just before it is
// told that the session is ready.
func (s *Session) report(w client.Writer) error {
	if w == nil {
		return nil
	}
	return s.cfg.Reports(w.Status)
}

// transaction carries out BEGIN, COMMIT, SAVEPOINT and so on.
func (s *Session) transaction(ctx context.Context, t *ast.TransactionStmt, w client.Writer) (string, error) {
	switch t.Kind {
	case ast.TxBegin, ast.TxStart:
		return s.beginBlock(t, w)
	case ast.TxCommit:
		return s.commitBlock(ctx, t, w)
	case ast.TxRollback:
		return s.rollbackBlock(t, w)
	case ast.TxSavepoint:
		return "SAVEPOINT", s.savepoint(t.Name)
	case ast.TxRelease:
		return "RELEASE", s.release(t.Name)
	case ast.TxRollbackTo:
		return "ROLLBACK", s.rollbackTo(t.Name)
	}
	return "", pgerr.NotSupported("Commit in one phase.", "prepared transactions are not supported")
}

func (s *Session) beginBlock(t *ast.TransactionStmt, w client.Writer) (string, error) {
	tag := "BEGIN"
	if t.Kind == ast.TxStart {
		tag = "START TRANSACTION"
	}
	if s.explicit {
		if err := s.warn(w, pgcode.ActiveSqlTransaction, "there is already a transaction in progress"); err != nil {
			return "", err
		}
		return tag, s.modes(t.Modes)
	}
	if s.tx != nil {
		// An implicit transaction of a multi-statement string becomes the block.
		s.explicit = true
		return tag, s.modes(t.Modes)
	}
	if err := s.startTx(t.Modes); err != nil {
		return "", err
	}
	s.explicit = true
	return tag, nil
}

func (s *Session) commitBlock(ctx context.Context, t *ast.TransactionStmt, w client.Writer) (string, error) {
	if !s.explicit {
		if t.Chain {
			return "", pgerr.New(pgcode.NoActiveSqlTransaction, "COMMIT AND CHAIN can only be used in transaction blocks")
		}
		if err := s.warn(w, pgcode.NoActiveSqlTransaction, "there is no transaction in progress"); err != nil {
			return "", err
		}
		return "COMMIT", s.commit(ctx)
	}
	modes := s.presentModes()
	tag := "COMMIT"
	if s.failed {
		s.abort()
		tag = "ROLLBACK"
	} else if err := s.commit(ctx); err != nil {
		return "", err
	}
	return tag, s.chain(t.Chain, modes)
}

func (s *Session) rollbackBlock(t *ast.TransactionStmt, w client.Writer) (string, error) {
	if !s.explicit {
		if t.Chain {
			return "", pgerr.New(pgcode.NoActiveSqlTransaction, "ROLLBACK AND CHAIN can only be used in transaction blocks")
		}
		if err := s.warn(w, pgcode.NoActiveSqlTransaction, "there is no transaction in progress"); err != nil {
			return "", err
		}
	}
	modes := s.presentModes()
	s.abort()
	return "ROLLBACK", s.chain(t.Chain, modes)
}

// presentModes are the running transaction's modes, for AND CHAIN.
func (s *Session) presentModes() ast.TxModes {
	var m ast.TxModes
	if s.tx == nil {
		return m
	}
	o := s.tx.Options()
	for level, name := range isolationNames {
		if name == s.cfg.Text("transaction_isolation") {
			m.Isolation = level
		}
	}
	m.Deferrable, m.NotDeferrable = o.Deferrable, !o.Deferrable
	m.ReadOnly, m.ReadWrite = o.ReadOnly, !o.ReadOnly
	return m
}

func (s *Session) chain(on bool, m ast.TxModes) error {
	if !on {
		return nil
	}
	if err := s.startTx(m); err != nil {
		return err
	}
	s.explicit = true
	return nil
}

func (s *Session) savepoint(name string) error {
	if !s.explicit {
		return pgerr.New(pgcode.NoActiveSqlTransaction, "SAVEPOINT can only be used in transaction blocks")
	}
	p := savepoint{name: name, tx: s.tx.Savepoint(), cfg: s.cfg.Savepoint(), portals: s.portalsMade, readOnly: s.tx.Options().ReadOnly}
	if s.edit != nil {
		p.edit = s.edit.Clone()
	}
	s.saves = append(s.saves, p)
	return nil
}

// find returns the index of the newest savepoint of that name.
func (s *Session) findSavepoint(verb, name string) (int, error) {
	if !s.explicit {
		return 0, pgerr.New(pgcode.NoActiveSqlTransaction, "%s can only be used in transaction blocks", verb)
	}
	for i := len(s.saves) - 1; i >= 0; i-- {
		if s.saves[i].name == name {
			return i, nil
		}
	}
	return 0, pgerr.New(pgcode.SEInvalidSpecification, "savepoint %q does not exist", name)
}

func (s *Session) release(name string) error {
	i, err := s.findSavepoint("RELEASE SAVEPOINT", name)
	if err != nil {
		return err
	}
	readOnly := s.saves[i].readOnly
	s.tx.Release(s.saves[i].tx)
	s.saves = s.saves[:i]
	s.tx.SetReadOnly(readOnly) // a mode set since ends with it, as in PostgreSQL
	return s.showMode("transaction_read_only", onOff(s.tx.Options().ReadOnly))
}

func (s *Session) rollbackTo(name string) error {
	i, err := s.findSavepoint("ROLLBACK TO SAVEPOINT", name)
	if err != nil {
		return err
	}
	p := &s.saves[i]
	s.closePortalsAfter(p.portals)
	s.tx.RollbackTo(p.tx)
	s.cfg.RollbackTo(p.cfg)
	s.tx.SetReadOnly(s.cfg.Text("transaction_read_only") == "on")
	s.edit = nil
	if p.edit != nil {
		s.edit = p.edit.Clone()
	}
	s.saves = s.saves[:i+1]
	s.failed = false
	return nil
}

// timeouts hands lock_timeout and deadlock_timeout to the transaction.
func (s *Session) timeouts() { s.tx.SetTimeouts(s.hot().lockTimeout, s.hot().deadlockTimeout) }

// showMode makes SHOW tell a mode of the running transaction. Most transactions
// have the default modes, which it tells already.
func (s *Session) showMode(name, value string) error {
	if s.cfg.Text(name) == value {
		return nil
	}
	return s.cfg.Override(name, value, true)
}
