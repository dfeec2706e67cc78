package expr

import (
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// Scope tells at which ordinal of a row each column stands.
type Scope struct {
	ords  map[plan.ColID]int
	types []types.T
}

// NewScope returns the scope of rows with these columns. A column named twice
// keeps its first place; ColID 0 names no column.
func NewScope(cols []plan.ColID, ts []types.T) *Scope {
	s := &Scope{ords: make(map[plan.ColID]int, len(cols))}
	s.Add(cols, ts)
	return s
}

// Add appends columns to the scope's rows.
func (s *Scope) Add(cols []plan.ColID, ts []types.T) {
	for i, id := range cols {
		if _, ok := s.ords[id]; !ok && id != 0 {
			s.ords[id] = len(s.types) + i
		}
	}
	s.types = append(s.types, ts...)
}

// Len returns the number of columns.
func (s *Scope) Len() int { return len(s.types) }

// Ord returns a column's ordinal.
func (s *Scope) Ord(id plan.ColID) (int, bool) {
	ord, ok := s.ords[id]
	return ord, ok
}

// Copy returns a scope that can be added to without changing s.
func (s *Scope) Copy() *Scope {
	c := &Scope{ords: make(map[plan.ColID]int, len(s.ords)), types: append([]types.T(nil), s.types...)}
	for id, ord := range s.ords {
		c.ords[id] = ord
	}
	return c
}
