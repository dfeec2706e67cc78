package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// graceJoin carries on a hash join whose right side does not fit in memory (Grace
// hash join: Kitsuregawa, Tanaka and Moto-Oka, 1983). Both sides go to disk,
// partitioned by the hash of their keys; each pair of partitions is then a join of
// its own, a round. A right partition that is still too large is partitioned
// again by other bits. When that cannot help, because its rows have one hash, it
// is joined in pieces that fit, each with the whole left partition (block nested
// loop); which left rows had a partner is remembered from piece to piece.
type graceJoin struct {
	join        *joinOp
	m           *hashMatcher
	level       int // of the partitions being filled
	right, left *rows.Partitions
	queue       rows.Queue
	reader      *rows.RunReader // the left side of the round
	sel         []int32
	hashes      []uint64
	rounds      int

	// Of a round in pieces:
	pieces *rows.RunReader // what is left of the right side; nil otherwise
	held   *vec.Batch      // a batch of it for the next piece
	run    *spill.Run      // the left side
	had    []uint64        // bit per left row: it had a partner
	first  int64           // number of the batch's first row in run
	read   int64           // rows of run read in this piece

	// Of a join that must keep the order of its left side: rows carry their number
	// there, and the result is sorted by it.
	number *vec.Vec
	next   int64
	result *rows.Sorter
	out    *vec.Batch
}

// startGrace moves the right rows read so far to disk.
func (m *hashMatcher) startGrace(hashes []uint64) (*graceJoin, error) {
	o := m.join
	g := &graceJoin{join: o, m: m}
	if o.spec.ordered {
		g.number = vec.New(types.Of(types.Int8), vec.MaxRows)
		g.result = rows.NewSorter(append(append([]types.T(nil), o.spec.types...), g.number.Type), []rows.Key{{Col: len(o.spec.types)}}, -1, o.r.space)
	}
	return g, g.splitRight(hashes)
}

func (g *graceJoin) leftTypes() []types.T {
	list := g.join.spec.left.info().types
	if g.number != nil {
		list = append(append([]types.T(nil), list...), g.number.Type)
	}
	return list
}

// splitRight makes partitions and moves the right rows in memory to them.
func (g *graceJoin) splitRight(hashes []uint64) (err error) {
	m := g.m
	if g.right, err = rows.NewPartitions(g.join.spec.rightTypes, g.level, m.space); err != nil {
		return err
	}
	if g.left, err = rows.NewPartitions(g.leftTypes(), g.level, m.space); err != nil {
		return err
	}
	b := rows.NewBatch(g.join.spec.rightTypes, vec.MaxRows)
	list := make([]int32, vec.MaxRows)
	for i := range list {
		list[i] = int32(i)
	}
	for at := 0; at < m.kept.Len(); at += vec.MaxRows {
		n := min(vec.MaxRows, m.kept.Len()-at)
		for c, v := range b.Cols {
			m.kept.Copy(v, c, at, n)
		}
		if err := g.right.Add(b.Cols, list[:n], hashes[at:at+n]); err != nil {
			return err
		}
	}
	m.forget()
	return nil
}

// addRight takes a batch of the right side, whose keys and hashes the matcher has
// just computed. Rows with NULL keys have no partner and are dropped where
// nobody wants them.
func (g *graceJoin) addRight(b *vec.Batch) error {
	return g.add(g.right, b.Cols, g.m.build, b, g.join.keepsRight())
}

func (g *graceJoin) add(to *rows.Partitions, cols, keys []*vec.Vec, b *vec.Batch, nulls bool) error {
	g.sel, g.hashes = g.sel[:0], g.hashes[:0]
rows:
	for i, n := 0, b.Len(); i < n; i++ {
		r := b.Index(i)
		if !nulls {
			for _, v := range keys {
				if v.Nulls.Get(r) {
					continue rows
				}
			}
		}
		g.sel, g.hashes = append(g.sel, int32(r)), append(g.hashes, g.m.hashes[i])
	}
	return to.Add(cols, g.sel, g.hashes)
}

// addLeft takes a batch of the left side.
func (g *graceJoin) addLeft(b *vec.Batch) error {
	if b.Len() == 0 {
		return nil
	}
	if err := g.m.probeKeys(b); err != nil {
		return err
	}
	cols := b.Cols
	if g.number != nil && g.reader == nil { // of the input, not of a partition
		cols = append(append([]*vec.Vec(nil), b.Cols[:len(g.join.spec.left.info().types)]...), g.number)
		for i, n := 0, b.Len(); i < n; i++ {
			g.number.Ints[b.Index(i)] = g.next
			g.next++
		}
	}
	kind := g.join.spec.kind
	return g.add(g.left, cols, g.m.probe, b, kind != plan.JoinInner && kind != plan.JoinSemi && kind != plan.JoinRight)
}

// drain puts the whole left side on disk; b is the batch of it that was read.
func (g *graceJoin) drain(b *vec.Batch) error {
	for b != nil {
		err := g.addLeft(b)
		if err == nil {
			b, err = g.join.left.next()
		}
		if err == nil {
			err = g.join.r.interrupted()
		}
		if err != nil {
			return err
		}
	}
	return g.push()
}

func (g *graceJoin) push() error {
	left, right := g.left, g.right
	g.left, g.right = nil, nil
	return g.queue.Push(0, g.level+1, left, right)
}

