package session

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/table"
)

// Tables returns the tables of a catalog snapshot, with its index expressions
// ready to be computed, for work outside sessions.
func (srv *Server) Tables(snapshot *catalog.Snapshot) *table.Set { return srv.tableSet(snapshot) }
