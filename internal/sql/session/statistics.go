package session

import (
	"github.com/driftdb/driftdb/internal/catalog"
)

// statistics is what the planner reads of a catalog and its tables.
type statistics struct {
	srv *Server
	// snapshots are the statement's catalog and those of the moments it reads.
	snapshots []*catalog.Snapshot
}

// Index implements opt.Catalog.
func (st statistics) Index(oid uint32) *catalog.Index {
	for _, s := range st.snapshots {
		if x := s.Index(oid); x != nil {
			return x
		}
	}
	return nil
}

// TableRows implements opt.Catalog.
func (st statistics) TableRows(oid uint32) float64 {
	if stat, ok := st.srv.stats.get(oid); ok {
		return stat.rows
	}
	return -1
}
