package table

import (
	"sync"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/types"
)

// RowFunc computes something from a row's values (values[attnum-1]). It must be
// safe for concurrent use and must not keep the slice.
type RowFunc func(values []datum.Datum) (datum.Datum, error)

// Evaluator prepares expressions that descriptors hold as text. It is part of a
// Set, so it resolves names in the Set's catalog. It is safe for concurrent use.
type Evaluator interface {
	// Expr prepares an index expression or the predicate of a partial index.
	Expr(t *catalog.Table, text string) (RowFunc, error)
	// Default computes a column's default for ON DELETE SET DEFAULT; NULL when
	// it has none.
	Default(t *catalog.Table, col *catalog.Column) (datum.Datum, error)
	// Assign prepares the value of a column of a row of t as it is when assigned to
	// a column of type to.
	Assign(t *catalog.Table, col *catalog.Column, to types.T) (RowFunc, error)
}

// Set holds the tables of one catalog snapshot, prepared for use. It is safe for
// concurrent use and may be shared by all sessions that use the snapshot.
type Set struct {
	// Segments answer scans of the past; nil: none do. It is set before the
	// Set's first use.
	Segments *segment.Manager

	cat *catalog.Snapshot
	ev  Evaluator

	mu     sync.Mutex // protects tables
	tables map[uint32]*Table
}

// NewSet returns the Set of a snapshot. ev may be nil when no table that is
// opened has index expressions, partial indexes, SET DEFAULT actions or foreign
// keys between columns of different types.
func NewSet(cat *catalog.Snapshot, ev Evaluator) *Set {
	return &Set{cat: cat, ev: ev, tables: make(map[uint32]*Table)}
}

// Catalog returns the Set's snapshot.
func (s *Set) Catalog() *catalog.Snapshot { return s.cat }

// Table returns the table of that OID; 42P01 if there is none.
func (s *Set) Table(oid uint32) (*Table, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[oid]; t != nil {
		return t, nil
	}
	desc := s.cat.Table(oid)
	if desc == nil {
		return nil, pgerr.New(pgcode.UndefinedTable, "relation with OID %d does not exist", oid)
	}
	t, err := s.open(desc)
	if err != nil {
		return nil, err
	}
	s.tables[oid] = t
	return t, nil
}

// expr prepares an expression text.
func (s *Set) expr(t *catalog.Table, text string) (RowFunc, error) {
	if s.ev == nil {
		return nil, pgerr.Internal("no evaluator for expression %q of table %q", text, t.Name)
	}
	return s.ev.Expr(t, text)
}

// tableOIDs lists the tables of the snapshot.
func (s *Set) tableOIDs() []uint32 {
	var list []uint32
	s.cat.All(func(d catalog.Desc) bool {
		if t, ok := d.(*catalog.Table); ok && t.Storage != 0 {
			list = append(list, t.OID)
		}
		return true
	})
	return list
}
