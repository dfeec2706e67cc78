package exec

import (
	"time"

	"github.com/driftdb/driftdb/internal/vec"
)

// nodeStats are what an analyzed execution measures of one operator.
type nodeStats struct {
	startup time.Duration // until the first batch, of the first loop
	total   time.Duration
	rows    int64
	loops   int64
	removed int64 // by a filter
	peak    int64
	built   bool
}

// measured counts an operator's rows and time, its inputs' included.
type measured struct {
	operator
	stats *nodeStats
	env   *Env
	begun bool
}

func (m *measured) next() (*vec.Batch, error) {
	start := time.Now()
	b, err := m.operator.next()
	took := time.Since(start)
	m.stats.total += took
	if !m.begun {
		m.begun = true
		m.stats.loops++
		m.stats.startup += took
	}
	if b != nil {
		m.stats.rows += int64(b.Len())
	}
	return b, err
}

func (m *measured) rewind() error {
	m.begun = false
	start := time.Now()
	err := m.operator.rewind()
	m.stats.total += time.Since(start)
	return err
}
