package exec

import (
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// joinSpec is any of the joins. They differ in their matcher: which rows of the
// right side are candidates for a row of the left one.
type joinSpec struct {
	nodeInfo
	kind        plan.JoinKind
	left, right spec
	rightTypes  []types.T
	on          expr.Node // over left and right columns, nil for none
	onSlot      int
	method      joinMethod

	leftKeys, rightKeys []expr.Node  // of a hash join
	rightKeyTypes       []types.T    // of a hash join
	leftSort, rightSort []rows.Key   // of a merge join
	ordered             bool         // of a hash join: the left side's order must be kept
	params              []outerParam // of a lateral nested loop
}

type joinMethod uint8

const (
	joinLoop    joinMethod = iota // every row of a kept right side
	joinLateral                   // the right side run again for each left row
	joinHash
	joinMerge
)

// outerParam says which column of the current row an inner plan refers to.
type outerParam struct {
	ord  int
	slot int // in expr.Ctx.Outer
}

func (s *joinSpec) make(r *run) operator {
	o := &joinOp{spec: s, r: r, left: r.build(s.left), right: r.build(s.right)}
	switch s.method {
	case joinLateral:
		o.match = &lateralMatcher{join: o}
	case joinHash:
		o.match = &hashMatcher{join: o}
	case joinMerge:
		o.match = &mergeMatcher{join: o}
	default:
		o.match = &loopMatcher{join: o}
	}
	return o
}

// matcher finds candidates. The pairs of one left row come one after another.
type matcher interface {
	// begin is called with each batch of the left side.
	begin(b *vec.Batch) error
	// fill adds candidate pairs to the join's lists until they are full or the
	// batch is used up (done).
	fill() (done bool, err error)
	rewind() error
	close()
}

type joinOp struct {
	spec        *joinSpec
	r           *run
	left, right operator
	match       matcher
	kept        keptRows    // the right side's rows that pairs refer to
	store       *rows.Store // the same of a nested loop or merge join
	grace       *graceJoin  // of a hash join that does not fit in memory

	batch   *vec.Batch // of the left side
	pos     int        // the left row the matcher is at, among those that exist
	matched []bool     // left rows (by position) with a match
	state   joinState

	pairLeft  []int32 // physical row of batch
	pairPos   []int32 // its position
	pairRight []int32 // row of kept
	rightSeen []bool  // rows of kept with a match, for right and full joins
	rest      int     // next row of kept to look at when those without are emitted

	out   *vec.Batch
	final vec.Batch
}

// keptRows are rows in a rows.Buffer or rows.Store.
type keptRows interface {
	Len() int
	Gather(v *vec.Vec, col int, list []int32)
}

type joinState uint8

const (
	joinFetch     joinState = iota // wants a batch of the left side
	joinPairs                      // the matcher has more candidates
	joinUnmatched                  // left rows without a match are due
	joinRest                       // the left side has ended: right rows without a match
	joinDone
)

func (o *joinOp) next() (*vec.Batch, error) {
	for {
		var b *vec.Batch
		var err error
		switch o.state {
		case joinFetch:
			err = o.fetch()
		case joinPairs:
			b, err = o.pairs()
		case joinUnmatched:
			o.state = joinFetch
			b, err = o.unmatched()
		case joinRest:
			b, err = o.unmatchedRight()
		case joinDone:
			if o.grace != nil && o.grace.result != nil {
				return o.grace.sorted()
			}
			return nil, nil
		}
		switch {
		case err != nil:
			return nil, err
		case b == nil:
		case o.grace != nil && o.grace.result != nil:
			if err := o.grace.collect(b); err != nil {
				return nil, err
			}
		default:
			return b, nil
		}
	}
}

func (o *joinOp) fetch() error {
	b, err := o.nextLeft()
	if err != nil {
		return err
	}
	if err := o.r.interrupted(); err != nil {
		return err
	}
	if b == nil {
		return o.endLeft()
	}
	known := o.grace != nil
	if err := o.match.begin(b); err != nil {
		return err
	}
	if o.grace != nil && !known {
		if err := o.grace.drain(b); err != nil {
			return err
		}
		return o.nextRound()
	}
	o.batch, o.pos, o.state = b, 0, joinPairs
	if cap(o.matched) < b.Len() {
		o.matched = make([]bool, vec.MaxRows)
	}
	o.matched = o.matched[:b.Len()]
	clear(o.matched)
	if o.grace != nil {
		o.grace.recall(o.matched)
	}
	return nil
}

func (o *joinOp) nextLeft() (*vec.Batch, error) {
	if o.grace != nil {
		return o.grace.nextLeft()
	}
	return o.left.next()
}

// endLeft goes on when the left side, of a round, has ended.
func (o *joinOp) endLeft() error {
	if !o.keepsRight() {
		return o.nextRound()
	}
	o.state = joinRest
	if o.grace != nil {
		return nil
	}
	// A matcher that has seen no left row has not read the right side.
	if err := o.match.begin(&vec.Batch{Cols: o.emptyLeft(), Sel: []int32{}}); err != nil || o.grace == nil {
		return err
	}
	if err := o.grace.drain(nil); err != nil {
		return err
	}
	return o.nextRound()
}

// nextRound begins the next round of a join on disk, or ends the join.
func (o *joinOp) nextRound() error {
	o.state = joinDone
	if o.grace == nil {
		return nil
	}
	ok, err := o.grace.advance()
	if ok {
		o.state = joinFetch
	}
	return err
}

func (o *joinOp) emptyLeft() []*vec.Vec {
	return rows.NewBatch(o.spec.left.info().types, 0).Cols
}

func (o *joinOp) keepsRight() bool {
	return o.spec.kind == plan.JoinRight || o.spec.kind == plan.JoinFull
}

// pairs turns the next candidates into result rows.
func (o *joinOp) pairs() (*vec.Batch, error) {
	o.pairLeft, o.pairPos, o.pairRight = o.pairLeft[:0], o.pairPos[:0], o.pairRight[:0]
	done, err := o.match.fill()
	if err != nil {
		return nil, err
	}
	if done {
		o.state = joinFetch
		if k := o.spec.kind; k != plan.JoinInner && k != plan.JoinRight {
			o.state = joinUnmatched
		}
	}
	if len(o.pairLeft) == 0 {
		return nil, o.r.interrupted()
	}
	semi := o.spec.kind == plan.JoinSemi || o.spec.kind == plan.JoinAnti
	if semi && o.spec.on == nil {
		o.mark(nil)
		return nil, nil
	}
	b, err := o.gather()
	if err != nil {
		return nil, err
	}
	var sel []int32
	if o.spec.on != nil {
		if sel, err = expr.Filter(o.r.ctx, o.spec.on, o.spec.onSlot, b, nil); err != nil {
			return nil, err
		}
		if len(sel) == 0 {
			return nil, o.r.interrupted()
		}
	}
	o.mark(sel)
	if semi {
		return nil, nil
	}
	o.final = vec.Batch{Cols: b.Cols[:len(o.spec.types)], Sel: sel, Rows: b.Rows}
	return &o.final, nil
}

// mark notes which rows of both sides have matched; sel are the pairs that did,
// nil for all.
func (o *joinOp) mark(sel []int32) {
	switch o.spec.kind {
	case plan.JoinInner:
		return
	case plan.JoinRight:
	default:
		if sel == nil {
			for _, p := range o.pairPos {
				o.matched[p] = true
			}
		}
		for _, i := range sel {
			o.matched[o.pairPos[i]] = true
		}
	}
	if !o.keepsRight() {
		return
	}
	o.growSeen()
	if sel == nil {
		for _, r := range o.pairRight {
			o.rightSeen[r] = true
		}
	}
	for _, i := range sel {
		o.rightSeen[o.pairRight[i]] = true
	}
}

func (o *joinOp) growSeen() {
	if len(o.rightSeen) < o.kept.Len() {
		o.rightSeen = append(o.rightSeen, make([]bool, o.kept.Len()-len(o.rightSeen))...)
	}
}

// gather copies the pairs' columns, left before right.
func (o *joinOp) gather() (*vec.Batch, error) {
	n := len(o.pairLeft)
	width := len(o.spec.left.info().types)
	if o.out == nil {
		all := append(append([]types.T(nil), o.spec.left.info().types...), o.spec.rightTypes...)
		o.out = rows.NewBatch(all, n)
	}
	for c := 0; c < width; c++ {
		rows.CopyVec(o.out.Cols[c], o.batch.Cols[c], o.pairLeft, n)
	}
	for c := range o.spec.rightTypes {
		o.kept.Gather(o.out.Cols[width+c], c, o.pairRight)
	}
	o.out.Sel, o.out.Rows = nil, n
	return o.out, o.storeErr()
}

// storeErr returns the error that reading kept rows from disk has met.
func (o *joinOp) storeErr() error {
	if o.store == nil {
		return nil
	}
	return o.store.Err()
}

// unmatched emits the left rows of the batch that a left or full join pads, a
// semi join has found or an anti join has not.
func (o *joinOp) unmatched() (*vec.Batch, error) {
	if o.grace != nil && !o.grace.remember(o.matched) {
		return nil, nil
	}
	want := o.spec.kind == plan.JoinSemi
	o.pairLeft, o.pairRight = o.pairLeft[:0], o.pairRight[:0]
	for i, m := range o.matched {
		if m == want {
			o.pairLeft = append(o.pairLeft, int32(o.batch.Index(i)))
			o.pairRight = append(o.pairRight, -1)
		}
	}
	if len(o.pairLeft) == 0 {
		return nil, nil
	}
	if o.spec.kind == plan.JoinSemi || o.spec.kind == plan.JoinAnti {
		o.final = vec.Batch{Cols: o.batch.Cols[:len(o.spec.types)], Sel: o.pairLeft, Rows: o.batch.Rows}
		return &o.final, nil
	}
	if o.kept == nil {
		o.kept = rows.NewBuffer(o.spec.rightTypes, o.r.account)
	}
	return o.gather()
}

// unmatchedRight emits the rows of the right side that nothing matched.
func (o *joinOp) unmatchedRight() (*vec.Batch, error) {
	o.growSeen()
	o.pairRight = o.pairRight[:0]
	for ; o.rest < o.kept.Len() && len(o.pairRight) < vec.MaxRows; o.rest++ {
		if !o.rightSeen[o.rest] {
			o.pairRight = append(o.pairRight, int32(o.rest))
		}
	}
	n := len(o.pairRight)
	if n == 0 {
		return nil, o.nextRound()
	}
	width := len(o.spec.left.info().types)
	if o.out == nil {
		o.out = rows.NewBatch(o.spec.types, n)
	}
	clearBatch(o.out, n)
	for c := 0; c < width; c++ {
		for i := 0; i < n; i++ {
			o.out.Cols[c].Nulls.Set(i)
		}
	}
	for c := range o.spec.rightTypes {
		o.kept.Gather(o.out.Cols[width+c], c, o.pairRight)
	}
	o.out.Sel, o.out.Rows = nil, n
	return o.out, o.storeErr()
}

func (o *joinOp) rewind() error {
	o.state, o.rest, o.batch = joinFetch, 0, nil
	clear(o.rightSeen)
	if err := o.left.rewind(); err != nil {
		return err
	}
	return o.match.rewind()
}

func (o *joinOp) close() {
	o.match.close()
	o.dropRight()
	o.left.close()
	o.right.close()
}

// dropRight forgets what readRight has kept.
func (o *joinOp) dropRight() {
	if o.store != nil {
		o.store.Reset()
	}
}

// full reports whether no more pairs fit.
func (o *joinOp) full() bool { return len(o.pairLeft) >= vec.MaxRows }

// add adds a candidate: the row at position pos of the batch with a right row.
func (o *joinOp) add(pos int, right int32) {
	o.pairLeft = append(o.pairLeft, int32(o.batch.Index(pos)))
	o.pairPos = append(o.pairPos, int32(pos))
	o.pairRight = append(o.pairRight, right)
}

// settled reports whether the row at pos needs no more candidates: a semi or anti
// join that has found one.
func (o *joinOp) settled(pos int) bool {
	return (o.spec.kind == plan.JoinSemi || o.spec.kind == plan.JoinAnti) && o.matched[pos]
}

// readRight keeps the whole right side.
func (o *joinOp) readRight() error {
	o.store = rows.NewStore(o.spec.rightTypes, o.r.space)
	o.kept = o.store
	for {
		b, err := o.right.next()
		if b == nil || err != nil {
			return err
		}
		if err := o.store.Append(b); err != nil {
			return err
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
}
