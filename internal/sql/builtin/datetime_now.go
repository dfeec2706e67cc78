package builtin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// The current moment, and waiting for a later one.

// CurrentDate is CURRENT_DATE: the transaction's date in the session's zone.
func CurrentDate(c *Context) datum.Datum {
	return datum.NewDate(int32(dayOf(instantToLocal(c, c.TxnTime))))
}

// CurrentTimestamp is CURRENT_TIMESTAMP(precision); -1 stands for no precision.
func CurrentTimestamp(c *Context, precision int32) datum.Datum {
	return datum.NewTimestampTZ(rounded(c.TxnTime, precision))
}

// LocalTimestamp is LOCALTIMESTAMP(precision).
func LocalTimestamp(c *Context, precision int32) datum.Datum {
	return datum.NewTimestamp(rounded(instantToLocal(c, c.TxnTime), precision))
}

// CurrentTime is CURRENT_TIME(precision), a time with time zone.
func CurrentTime(c *Context, precision int32) datum.Datum {
	west := pgtime.LocationZone(c.settings().Location).OffsetAt(c.TxnTime)
	micros := pgtime.AdjustTime(clockOf(instantToLocal(c, c.TxnTime)), precision)
	return datum.NewTimeTZ(datum.TimeTZValue{Micros: micros, Zone: int32(west)})
}

// LocalTime is LOCALTIME(precision).
func LocalTime(c *Context, precision int32) datum.Datum {
	return datum.NewTime(pgtime.AdjustTime(clockOf(instantToLocal(c, c.TxnTime)), precision))
}

// rounded applies a precision that the parser has already limited to 6.
func rounded(ts int64, precision int32) int64 {
	ts, _ = pgtime.AdjustTimestamp(ts, min(precision, 6))
	return ts
}

func init() {
	Register("now", func(c *Context, _ []datum.Datum) (datum.Datum, error) { return datum.NewTimestampTZ(c.TxnTime), nil })
	Register("statement_timestamp", func(c *Context, _ []datum.Datum) (datum.Datum, error) {
		return datum.NewTimestampTZ(c.StmtTime), nil
	})
	Register("clock_timestamp", func(c *Context, _ []datum.Datum) (datum.Datum, error) {
		return datum.NewTimestampTZ(c.Clock()), nil
	})
	Register("timeofday", timeOfDay)
	Register("pg_sleep", func(c *Context, a []datum.Datum) (datum.Datum, error) { return sleep(c, a[0].Float()) })
	RegisterOID(3935, func(c *Context, a []datum.Datum) (datum.Datum, error) { // pg_sleep_for(interval)
		until, err := addToInstant(c.Clock(), a[0].Interval(), pgtime.LocationZone(c.settings().Location))
		if err != nil {
			return datum.Datum{}, err
		}
		return sleep(c, float64(until-c.Clock())/1e6)
	})
	RegisterOID(3936, func(c *Context, a []datum.Datum) (datum.Datum, error) { // pg_sleep_until(timestamptz)
		switch a[0].Int() {
		case pgtime.TimestampInfinity:
			return sleep(c, math.Inf(1))
		case pgtime.TimestampNegInfinity:
			return datum.NewText(""), nil
		}
		return sleep(c, float64(a[0].Int()-c.Clock())/1e6)
	})
}

func timeOfDay(c *Context, _ []datum.Datum) (datum.Datum, error) {
	f := pgtime.FromTimestampTZ(c.Clock(), c.settings().Location)
	return datum.NewText(fmt.Sprintf("%s %s %02d %02d:%02d:%02d.%06d %d %s", dayNames[f.Weekday][:3], monthNames[f.Month-1][:3],
		f.Day, f.Hour, f.Min, f.Sec, f.Micros, f.Year, f.Abbrev)), nil
}

// sleep waits, or returns early with 57014 when the statement is cancelled. The
// result is void.
func sleep(c *Context, seconds float64) (datum.Datum, error) {
	void := datum.NewText("")
	if !(seconds > 0) {
		return void, nil
	}
	wait := time.Duration(math.MaxInt64)
	if seconds < wait.Seconds() {
		wait = time.Duration(seconds * float64(time.Second))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return void, nil
	case <-c.Ctx.Done():
		return datum.Datum{}, cancelled(c.Ctx)
	}
}

// cancelled returns why a statement must stop: the cause when it is one of our
// errors, else 57014.
func cancelled(ctx context.Context) error {
	var known *pgerr.Error
	if cause := context.Cause(ctx); errors.As(cause, &known) {
		return known
	}
	return pgerr.New(pgcode.QueryCanceled, "canceling statement due to user request")
}
