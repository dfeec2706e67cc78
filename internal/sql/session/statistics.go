package session

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/opt"
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

// planSettings are the settings that steer the planner.
func (s *Session) planSettings() opt.Settings {
	return opt.Settings{
		NoHashJoin: !s.cfg.Bool("enable_hashjoin"), NoMergeJoin: !s.cfg.Bool("enable_mergejoin"),
		NoNestLoop: !s.cfg.Bool("enable_nestloop"), NoIndexScan: !s.cfg.Bool("enable_indexscan"),
		NoSeqScan: !s.cfg.Bool("enable_seqscan"), NoHashAgg: !s.cfg.Bool("enable_hashagg"), NoSort: !s.cfg.Bool("enable_sort"),
	}
}
