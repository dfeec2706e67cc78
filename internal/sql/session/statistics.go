package session

import (
	"github.com/driftdb/driftdb/internal/catalog"
)

// statistics is what the planner reads of a catalog and its tables.
type statistics struct {
	srv      *Server
	snapshot *catalog.Snapshot
}

func (s *Session) statistics(c view) statistics { return statistics{s.srv, c.snapshot} }

// Index implements opt.Catalog.
func (st statistics) Index(oid uint32) *catalog.Index { return st.snapshot.Index(oid) }

// TableRows implements opt.Catalog.
func (st statistics) TableRows(oid uint32) float64 {
	if stat, ok := st.srv.stats.get(oid); ok {
		return stat.rows
	}
	return -1
}
