package session

import (
	"context"
	"sort"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/backend"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/deparse"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/sql/syscat"
	"github.com/driftdb/driftdb/internal/sql/timetravel"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

// virtual implements exec.Virtual: rows of the computed relations.
type virtual struct {
	s        *Session
	snapshot *catalog.Snapshot
}

// virtual returns the computed relations of a catalog.
func (s *Session) virtual(snapshot *catalog.Snapshot) exec.Virtual {
	if v, ok := s.virtualMade.(virtual); ok && v.snapshot == snapshot {
		return s.virtualMade
	}
	s.virtualMade = virtual{s, snapshot}
	return s.virtualMade
}

// VirtualRows implements exec.Virtual.
func (v virtual) VirtualRows(b *builtin.Context, t *catalog.Table, m plan.Moment, yield func([]datum.Datum) error) error {
	snapshot := v.snapshot
	switch m.Kind {
	case plan.Present:
	case plan.AsOf:
		if m.From.Null {
			return nil
		}
		past, err := v.s.pastCatalog(store.Seq(m.From.At))
		if err != nil {
			return err
		}
		snapshot = past
	default:
		return pgerr.NotSupported("Read it AS OF a moment.", "system catalogs can be read at one moment only")
	}
	return syscat.Rows(v.s.catalogEnv(b.Ctx, snapshot), t.OID, yield)
}

// CatalogEnv implements syscat.Provider.
func (s *Session) CatalogEnv(ctx context.Context) (*syscat.Env, error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return nil, err
	}
	return s.catalogEnv(ctx, snapshot), nil
}

func (s *Session) catalogEnv(ctx context.Context, snapshot *catalog.Snapshot) *syscat.Env {
	names := s.names(snapshot)
	return &syscat.Env{
		Catalog: snapshot, DB: s.srv.DB, Settings: s.cfg, Formats: s.formats(), Superuser: s.cfg.Superuser,
		Stats: func(oid uint32) (float64, int32) {
			if st, ok := s.srv.stats.get(oid); ok {
				return st.Rows, int32(st.Bytes/pageBytes + 1)
			}
			return -1, 0
		},
		Print: func(text string, t *catalog.Table, pretty bool) string {
			return reprint(ctx, names, text, t, s.formats(), pretty, s.bindOptions(ctx, statement{}))
		},
		PrintView: func(v *catalog.View, pretty bool) string {
			q, err := parseView(v.Query)
			if err != nil {
				return v.Query
			}
			text, err := deparse.Query(ctx, names, q, s.bindOptions(ctx, statement{}), s.formats(), pretty)
			if err != nil {
				return v.Query + ";"
			}
			return text + ";"
		},
		SequenceState: func(q *catalog.Sequence) (int64, bool) {
			last, called, known, err := s.sequenceStates().SequenceState(uint64(q.OID))
			if err != nil || !known {
				return q.Start, false
			}
			return last, called
		},
		Activity: s.srv.activity, Cursors: s.cursorList, Cancel: s.srv.cancelSession, Terminate: s.srv.terminateSession,
		Locks:        func() []syscat.Lock { return s.locks(snapshot) },
		Transactions: func() (int64, int64) { return s.srv.Counters.Commits.Load(), s.srv.Counters.Rollbacks.Load() },
		User:         s.user, PID: s.pid, Started: micros(processStarted),
		Prepared: s.preparedList, Plans: s.srv.plans.list,
		Visible: func(oid uint32) bool {
			d := snapshot.Get(oid)
			if d == nil {
				return true
			}
			found := names.Relation("", d.Head().Name)
			return found != nil && found.Desc.Head().OID == oid
		},
	}
}

// reprint prints a stored expression as pg_get_expr does.
func reprint(ctx context.Context, cat *bind.SnapshotCatalog, text string, t *catalog.Table, formats *pgfmt.Settings, pretty bool, opts bind.Options) string {
	tree, err := parse.Expr(text)
	if err != nil {
		return text
	}
	bound, err := bind.BindExpr(ctx, cat, t, tree, bind.UseStored, types.T{}, "", opts)
	if err != nil {
		return text
	}
	return deparse.Expr(cat, t, bound, formats, pretty)
}

// preparedList lists the prepared statements for pg_prepared_statements.
func (s *Session) preparedList() []syscat.Prepared {
	var list []syscat.Prepared
	for name, p := range s.statements {
		if name != "" {
			list = append(list, syscat.Prepared{Name: name, Statement: p.text, Time: micros(p.made), Types: p.params, FromSQL: p.fromSQL})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// processStarted is when the server started, for pg_postmaster_start_time.
var processStarted = time.Now()

// cursorList lists the cursors for pg_cursors.
func (s *Session) cursorList() []syscat.Cursor {
	var list []syscat.Cursor
	for name, p := range s.portals {
		row := syscat.Cursor{Name: name, Statement: p.stmt.text}
		if p.cursor != nil {
			row.Hold, row.Scrollable = p.cursor.hold, p.cursor.scroll
		}
		list = append(list, row)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// execMoments implements exec.Moments.
type execMoments struct{ s *Session }

// SeqAt implements exec.Moments.
func (m execMoments) SeqAt(ctx context.Context, at int64) (store.Seq, error) {
	return m.s.seqAtTime(ctx, at)
}

// CheckSeq implements exec.Moments.
func (m execMoments) CheckSeq(seq store.Seq) error { return m.s.CheckSeq(seq) }

// DB implements timetravel.Session.
func (s *Session) DB() *store.DB { return s.srv.DB }

// Snapshot implements timetravel.Session.
func (s *Session) Snapshot(ctx context.Context) (*txn.Statement, error) { return s.tx.Statement(ctx) }

// TablesNow implements timetravel.Session.
func (s *Session) TablesNow() (*table.Set, error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return nil, err
	}
	if s.edit != nil {
		return table.NewSet(snapshot, evaluator{s.names(snapshot)}), nil
	}
	return s.srv.tableSet(snapshot), nil
}

// TablesAt implements timetravel.Session.
func (s *Session) TablesAt(seq store.Seq) (*table.Set, error) {
	snapshot, err := s.pastCatalog(seq)
	if err != nil {
		return nil, err
	}
	return s.srv.tableSet(snapshot), nil
}

// LastCommit implements timetravel.Session.
func (s *Session) LastCommit() store.Seq { return s.lastSeq }

// AsOf implements timetravel.Session.
func (s *Session) AsOf() (store.Seq, bool) {
	if s.asOf == nil {
		return 0, false
	}
	return *s.asOf, true
}

// SeqAt implements timetravel.Session.
func (s *Session) SeqAt(ctx context.Context, at int64) (store.Seq, error) {
	return s.seqAtTime(ctx, at)
}

// TimeOf implements timetravel.Session.
func (s *Session) TimeOf(seq store.Seq) (int64, error) {
	t, err := s.srv.DB.TimeOf(seq)
	return int64(t) - pgEpoch, err
}

// CheckSeq implements timetravel.Session.
func (s *Session) CheckSeq(seq store.Seq) error {
	if last := s.srv.DB.LastSeq(); seq > last {
		return pgerr.New(pgcode.InvalidParameterValue, "commit sequence %d is in the future", seq).
			WithDetail("The last commit is %d.", last)
	}
	return nil
}

var (
	_ timetravel.Session = (*Session)(nil)
	_ backend.Session    = (*Session)(nil)
)
