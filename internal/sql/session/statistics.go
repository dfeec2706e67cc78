package session

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/stats"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
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

// TableExpr implements opt.Catalog.
func (st statistics) TableExpr(t *catalog.Table, text string, column func(att int16) plan.ColID) plan.Expr {
	for _, s := range st.snapshots {
		if s.Table(t.OID) != t {
			continue
		}
		tree, err := parse.Expr(text)
		if err != nil {
			return nil
		}
		bound, err := bind.BindExpr(context.Background(), names(s, nil), t, tree, bind.UseStored, types.T{}, "", bind.Options{})
		if err != nil {
			return nil
		}
		atts := map[plan.ColID]int16{}
		for _, c := range bound.Cols {
			atts[c.ID] = c.AttNum
		}
		return plan.Rewrite(bound.Expr, func(e plan.Expr) plan.Expr {
			c, ok := e.(*plan.ColRef)
			if !ok {
				return e
			}
			own := *c
			own.ID = column(atts[c.ID])
			return &own
		})
	}
	return nil
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
	bytes, err := st.srv.DB.StorageBytes(store.StorageID(t.Storage))
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
