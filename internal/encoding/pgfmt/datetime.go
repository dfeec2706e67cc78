package pgfmt

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/types"
)

func appendTime(dst []byte, d datum.Datum, s *Settings) []byte {
	switch d.Kind() {
	case datum.Date:
		return pgtime.AppendDate(dst, int32(d.Int()), &s.Opts)
	case datum.Time:
		return pgtime.AppendTime(dst, d.Int(), &s.Opts)
	case datum.TimeTZ:
		return pgtime.AppendTimeTZ(dst, d.TimeTZ(), &s.Opts)
	case datum.Timestamp:
		return pgtime.AppendTimestamp(dst, d.Int(), &s.Opts)
	case datum.TimestampTZ:
		return pgtime.AppendTimestampTZ(dst, d.Int(), &s.Opts)
	}
	return pgtime.AppendInterval(dst, d.Interval(), &s.Opts)
}

func parseTime(text string, t types.T, s *Settings) (d datum.Datum, err error) {
	if err := CheckText(text); err != nil {
		return d, err
	}
	var days int32
	var micros int64
	switch t.OID {
	case types.Date:
		days, err = pgtime.ParseDate(text, &s.Opts)
		d = datum.NewDate(days)
	case types.Time:
		micros, err = pgtime.ParseTime(text, &s.Opts)
		d = datum.NewTime(micros)
	case types.TimeTZ:
		var v datum.TimeTZValue
		v, err = pgtime.ParseTimeTZ(text, &s.Opts)
		d = datum.NewTimeTZ(v)
	case types.Timestamp:
		micros, err = pgtime.ParseTimestamp(text, &s.Opts)
		d = datum.NewTimestamp(micros)
	case types.TimestampTZ:
		micros, err = pgtime.ParseTimestampTZ(text, &s.Opts)
		d = datum.NewTimestampTZ(micros)
	default:
		v, err := pgtime.ParseInterval(text, t.Typmod, &s.Opts)
		return datum.NewInterval(v), err
	}
	if err != nil {
		return datum.Datum{}, err
	}
	return ApplyTypmod(d, t, false)
}
