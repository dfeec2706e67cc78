package exec

import (
	"time"

	"github.com/driftdb/driftdb/internal/sql/explain"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/vec"
)

// nodeStats are what an analyzed execution measures of one operator.
type nodeStats struct {
	startup  time.Duration // until the first batch, of the first loop
	total    time.Duration
	rows     int64
	loops    int64
	removed  int64 // by a filter
	space    explain.Space
	segments explain.Segments
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

// Measured returns what an analyzed execution has measured so far of a node of
// its plan; ok is false for one never executed. It is nil for an execution that
// was not analyzed.
func Measured(c Cursor) func(phys.Node) (s explain.Stats, ok bool) {
	run, isRun := c.(*cursor)
	if !isRun || run.r.stats == nil {
		return nil
	}
	r := run.r
	byNode := map[phys.Node]int{}
	for id, s := range r.prog.specs {
		if _, seen := byNode[s.info().node]; !seen {
			byNode[s.info().node] = id
		}
	}
	return func(n phys.Node) (explain.Stats, bool) {
		id, known := byNode[n]
		if !known || r.stats[id].loops == 0 {
			return explain.Stats{}, false
		}
		st := &r.stats[id]
		loops := float64(st.loops)
		return explain.Stats{
			StartupMillis: st.startup.Seconds() * 1e3 / loops, TotalMillis: st.total.Seconds() * 1e3 / loops,
			Rows: float64(st.rows) / loops, Loops: st.loops, Removed: st.removed, Space: st.space, Segments: st.segments,
		}, true
	}
}
