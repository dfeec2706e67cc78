package stats_test

import (
	"math"
	"testing"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/stats"
)

func sample(n int, value func(i int) datum.Datum) *stats.Column {
	s := stats.NewSample(1)
	row := make([]datum.Datum, 1)
	for i := 0; i < n; i++ {
		row[0] = value(i)
		s.Add(row)
	}
	return s.Column(0)
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

// Few values with unequal shares: all of them are common, and exact.
func TestCommonValues(t *testing.T) {
	c := sample(1000, func(i int) datum.Datum {
		switch {
		case i%10 == 0:
			return datum.Datum{}
		case i%2 == 0:
			return datum.NewInt(1)
		}
		return datum.NewInt(2)
	})
	near(t, "nulls", c.NullFraction, 0.1, 0)
	near(t, "distinct", c.Distinct, 2, 0)
	near(t, "= 1", c.Equal(datum.NewInt(1)), 0.4, 1e-9)
	near(t, "= 3", c.Equal(datum.NewInt(3)), 0, 1e-9)
	near(t, "< 2", c.Below(datum.NewInt(2), false), 0.4, 1e-9)
	near(t, "<= 2", c.Below(datum.NewInt(2), true), 0.9, 1e-9)
}

// Many different values beyond the sample's size: shares come from the bounds,
// and the number of values from the estimator.
func TestSpreadValues(t *testing.T) {
	c := sample(100000, func(i int) datum.Datum { return datum.NewInt(int64(i)) })
	near(t, "distinct", c.Distinct, 100000, 1)
	near(t, "< 25000", c.Below(datum.NewInt(25000), false), 0.25, 0.02)
	near(t, "below all", c.Below(datum.NewInt(-1), true), 0, 0.001)
	near(t, "above all", c.Below(datum.NewInt(200000), true), 1, 0.001)
	c = sample(100000, func(i int) datum.Datum { return datum.NewInt(int64(i % 5000)) })
	near(t, "repeated", c.Distinct, 5000, 250)
	near(t, "= average", c.EqualAny(), 1.0/5000, 2e-5)
	skewed := sample(50000, func(i int) datum.Datum {
		if i%2 == 0 {
			return datum.NewText("often")
		}
		return datum.NewText(string(rune('a'+i%23)) + string(rune('a'+i%19)) + string(rune('a'+i%17)))
	})
	near(t, "skew", skewed.Equal(datum.NewText("often")), 0.5, 0.02)
}

func TestEmpty(t *testing.T) {
	c := stats.NewSample(1).Column(0)
	near(t, "distinct", c.Distinct, 0, 0)
	near(t, "=", c.EqualAny(), 1, 0)
}
