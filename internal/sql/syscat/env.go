package syscat

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
)

// Env is what the relations are computed from. It belongs to one statement.
type Env struct {
	Catalog  *catalog.Snapshot
	DB       *store.DB
	Settings *config.Session
	Formats  *pgfmt.Settings
	// Stats returns a table's estimated rows and pages; -1 rows when never analysed.
	Stats func(table uint32) (rows float64, pages int32)
	// Print reprints a stored expression over a table (nil for none), pretty or not.
	Print func(text string, t *catalog.Table, pretty bool) string
	// PrintView reprints a view's query.
	PrintView func(v *catalog.View, pretty bool) string
	// SequenceState returns a sequence's last value and whether nextval gave it out.
	SequenceState func(q *catalog.Sequence) (last int64, called bool)
	// Activity lists the sessions.
	Activity func() []Activity
	// Prepared lists the prepared statements of the session.
	Prepared func() []Prepared
	// Plans lists the plan cache.
	Plans func() ([]CachedPlan, PlanCacheTotals)
	// Visible reports whether a relation is found by its name alone.
	Visible func(oid uint32) bool
	// Cursors lists the cursors of the session.
	Cursors func() []Cursor
	// Cancel stops the statement of a session; false when there is no such session.
	Cancel func(pid int32) bool
	// Terminate ends a session; false when there is no such session.
	Terminate func(pid int32) bool
	// Locks lists the locks that are held and awaited.
	Locks func() []Lock
	// Transactions counts those committed and rolled back.
	Transactions func() (commits, rollbacks int64)
	// User is the current role, PID the session's number, Started when the server
	// started (microseconds since 2000-01-01).
	User    uint32
	PID     int32
	Started int64
	// Superuser tells whether secrets may show.
	Superuser bool
}

// Activity is one row of pg_stat_activity; times are microseconds since
// 2000-01-01, 0 for none.
type Activity struct {
	PID         int32
	UserOID     uint32
	User        string
	Application string
	ClientAddr  string
	ClientPort  int32
	Start       int64
	TxStart     int64
	QueryStart  int64
	StateChange int64
	State       string
	Query       string
	WaitType    string // "" when it does not wait
	WaitEvent   string
	XID         uint64 // 0 for none
}

// Lock is one row of pg_locks.
type Lock struct {
	Kind        string
	Relation    uint32 // 0 for none
	Row         uint64 // of a tuple: tells the rows of a relation apart
	Advisory    uint64
	AdvisoryTwo bool // the name is two integers
	XID         uint64
	Virtual     string // of a virtualxid
	Holder      string
	PID         int32
	Mode        string
	Granted     bool
	Since       int64 // when the wait began, 0 for none
}

// Prepared is one row of pg_prepared_statements.
type Prepared struct {
	Name      string
	Statement string
	Time      int64
	Types     []types.OID
	FromSQL   bool
}

// Cursor is one row of pg_cursors.
type Cursor struct {
	Name       string
	Statement  string
	Hold       bool
	Binary     bool
	Scrollable bool
	Created    int64
}

// schemaName returns the name of a schema.
func (e *Env) schemaName(oid uint32) string {
	if s := e.Catalog.Schema(oid); s != nil {
		return s.Name
	}
	return ""
}

// roleName returns the name of a role.
func (e *Env) roleName(oid uint32) string {
	if r := e.Catalog.Role(oid); r != nil {
		return r.Name
	}
	return "unknown (OID=" + itoa(int64(oid)) + ")"
}

// tables yields every user table.
func (e *Env) tables(yield func(*catalog.Table) error) error {
	return each(e.Catalog, yield)
}

// each yields every object of one kind in OID order.
func each[D catalog.Desc](s *catalog.Snapshot, yield func(D) error) (err error) {
	s.All(func(d catalog.Desc) bool {
		if typed, ok := d.(D); ok {
			err = yield(typed)
		}
		return err == nil
	})
	return err
}

func itoa(n int64) string {
	return string(pgfmt.AppendText(nil, types.Of(types.Int8), datum.NewInt(n), pgfmt.Default()))
}

// intArray makes an array of a type from numbers; lower is its first subscript.
func intArray[N int16 | uint32 | int64](elem types.OID, lower int32, list []N) datum.Datum {
	a := &datum.ArrayValue{Elem: uint32(elem)}
	for _, n := range list {
		a.Elems = append(a.Elems, datum.NewInt(int64(n)))
	}
	if len(list) > 0 || lower == 0 {
		a.Dims = []datum.Dim{{Len: int32(len(list)), Lower: lower}}
	}
	return datum.NewArray(a)
}

// textArray makes a text[]; NULL for none.
func textArray(list []string) datum.Datum {
	if len(list) == 0 {
		return datum.Datum{}
	}
	a := &datum.ArrayValue{Elem: uint32(types.Text), Dims: []datum.Dim{{Len: int32(len(list)), Lower: 1}}}
	for _, s := range list {
		a.Elems = append(a.Elems, datum.NewText(s))
	}
	return datum.NewArray(a)
}

func char(b byte) datum.Datum { return datum.NewText(string(rune(b))) }
