package session

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/store"
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

// TableRows implements opt.Catalog. A table that was never analysed is judged by
// its size on disk.
func (st statistics) TableRows(oid uint32) float64 {
	if stat, ok := st.srv.stats.get(oid); ok {
		return stat.rows
	}
	t := st.snapshots[0].Table(oid)
	if t == nil || t.Storage == 0 {
		return -1
	}
	bytes, err := st.srv.DB.EstimateBytes(store.StorageID(t.Storage), nil, nil)
	if err != nil || bytes == 0 {
		return -1
	}
	return float64(bytes) / bytesPerRow
}

// bytesPerRow is what a small row takes on disk, compressed.
const bytesPerRow = 32
