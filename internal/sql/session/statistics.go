package session

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/stats"
	"github.com/driftdb/driftdb/internal/store"
)

// statistics is what the planner reads of a catalog and its tables.
type statistics struct {
	srv *Server
	// snapshots are the statement's catalog and those of the moments it reads.
	snapshots []*catalog.Snapshot
}

// Index implements opt.Catalog.
func (st statistics) Index(t *catalog.Table, oid uint32) *catalog.Index {
	for _, s := range st.snapshots {
		if s.Table(t.OID) == t {
			return s.Index(oid)
		}
	}
	return nil
}

// ColumnStats implements opt.Catalog.
func (st statistics) ColumnStats(table uint32, att int16) *stats.Column {
	t, ok := st.srv.stats.get(table)
	if !ok {
		return nil
	}
	return t.Columns[att]
}

// TableRows implements opt.Catalog. What ANALYZE counted is scaled by how the
// table's size on disk has changed since; a table that was never analysed is
// judged by its size alone.
func (st statistics) TableRows(oid uint32) float64 {
	t := st.snapshots[0].Table(oid)
	known, ok := st.srv.stats.get(oid)
	if t == nil || t.Storage == 0 {
		if ok {
			return known.Rows
		}
		return -1
	}
	bytes, err := st.srv.DB.EstimateBytes(store.StorageID(t.Storage), nil, nil)
	switch {
	case ok && (err != nil || known.Bytes < sizeMatters || bytes < sizeMatters):
		return known.Rows
	case ok:
		return known.Rows * float64(bytes) / float64(known.Bytes)
	case err != nil || bytes == 0:
		return -1
	}
	return float64(bytes) / bytesPerRow
}

// sizeMatters is the size on disk from which on a table's growth since ANALYZE
// tells how its rows have grown: small ones are partly in memory.
const sizeMatters = 4 << 20

// bytesPerRow is what a small row takes on disk, compressed.
const bytesPerRow = 32
