package builtin

import (
	"context"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Context carries what functions need of the statement they run in. One
// Context belongs to one goroutine.
type Context struct {
	Ctx      context.Context // cancelled when the statement must stop
	Settings *pgfmt.Settings
	TxnTime  int64        // now(): microseconds since 2000-01-01 UTC
	StmtTime int64        // statement_timestamp()
	Clock    func() int64 // clock_timestamp()
	Session  Session      // nil in contexts without a session (constant folding in tests)
}

// Session is what functions may ask of the session they run in. Packages that
// register functions of their own may assert it to a wider interface.
type Session interface {
	CurrentUser() string
	SessionUser() string
	CurrentDatabase() string
	BackendPID() int32
	// SearchPath returns the schemas of the effective search path; implicit adds pg_catalog.
	SearchPath(implicit bool) []string
	// GetSetting returns a setting as SHOW prints it; missing ones give ok false.
	GetSetting(name string) (value string, ok bool)
	// SetSetting changes a setting as SET [LOCAL] does and returns the new value.
	SetSetting(name, value string, local bool) (string, error)
	// NextVal, CurrVal and SetVal work on the sequence of that oid.
	NextVal(seq uint32) (int64, error)
	CurrVal(seq uint32) (int64, error)
	LastVal() (int64, error)
	SetVal(seq uint32, value int64, called bool) error
	// Random returns the next value of the session's random() in [0, 1).
	Random() float64
	SeedRandom(seed float64)
}

// Noticer is a Session that can tell its client something while a statement runs.
type Noticer interface {
	// Notify sends n, whose Severity is set, unless the client does not want it.
	Notify(n *pgerr.Error)
}

// Warn sends the client a WARNING of a function.
func (c *Context) Warn(format string, args ...any) {
	if s, ok := c.Session.(Noticer); ok {
		n := pgerr.New(pgcode.Warning, format, args...)
		n.Severity = "WARNING"
		s.Notify(n)
	}
}
