package pgfmt

import "time"

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

// DateStyle is the output half of the DateStyle setting.
type DateStyle uint8

// The output styles of dates.
const (
	StyleISO DateStyle = iota
	StyleSQL
	StylePostgres
	StyleGerman
)

// DateOrder is the field order half of the DateStyle setting.
type DateOrder uint8

// The orders of day, month and year.
const (
	OrderMDY DateOrder = iota
	OrderDMY
	OrderYMD
)

// IntervalStyle is the setting of that name.
type IntervalStyle uint8

// The styles of interval output.
const (
	IntervalPostgres IntervalStyle = iota
	IntervalPostgresVerbose
	IntervalSQLStandard
	IntervalISO8601
)

// Default are PostgreSQL's defaults with TimeZone UTC.
func Default() *Settings {
	return &Settings{Location: time.UTC, ZoneName: "UTC", ExtraFloatDigits: 1}
}
