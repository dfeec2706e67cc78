package session

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/store"
)

// seqInPast checks that a commit number has been reached.
func (s *Session) seqInPast(seq uint64) (store.Seq, error) {
	return store.Seq(seq), s.CheckSeq(store.Seq(seq))
}

// seqAtTime turns a timestamptz into the last commit at or before it, and closes
// that time.
func (s *Session) seqAtTime(ctx context.Context, at int64) (store.Seq, error) {
	if at > math.MaxInt64-pgEpoch { // infinity
		return 0, fromStore(store.ErrFuture)
	}
	seq, err := s.srv.DB.SeqAt(ctx, store.Time(at+pgEpoch))
	if errors.Is(err, store.ErrFuture) {
		return 0, pgerr.New(pgcode.InvalidParameterValue, "cannot read the database as of a time in the future")
	}
	return seq, err
}

// moments implements bind.Moments for one statement.
type moments struct {
	s      *Session
	params []datum.Datum
	known  bool // params hold the values of the statement's parameters
}

// openMoment is an AS OF moment that is no constant, and the catalog it was bound
// in: that of the moment it stood for then.
type openMoment struct {
	plan.Instant
	snapshot *catalog.Snapshot
}

// findOpen notes the AS OF moments of a plan that each execution resolves anew. A
// moment that was not resolved yet was bound in the statement's own catalog.
func (s *Session) findOpen(p *planned, own *catalog.Snapshot) (err error) {
	note := func(m plan.Moment) {
		if m.Kind != plan.AsOf || m.From.Fixed || err != nil {
			return
		}
		open := openMoment{m.From, own}
		if m.From.Resolved {
			open.snapshot, err = s.pastCatalog(store.Seq(m.From.At))
		}
		p.open = append(p.open, open)
	}
	plan.WalkRels(p.stmt.Root, func(r plan.Rel) {
		switch r := r.(type) {
		case *plan.Scan:
			note(r.Moment)
		case *plan.VirtualScan:
			note(r.Moment)
		}
	})
	return err
}

// Resolve implements bind.Moments.
func (m moments) Resolve(ctx context.Context, i plan.Instant) (plan.Instant, error) {
	if i.Fixed || i.Expr == nil {
		return i, nil
	}
	if !m.known && usesParams(i.Expr) {
		return i, nil
	}
	d, err := m.s.evaluate(ctx, i.Expr, m.params)
	if err != nil {
		return i, err
	}
	i.Fixed = plan.IsImmutable(i.Expr) && !usesParams(i.Expr)
	if d.IsNull() {
		i.Null = true
		return i, nil
	}
	var seq store.Seq
	if i.Seq {
		if d.Int() < 0 {
			return i, pgerr.New(pgcode.InvalidParameterValue, "commit sequence %d is negative", d.Int())
		}
		seq, err = m.s.seqInPast(uint64(d.Int()))
	} else {
		seq, err = m.s.seqAtTime(ctx, d.Int())
	}
	i.Resolved, i.At = err == nil, uint64(seq)
	return i, err
}

// CatalogAt implements bind.Moments.
func (m moments) CatalogAt(_ context.Context, at uint64) (bind.Catalog, error) {
	snapshot, err := m.s.pastCatalog(store.Seq(at))
	if err != nil {
		return nil, err
	}
	return m.s.names(snapshot), nil
}

// momentCatalogs are the moments of one statement; it notes which catalogs of
// the past were asked for.
type momentCatalogs struct {
	moments
	snapshots []*catalog.Snapshot
}

// CatalogAt implements bind.Moments.
func (m *momentCatalogs) CatalogAt(_ context.Context, at uint64) (bind.Catalog, error) {
	snapshot, err := m.s.pastCatalog(store.Seq(at))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(m.snapshots, snapshot) {
		m.snapshots = append(m.snapshots, snapshot)
	}
	return m.s.names(snapshot), nil
}

// pastCatalog is the catalog as of a commit.
func (s *Session) pastCatalog(at store.Seq) (*catalog.Snapshot, error) {
	v := s.srv.DB.View()
	defer v.Release()
	snapshot, _, err := s.srv.Catalog.At(v.At(at))
	return snapshot, err
}

// presentCatalog is the newest catalog with the transaction's own changes.
func (s *Session) presentCatalog() (*catalog.Snapshot, error) {
	if s.edit != nil {
		return s.edit.Snapshot(), nil
	}
	v := s.srv.DB.View()
	defer v.Release()
	at := v.Reader
	if s.asOf != nil {
		at = v.At(*s.asOf)
	}
	snapshot, _, err := s.srv.Catalog.At(at)
	return snapshot, err
}

// usesParams reports whether an expression refers to a statement's parameters.
func usesParams(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(e plan.Expr) bool {
		_, param := e.(*plan.Param)
		found = found || param
		return !found
	})
	return found
}

// moment resolves a moment outside a query (BEGIN AS OF).
func (s *Session) moment(ctx context.Context, m *ast.Moment) (seq store.Seq, null bool, err error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return 0, false, err
	}
	i, err := bind.BindMoment(ctx, s.names(snapshot), m, s.bindOptions(ctx, statement{}))
	if err != nil {
		return 0, false, err
	}
	i, err = moments{s: s, known: true}.Resolve(ctx, i)
	return store.Seq(i.At), i.Null, err
}
