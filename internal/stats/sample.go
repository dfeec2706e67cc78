package stats

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
)

// Sizes as PostgreSQL's with default_statistics_target = 100.
const (
	sampleRows = 30000
	buckets    = 100
	wideValue  = 1024 // bytes; wider values are counted but not kept
)

// Sample is a random sample of a table's rows, each row as likely as any other.
// It belongs to one goroutine.
type Sample struct {
	rng  *rand.Rand
	rows [][]datum.Datum
	seen int64
}

// NewSample starts a sample; equal seeds and rows give equal statistics.
func NewSample(seed uint64) *Sample {
	return &Sample{rng: rand.New(rand.NewPCG(seed, seed))}
}

// Add offers a row, a value per column. The slice may be reused by the caller.
func (s *Sample) Add(values []datum.Datum) {
	s.seen++
	if len(s.rows) < sampleRows {
		s.rows = append(s.rows, slices.Clone(values))
		return
	}
	if at := s.rng.Int64N(s.seen); at < sampleRows {
		s.rows[at] = append(s.rows[at][:0], values...)
	}
}

// Rows is how many rows were offered.
func (s *Sample) Rows() int64 { return s.seen }

// Column computes the statistics of the column at an index of the rows.
func (s *Sample) Column(i int) *Column {
	var values []datum.Datum
	nulls, wide := 0, 0
	for _, row := range s.rows {
		switch {
		case i >= len(row) || row[i].IsNull():
			nulls++
		case row[i].Size() > wideValue:
			wide++
		default:
			values = append(values, row[i])
		}
	}
	c := &Column{}
	n := float64(len(s.rows))
	if n == 0 {
		return c
	}
	c.NullFraction = float64(nulls) / n
	slices.SortFunc(values, datum.Compare)
	groups := group(values)
	once := wide
	for _, g := range groups {
		if g.count == 1 {
			once++
		}
	}
	c.Distinct = distinct(float64(len(groups)+wide), float64(once), n-float64(nulls), float64(s.seen)*(1-c.NullFraction))
	c.keepCommon(groups, n)
	c.keepBounds(values, groups)
	return c
}

// valueGroup is one value of a sample and how often it is there.
type valueGroup struct {
	value datum.Datum
	count int
}

func group(sorted []datum.Datum) []valueGroup {
	var groups []valueGroup
	for _, v := range sorted {
		if n := len(groups); n > 0 && datum.Compare(groups[n-1].value, v) == 0 {
			groups[n-1].count++
			continue
		}
		groups = append(groups, valueGroup{v, 1})
	}
	return groups
}

// distinct estimates how many values a column of total rows has when n sampled
// ones have d, once of them seen once (Haas and Stokes, the estimator Duj1).
func distinct(d, once, n, total float64) float64 {
	if n == 0 {
		return 0
	}
	if n >= total || once == 0 {
		return d
	}
	return min(max(n*d/(n-once+once*n/total), d), total)
}

// keepCommon keeps the values that stand out: seen more than once, and clearly
// more often than the average one. When all of them fit all are kept.
func (c *Column) keepCommon(groups []valueGroup, n float64) {
	if len(groups) == 0 {
		return
	}
	list := slices.Clone(groups)
	slices.SortStableFunc(list, func(a, b valueGroup) int { return cmp.Compare(b.count, a.count) })
	all := len(list) <= buckets && c.Distinct <= float64(len(list))
	average := n * (1 - c.NullFraction) / max(c.Distinct, 1)
	for _, g := range list[:min(len(list), buckets)] {
		if !all && (g.count < 2 || float64(g.count) < 1.25*average) {
			break
		}
		c.Common = append(c.Common, g.value)
		c.Shares = append(c.Shares, float64(g.count)/n)
	}
}

// keepBounds keeps the bounds of parts of equal size of the values that are not
// common.
func (c *Column) keepBounds(values []datum.Datum, groups []valueGroup) {
	if len(c.Common) == len(groups) {
		return
	}
	rest := values
	if len(c.Common) > 0 {
		common := slices.Clone(c.Common)
		slices.SortFunc(common, datum.Compare)
		rest = nil
		for _, v := range values {
			if _, found := slices.BinarySearchFunc(common, v, datum.Compare); !found {
				rest = append(rest, v)
			}
		}
	}
	parts := min(buckets, len(rest)-1)
	if parts < 1 {
		return
	}
	for i := 0; i <= parts; i++ {
		c.Bounds = append(c.Bounds, rest[i*(len(rest)-1)/parts])
	}
}
