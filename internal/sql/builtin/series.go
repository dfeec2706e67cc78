package builtin

import (
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
)

func init() {
	for _, w := range []struct {
		suffix string
		max    int64
		min    int64
	}{{"int4", math.MaxInt32, math.MinInt32}, {"int8", math.MaxInt64, math.MinInt64}} {
		series := func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
			step := int64(1)
			if len(args) == 3 {
				step = args[2].Int()
			}
			return intSeries(args[0].Int(), args[1].Int(), step, w.min, w.max, yield)
		}
		RegisterSet("generate_series_"+w.suffix, series)
		RegisterSet("generate_series_step_"+w.suffix, series)
	}
	RegisterSet("generate_series_numeric", numericSeries)
	RegisterSet("generate_series_step_numeric", numericSeries)
	RegisterSet("array_unnest", func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
		row := make([]datum.Datum, 1)
		for _, e := range args[0].Array().Elems {
			row[0] = e
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	})
	subscripts := func(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
		v, dim := args[0].Array(), args[1].Int()
		if dim < 1 || dim > int64(len(v.Dims)) {
			return nil
		}
		lower := int64(v.Dims[dim-1].Lower)
		upper := lower + int64(v.Dims[dim-1].Len) - 1
		if len(args) == 3 && args[2].Bool() {
			return intSeries(upper, lower, -1, math.MinInt64, math.MaxInt64, yield)
		}
		return intSeries(lower, upper, 1, math.MinInt64, math.MaxInt64, yield)
	}
	RegisterSet("generate_subscripts", subscripts)
	RegisterSet("generate_subscripts_nodir", subscripts)
}

// intSeries yields from, from+step ... up to and including to; a step beyond the
// type's range ends the series.
func intSeries(from, to, step, lowest, highest int64, yield func([]datum.Datum) error) error {
	if step == 0 {
		return invalidParameter("step size cannot equal zero")
	}
	row := make([]datum.Datum, 1)
	for n := from; step > 0 && n <= to || step < 0 && n >= to; {
		row[0] = datum.NewInt(n)
		if err := yield(row); err != nil {
			return err
		}
		next, ok := addInt(n, step)
		if !ok || next < lowest || next > highest {
			return nil
		}
		n = next
	}
	return nil
}

func numericSeries(_ *Context, args []datum.Datum, yield func([]datum.Datum) error) error {
	step := numeric.One
	if len(args) == 3 {
		step = args[2]
	}
	for _, a := range []struct {
		name  string
		value datum.Datum
	}{{"start value", args[0]}, {"stop value", args[1]}, {"step size", step}} {
		switch {
		case numeric.IsNaN(a.value):
			return invalidParameter("%s cannot be NaN", a.name)
		case numeric.IsInf(a.value):
			return invalidParameter("%s cannot be infinity", a.name)
		}
	}
	direction := numeric.Sign(step)
	if direction == 0 {
		return invalidParameter("step size cannot equal zero")
	}
	row := make([]datum.Datum, 1)
	for n := args[0]; datum.Compare(n, args[1])*direction <= 0; {
		row[0] = n
		if err := yield(row); err != nil {
			return err
		}
		var err error
		if n, err = numeric.Add(n, step); err != nil {
			return err
		}
	}
	return nil
}
