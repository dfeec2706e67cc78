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
	kept        *rows.Buffer // the right side's rows that pairs refer to

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
			b = o.unmatched()
		case joinRest:
			b = o.unmatchedRight()
		case joinDone:
			return nil, nil
		}
		if b != nil || err != nil {
			return b, err
		}
	}
}

func (o *joinOp) fetch() error {
	b, err := o.left.next()
	if err != nil {
		return err
	}
	if err := o.r.interrupted(); err != nil {
		return err
	}
	if b == nil {
		o.state = joinDone
		if o.keepsRight() {
			o.state = joinRest
			// A matcher that has seen no left row has not read the right side.
			return o.match.begin(&vec.Batch{Cols: o.emptyLeft(), Sel: []int32{}})
		}
		return nil
	}
	o.batch, o.pos, o.state = b, 0, joinPairs
	if cap(o.matched) < b.Len() {
		o.matched = make([]bool, vec.MaxRows)
	}
	o.matched = o.matched[:b.Len()]
	clear(o.matched)
	return o.match.begin(b)
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
	b := o.gather()
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
func (o *joinOp) gather() *vec.Batch {
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
	return o.out
}

// unmatched emits the left rows of the batch that a left or full join pads, a
// semi join has found or an anti join has not.
func (o *joinOp) unmatched() *vec.Batch {
	want := o.spec.kind == plan.JoinSemi
	o.pairLeft, o.pairRight = o.pairLeft[:0], o.pairRight[:0]
	for i, m := range o.matched {
		if m == want {
			o.pairLeft = append(o.pairLeft, int32(o.batch.Index(i)))
			o.pairRight = append(o.pairRight, -1)
		}
	}
	if len(o.pairLeft) == 0 {
		return nil
	}
	if o.spec.kind == plan.JoinSemi || o.spec.kind == plan.JoinAnti {
		o.final = vec.Batch{Cols: o.batch.Cols, Sel: o.pairLeft, Rows: o.batch.Rows}
		return &o.final
	}
	if o.kept == nil {
		o.kept = rows.NewBuffer(o.spec.rightTypes, o.r.account)
	}
	return o.gather()
}

// unmatchedRight emits the rows of the right side that nothing matched.
func (o *joinOp) unmatchedRight() *vec.Batch {
	o.growSeen()
	o.pairRight = o.pairRight[:0]
	for ; o.rest < o.kept.Len() && len(o.pairRight) < vec.MaxRows; o.rest++ {
		if !o.rightSeen[o.rest] {
			o.pairRight = append(o.pairRight, int32(o.rest))
		}
	}
	n := len(o.pairRight)
	if n == 0 {
		o.state = joinDone
		return nil
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
	o.out.Rows = n
	return o.out
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
	if o.kept != nil {
		o.kept.Reset()
	}
	o.left.close()
	o.right.close()
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
func (o *joinOp) readRight(each func(b *vec.Batch) error) error {
	o.kept = rows.NewBuffer(o.spec.rightTypes, o.r.account)
	for {
		b, err := o.right.next()
		if b == nil || err != nil {
			return err
		}
		if each != nil {
			if err := each(b); err != nil {
				return err
			}
		}
		if err := o.kept.Append(b); err != nil {
			return err
		}
		if err := o.r.interrupted(); err != nil {
			return err
		}
	}
}
