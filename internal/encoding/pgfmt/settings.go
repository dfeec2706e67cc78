package pgfmt

import (
	"time"

	"github.com/driftdb/driftdb/internal/encoding/pgtime"
)

// Settings are the session settings that change how values are read and
// printed. Read only while in use; the zero value is not ready, see Default.
type Settings struct {
	Location         *time.Location // TimeZone
	ZoneName         string         // TimeZone as SHOW prints it
	DateStyle        DateStyle
	DateOrder        DateOrder
	IntervalStyle    IntervalStyle
	ExtraFloatDigits int
	ByteaEscape      bool
	// Now is the transaction's start in microseconds since 2000-01-01 UTC, for
	// inputs such as 'now' and 'today'.
	Now int64
	// Names turns the oid of a reg* value into its name and back; nil prints numbers.
	Names Names
}

// Names resolves the reg* types' names in the session's catalog and search path.
type Names interface {
	// RegOut returns the text of an oid of that reg* type.
	RegOut(regtype uint32, oid uint32) string
	// RegIn resolves a name to an oid; the error is PostgreSQL's (42P01 and the like).
	RegIn(regtype uint32, name string) (uint32, error)
}

// The settings of dates and intervals are pgtime's; the names here save callers
// an import.
type (
	DateStyle     = pgtime.DateStyle
	DateOrder     = pgtime.DateOrder
	IntervalStyle = pgtime.IntervalStyle
)

// The output styles of dates, the orders of day, month and year, and the styles
// of interval output.
const (
	StyleISO      = pgtime.StyleISO
	StyleSQL      = pgtime.StyleSQL
	StylePostgres = pgtime.StylePostgres
	StyleGerman   = pgtime.StyleGerman

	OrderMDY = pgtime.OrderMDY
	OrderDMY = pgtime.OrderDMY
	OrderYMD = pgtime.OrderYMD

	IntervalPostgres        = pgtime.IntervalPostgres
	IntervalPostgresVerbose = pgtime.IntervalPostgresVerbose
	IntervalSQLStandard     = pgtime.IntervalSQLStandard
	IntervalISO8601         = pgtime.IntervalISO8601
)

// TimeOpts returns the part of the settings that dates and times depend on.
func (s *Settings) TimeOpts() pgtime.Opts {
	return pgtime.Opts{
		Location: s.Location, ZoneName: s.ZoneName, DateStyle: s.DateStyle, DateOrder: s.DateOrder,
		IntervalStyle: s.IntervalStyle, Now: s.Now,
	}
}

// Default are PostgreSQL's defaults with TimeZone UTC.
func Default() *Settings {
	return &Settings{Location: time.UTC, ZoneName: "UTC", ExtraFloatDigits: 1}
}
