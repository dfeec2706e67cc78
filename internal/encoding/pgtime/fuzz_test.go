package pgtime

import (
	"math"
	"testing"
)

// FuzzParse checks that no input makes a parser panic and that what is accepted
// is printed in a form that reads back to the same value (invariant I3).
func FuzzParse(f *testing.F) {
	for _, s := range datetimeInputs {
		f.Add(s, uint8(len(s)))
	}
	for _, s := range intervalInputs {
		f.Add(s, uint8(len(s)))
	}
	f.Fuzz(func(t *testing.T, s string, style uint8) { checkRoundTrip(t, s, style) })
}

func checkRoundTrip(t *testing.T, s string, style uint8) {
	o := DefaultOpts()
	o.DateStyle, o.DateOrder, o.IntervalStyle = DateStyle(style&3), DateOrder(style>>2%3), IntervalStyle(style>>4&3)
	switch {
	case o.DateStyle == StyleGerman:
		o.DateOrder = OrderDMY
	case o.DateStyle != StyleISO && o.DateOrder == OrderYMD:
		o.DateOrder = OrderMDY
	}
	if v, err := ParseDate(s, o); err == nil {
		again, err := ParseDate(string(AppendDate(nil, v, o)), o)
		if err != nil || again != v {
			t.Errorf("date %q: %d, again %d %v", s, v, again, err)
		}
	}
	if v, err := ParseTimestamp(s, o); err == nil {
		text := string(AppendTimestamp(nil, v, o))
		if again, err := ParseTimestamp(text, o); err != nil || again != v {
			t.Errorf("timestamp %q: %d, %s again %d %v", s, v, text, again, err)
		}
	}
	if v, err := ParseTimestampTZ(s, o); err == nil {
		text := string(AppendTimestampTZ(nil, v, o))
		if again, err := ParseTimestampTZ(text, o); err != nil || again != v {
			t.Errorf("timestamptz %q: %d, %s again %d %v", s, v, text, again, err)
		}
	}
	if v, err := ParseTime(s, o); err == nil {
		if again, err := ParseTime(string(AppendTime(nil, v, o)), o); err != nil || again != v {
			t.Errorf("time %q: %d again %d %v", s, v, again, err)
		}
	}
	// A POSIX zone may lie further off than an offset that can be written.
	if v, err := ParseTimeTZ(s, o); err == nil && v.Zone > -16*3600 && v.Zone < 16*3600 {
		text := string(AppendTimeTZ(nil, v, o))
		if again, err := ParseTimeTZ(text, o); err != nil || again != v {
			t.Errorf("timetz %q: %v %s again %v %v", s, v, text, again, err)
		}
	}
	if v, err := ParseInterval(s, -1, o); err == nil {
		text := string(AppendInterval(nil, v, o))
		if v.Days == math.MinInt32 || v.Micros == math.MinInt64 {
			return // the smallest numbers, printed as "ago", cannot be read as positive ones
		}
		if again, err := ParseInterval(text, -1, o); err != nil || again != v {
			t.Errorf("interval %q: %v %s again %v %v", s, v, text, again, err)
		}
	}
}
