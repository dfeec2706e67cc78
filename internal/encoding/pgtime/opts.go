package pgtime

import (
	"time"
	_ "time/tzdata" // zones work on machines without a zoneinfo directory
)

// Opts are the session settings that change how dates and times are read and
// printed. Read only while in use; Location must not be nil.
type Opts struct {
	Location      *time.Location // TimeZone
	ZoneName      string         // TimeZone as SHOW prints it
	DateStyle     DateStyle
	DateOrder     DateOrder
	IntervalStyle IntervalStyle
	Now           int64 // start of the transaction, microseconds since 2000-01-01 UTC
}

// DefaultOpts are PostgreSQL's defaults with TimeZone UTC.
func DefaultOpts() *Opts { return &Opts{Location: time.UTC, ZoneName: "UTC"} }

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
