package pgfmt

import "github.com/driftdb/driftdb/internal/encoding/pgtime"

// Settings are the session settings that change how values are read and
// printed. Read only while in use; the zero value is not ready, see Default.
type Settings struct {
	// Opts are the settings of dates and times: Location and ZoneName (TimeZone),
	// DateStyle, DateOrder, IntervalStyle, and Now, the transaction's start in
	// microseconds since 2000-01-01 UTC, for inputs such as 'now' and 'today'.
	pgtime.Opts
	ExtraFloatDigits int
	ByteaEscape      bool
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

// DateStyle is the output half of the DateStyle setting.
type DateStyle = pgtime.DateStyle

// The output styles of dates.
const (
	StyleISO      = pgtime.StyleISO
	StyleSQL      = pgtime.StyleSQL
	StylePostgres = pgtime.StylePostgres
	StyleGerman   = pgtime.StyleGerman
)

// DateOrder is the field order half of the DateStyle setting.
type DateOrder = pgtime.DateOrder

// The orders of day, month and year.
const (
	OrderMDY = pgtime.OrderMDY
	OrderDMY = pgtime.OrderDMY
	OrderYMD = pgtime.OrderYMD
)

// IntervalStyle is the setting of that name.
type IntervalStyle = pgtime.IntervalStyle

// The styles of interval output.
const (
	IntervalPostgres        = pgtime.IntervalPostgres
	IntervalPostgresVerbose = pgtime.IntervalPostgresVerbose
	IntervalSQLStandard     = pgtime.IntervalSQLStandard
	IntervalISO8601         = pgtime.IntervalISO8601
)

// Default are PostgreSQL's defaults with TimeZone UTC.
func Default() *Settings {
	return &Settings{Opts: *pgtime.DefaultOpts(), ExtraFloatDigits: 1}
}
