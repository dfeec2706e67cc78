package session

import (
	"net"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/syscat"
	"github.com/driftdb/driftdb/internal/txn"
)

// activity is what pg_stat_activity shows of a session. The session writes it,
// any may read it.
type activity struct {
	generation uint64 // of the settings, when application was read; the session's own

	mu          sync.Mutex // protects the rest
	application string
	query       string
	queryStart  time.Time
	changed     time.Time
	txStart     int64 // as now() tells it; 0 outside transactions
	state       string
}

// begin notes that a statement begins.
func (a *activity) begin(s *Session, query string) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.query, a.queryStart, a.changed, a.state = query, now, now, "active"
	a.readSettings(s)
}

// end notes that it is over, and what is left of its transaction.
func (a *activity) end(s *Session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.changed = time.Now()
	switch {
	case !s.explicit:
		a.state = "idle"
	case s.failed:
		a.state = "idle in transaction (aborted)"
	default:
		a.state = "idle in transaction"
	}
	a.readSettings(s)
}

func (a *activity) readSettings(s *Session) {
	if g := s.cfg.Generation(); g != a.generation || a.changed.IsZero() {
		a.generation, a.application = g, s.cfg.Text("application_name")
	}
}

// inTx notes when a transaction began, 0 when there is none any more.
func (a *activity) inTx(start int64) {
	a.mu.Lock()
	a.txStart = start
	a.mu.Unlock()
}

// list returns the sessions in the order of their numbers.
func (srv *Server) list() []*Session {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	list := make([]*Session, 0, len(srv.sessions))
	for _, s := range srv.sessions {
		list = append(list, s)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].pid < list[j].pid })
	return list
}

// activity lists the sessions for pg_stat_activity.
func (srv *Server) activity() []syscat.Activity {
	list := srv.list()
	out := make([]syscat.Activity, len(list))
	for i, s := range list {
		out[i] = s.state.describe(s)
	}
	return out
}

func (a *activity) describe(s *Session) syscat.Activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	row := syscat.Activity{
		PID: s.pid, UserOID: s.login, User: s.info.User, Application: a.application, Start: micros(s.started), TxStart: a.txStart,
		QueryStart: micros(a.queryStart), StateChange: micros(a.changed), Query: a.query, State: a.state,
	}
	if row.State == "" {
		row.State = "idle"
	}
	row.XID, _ = s.owner.Running()
	switch wait := s.owner.Waiting(); {
	case wait != "":
		row.WaitType, row.WaitEvent = "Lock", string(wait)
	case s.owner.WaitsForSafety():
		row.WaitType, row.WaitEvent = "IPC", "SafeSnapshot"
	case row.State != "active":
		row.WaitType, row.WaitEvent = "Client", "ClientRead"
	}
	if host, port, err := net.SplitHostPort(s.info.RemoteAddr); err == nil {
		row.ClientAddr = host
		n, _ := strconv.ParseInt(port, 10, 32)
		row.ClientPort = int32(n)
	}
	return row
}

// micros is a time as SQL counts it, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro() - pgEpoch
}

// find returns the session of that number, or nil.
func (srv *Server) find(pid int32) *Session {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.sessions[pid]
}

// cancelSession stops the statement of a session.
func (srv *Server) cancelSession(pid int32) bool {
	s := srv.find(pid)
	if s != nil {
		s.Cancel()
	}
	return s != nil
}

// terminateSession asks the session's door to end it.
func (srv *Server) terminateSession(pid int32) bool {
	s := srv.find(pid)
	if s == nil || s.info.Terminate == nil {
		return false
	}
	s.info.Terminate()
	return true
}

// Transaction implements backend.Session.
func (s *Session) Transaction() *txn.Tx { return s.tx }

// Owner implements backend.Session.
func (s *Session) Owner() *txn.Owner { return s.owner }

// locks lists the locks for pg_locks. Rows are told by the table their storage
// belongs to.
func (s *Session) locks(snapshot *catalog.Snapshot) []syscat.Lock {
	tables := map[uint64]uint32{}
	snapshot.All(func(d catalog.Desc) bool {
		switch d := d.(type) {
		case *catalog.Table:
			tables[d.Storage] = d.OID
		case *catalog.Index:
			if d.Storage != 0 {
				tables[d.Storage] = d.OID
			}
		}
		return true
	})
	list := s.srv.Txns.LockList()
	out := make([]syscat.Lock, len(list))
	for i, l := range list {
		out[i] = syscat.Lock{
			Kind: string(l.Kind), Relation: l.Relation, Row: l.Row, Advisory: l.Advisory.Key, AdvisoryTwo: l.Advisory.Two, XID: l.XID,
			Virtual: l.Virtual.String(), Holder: l.Holder.String(), PID: l.Holder.PID, Mode: l.Mode, Granted: l.Granted, Since: micros(l.Since),
		}
		if l.Storage != 0 {
			out[i].Relation = tables[uint64(l.Storage)]
		}
	}
	return out
}
