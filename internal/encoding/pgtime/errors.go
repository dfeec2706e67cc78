package pgtime

import (
	"errors"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// What can be wrong with an input; inputError turns them into PostgreSQL's errors.
var (
	errBadFormat  = errors.New("bad format")
	errOverflow   = errors.New("field out of range")
	errMDOverflow = errors.New("month or day out of range")
	errTZOverflow = errors.New("time zone displacement out of range")
	errInterval   = errors.New("interval field out of range")
)

func inputError(err error, s, typeName string) error {
	switch err {
	case errOverflow:
		return pgerr.New(pgcode.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s)
	case errMDOverflow:
		return pgerr.New(pgcode.DatetimeFieldOverflow, "date/time field value out of range: \"%s\"", s).
			WithHint("Perhaps you need a different \"datestyle\" setting.")
	case errInterval:
		return pgerr.New(pgcode.IntervalFieldOverflow, "interval field value out of range: \"%s\"", s)
	case errTZOverflow:
		return pgerr.New(pgcode.InvalidTimeZoneDisplacementValue, "time zone displacement out of range: \"%s\"", s)
	case errBadFormat:
		return pgerr.New(pgcode.InvalidDatetimeFormat, "invalid input syntax for type %s: \"%s\"", typeName, s)
	}
	return err
}

func errRange(what, s string) error {
	return pgerr.New(pgcode.DatetimeValueOutOfRange, "%s out of range: \"%s\"", what, s)
}