// advance begins the next round, or the next piece of this one; ok is false when
// there is none.
func (g *graceJoin) advance() (ok bool, err error) {
	o := g.join
	o.rest, o.rightSeen = 0, o.rightSeen[:0]
	if g.pieces != nil {
		g.m.forget()
		return true, g.piece()
	}
	for {
		w, ok := g.queue.Pop()
		if !ok {
			g.m.forget()
			return false, nil
		}
		g.rounds++
		g.level, g.run, g.had, g.read = w.Level, nil, nil, 0
		// Without right rows there may be left rows to emit, and the other way round.
		g.reader = rows.NewRunReader(g.leftTypes(), w.Left)
		again, err := g.load(w)
		if !again || err != nil {
			return err == nil, err
		}
	}
}

// load reads the right side of a round; again tells that it was too large and is
// in the queue, in parts.
func (g *graceJoin) load(w rows.Work) (again bool, err error) {
	m := g.m
	m.forget()
	in := rows.NewRunReader(g.join.spec.rightTypes, w.Right)
	for {
		b, err := in.Next()
		if err != nil {
			return false, err
		}
		if b == nil {
			return false, m.index()
		}
		if err := m.take(b); err != nil {
			return false, err
		}
		if m.full() {
			if w.Level < rows.PartitionLevels && !oneHash(m.all) {
				return true, g.splitAgain(in)
			}
			g.pieces, g.run = in, w.Left
			g.had = nil
			if w.Left != nil {
				g.had = make([]uint64, (w.Left.Rows()+63)/64)
			}
			return false, g.endPiece()
		}
		if err := g.join.r.interrupted(); err != nil {
			return false, err
		}
	}
}

func oneHash(list []uint64) bool {
	for _, h := range list {
		if h != list[0] {
			return false
		}
	}
	return true
}

// splitAgain partitions a round's two sides by other bits of the hash.
func (g *graceJoin) splitAgain(in *rows.RunReader) error {
	if err := g.splitRight(g.m.all); err != nil {
		return err
	}
	for {
		b, err := in.Next()
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := g.m.buildKeys(b); err != nil {
			return err
		}
		if err := g.addRight(b); err != nil {
			return err
		}
		if err := g.join.r.interrupted(); err != nil {
			return err
		}
	}
	for {
		b, err := g.reader.Next()
		if err != nil {
			return err
		}
		if b == nil {
			return g.push()
		}
		if err := g.addLeft(b); err != nil {
			return err
		}
		if err := g.join.r.interrupted(); err != nil {
			return err
		}
	}
}

// piece reads as much of the right side as fits.
func (g *graceJoin) piece() error {
	m := g.m
	for {
		b := g.held
		if g.held = nil; b == nil {
			break
		}
		if err := m.take(b); err != nil {
			return err
		}
		if m.full() {
			break
		}
		var err error
		if g.held, err = g.pieces.Next(); err != nil {
			return err
		}
		if err := g.join.r.interrupted(); err != nil {
			return err
		}
	}
	return g.endPiece()
}

// endPiece makes the piece in memory ready and the left side start again.
func (g *graceJoin) endPiece() (err error) {
	if g.held, err = g.pieces.Next(); err != nil {
		return err
	}
	if g.held == nil {
		g.pieces = nil // this is the last one
	}
	g.reader.Rewind()
	g.read = 0
	return g.m.index()
}

// nextLeft returns the next batch of the round's left side.
func (g *graceJoin) nextLeft() (*vec.Batch, error) {
	b, err := g.reader.Next()
	if b != nil {
		g.first = g.read
		g.read += int64(b.Len())
	}
	return b, err
}

// recall sets which rows of a new batch have had a partner in earlier pieces.
func (g *graceJoin) recall(matched []bool) {
	if g.run == nil {
		return
	}
	for i := range matched {
		n := g.first + int64(i)
		matched[i] = g.had[n>>6]&(1<<(n&63)) != 0
	}
}

// remember keeps which rows of the batch have had a partner. It reports whether
// those without are known now: there is no other piece.
func (g *graceJoin) remember(matched []bool) bool {
	if g.run == nil {
		return true
	}
	for i, m := range matched {
		if m {
			n := g.first + int64(i)
			g.had[n>>6] |= 1 << (n & 63)
		}
	}
	return g.pieces == nil
}

// collect keeps a batch of an ordered join's result.
func (g *graceJoin) collect(b *vec.Batch) error {
	o := g.join
	width := len(o.spec.types)
	number := o.batch.Cols[len(o.spec.left.info().types)]
	if o.spec.kind == plan.JoinInner {
		for i, r := range o.pairLeft[:b.Rows] {
			g.number.Ints[i] = number.Ints[r]
		}
		number = g.number
	}
	cols := append(append([]*vec.Vec(nil), b.Cols[:width]...), number)
	return g.result.AddCols(cols, b)
}

// sorted gives the result of an ordered join.
func (g *graceJoin) sorted() (*vec.Batch, error) {
	if g.out == nil {
		if err := g.result.Finish(); err != nil {
			return nil, err
		}
		g.out = rows.NewBatch(append(append([]types.T(nil), g.join.spec.types...), g.number.Type), 0)
	}
	n, err := g.result.Next(g.out)
	if n == 0 || err != nil {
		return nil, err
	}
	return g.out, nil
}

func (g *graceJoin) close() {
	if g == nil {
		return
	}
	g.right.Close()
	g.left.Close()
	g.queue.Close()
	g.result.Close()
}
