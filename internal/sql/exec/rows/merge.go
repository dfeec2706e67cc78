package rows

import (
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/vec"
)

// merger merges sorted runs with a loser tree (Knuth 5.4.1): each inner node
// remembers who lost there, so that the next row costs one comparison per level.
// Of equal rows the one of the earlier run comes first.
type merger struct {
	keys    []Key
	sources []source
	losers  []int32 // losers[0] is the winner of all
	picks   []pick  // rows taken whose columns are not copied yet
	copied  int     // rows of the batch being filled whose columns are
	reader  *spill.Reader
}

// source is a run being read.
type source struct {
	run      *spill.Run
	block    int // the next to read
	batch    *vec.Batch
	prefixes []uint64
	row, n   int  // the row at its head, and how many the batch has
	done     bool // no rows are left
}

type pick struct{ source, row int32 }

func (s *Sorter) newMerger(runs []*spill.Run) (*merger, error) {
	m := &merger{keys: s.keys, sources: make([]source, len(runs)), reader: spill.NewReader()}
	blockBytes := int64(0)
	for i, r := range runs {
		m.sources[i] = source{run: r, batch: NewBatch(s.types, s.block), prefixes: make([]uint64, s.block)}
		if err := m.load(&m.sources[i]); err != nil {
			return nil, err
		}
		for _, v := range m.sources[i].batch.Cols {
			blockBytes += columnBytes(v, m.sources[i].batch, m.sources[i].n)
		}
	}
	s.stats.Memory = max(s.stats.Memory, blockBytes)
	m.build()
	return m, s.beside.Set(blockBytes)
}

// load reads a source's next block.
func (m *merger) load(s *source) error {
	if s.block == s.run.Blocks() {
		s.done = true
		return nil
	}
	if err := m.reader.Read(s.run, s.block, s.batch); err != nil {
		return err
	}
	s.block++
	s.row, s.n = 0, s.batch.Rows
	if len(m.keys) > 0 {
		prefixes(&m.keys[0], s.batch.Cols[m.keys[0].Col], s.n, s.prefixes)
	}
	return nil
}

// build plays the whole tree.
func (m *merger) build() {
	k := len(m.sources)
	m.losers = make([]int32, max(k, 1))
	winners := make([]int32, 2*k)
	for i := range m.sources {
		winners[k+i] = int32(i)
	}
	for i := k - 1; i > 0; i-- {
		a, b := winners[2*i], winners[2*i+1]
		if m.less(b, a) {
			a, b = b, a
		}
		winners[i], m.losers[i] = a, b
	}
	if k > 1 {
		m.losers[0] = winners[1]
	}
}

// replay finds the next winner after the last one's head has changed.
func (m *merger) replay() {
	w := m.losers[0]
	for i := (len(m.sources) + int(w)) / 2; i > 0; i /= 2 {
		if m.less(m.losers[i], w) {
			w, m.losers[i] = m.losers[i], w
		}
	}
	m.losers[0] = w
}

// less reports whether the head of source a comes before that of b.
func (m *merger) less(a, b int32) bool {
	x, y := &m.sources[a], &m.sources[b]
	if x.done || y.done {
		return !x.done || y.done && a < b
	}
	if p, q := x.prefixes[x.row], y.prefixes[y.row]; p != q {
		return p < q
	}
	if c := CompareVecs(m.keys, x.batch, x.row, y.batch, y.row); c != 0 {
		return c < 0
	}
	return a < b
}

// next fills out with the next rows, at most n, and returns how many.
func (m *merger) next(out *vec.Batch, n int) (int, error) {
	for _, v := range out.Cols {
		v.Grow(n)
		v.Nulls.Clear()
	}
	m.copied = 0
	for m.copied+len(m.picks) < n && len(m.sources) > 0 {
		w := m.losers[0]
		s := &m.sources[w]
		if s.done {
			break
		}
		m.picks = append(m.picks, pick{w, int32(s.row)})
		if s.row++; s.row == s.n {
			m.copy(out) // the block's rows are about to be replaced
			if err := m.load(s); err != nil {
				return 0, err
			}
		}
		m.replay()
	}
	m.copy(out)
	out.Sel, out.Rows = nil, m.copied
	return m.copied, nil
}

// copy moves the picked rows' values to the batch being filled.
func (m *merger) copy(out *vec.Batch) {
	for c, v := range out.Cols {
		switch v.Layout {
		case vec.I64:
			for i, p := range m.picks {
				v.Ints[m.copied+i] = m.sources[p.source].batch.Cols[c].Ints[p.row]
			}
		case vec.F64:
			for i, p := range m.picks {
				v.Floats[m.copied+i] = m.sources[p.source].batch.Cols[c].Floats[p.row]
			}
		default:
			for i, p := range m.picks {
				v.Data[m.copied+i] = m.sources[p.source].batch.Cols[c].Data[p.row]
			}
		}
		for i, p := range m.picks {
			if m.sources[p.source].batch.Cols[c].Nulls.Get(int(p.row)) {
				v.Nulls.Set(m.copied + i)
			}
		}
	}
	m.copied += len(m.picks)
	m.picks = m.picks[:0]
}
