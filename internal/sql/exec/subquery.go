package exec

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// subSpec is a compiled subquery of an expression.
type subSpec struct {
	id     int // index in Program.subs
	kind   plan.SubqueryKind
	typ    types.T
	root   spec
	cols   []int        // the subquery's columns among root's
	params []outerParam // what it needs of the row it is evaluated for
	test   expr.Node    // over the row and then cols, for ANY, ALL and ROW
	width  int          // columns of the row
	types  []types.T    // of cols
	memo   bool         // same parameters, same answer

	hashed    bool
	probe     []expr.Node // over the row
	hashTypes []types.T
	hashCols  []int
}

// subState is a subquery in one execution.
type subState struct {
	op      operator
	answers map[uint64][]answer
	row     []datum.Datum
	set     *subSet
}

type answer struct {
	params []datum.Datum
	value  datum.Datum
}

// memoMax is how many answers of a correlated subquery are remembered.
const memoMax = 4096

// subNode is the expression node of a subquery.
type subNode struct {
	spec *subSpec
	slot int
}

func (n *subNode) Type() types.T { return n.spec.typ }

func (n *subNode) Vec(c *expr.Ctx, b *vec.Batch, sel []int32) (*vec.Vec, error) {
	return expr.Rowwise(c, n, n.slot, b, sel)
}

func (n *subNode) Row(c *expr.Ctx, row []datum.Datum) (datum.Datum, error) {
	r, s := c.Exec.(*run), n.spec
	st := r.subs[s.id]
	if st == nil {
		st = &subState{row: make([]datum.Datum, s.width+len(s.cols))}
		r.subs[s.id] = st
	}
	if s.hashed {
		return s.probeSet(r, st, row)
	}
	if !s.memo {
		return s.evaluate(r, st, row)
	}
	params := make([]datum.Datum, len(s.params))
	for i, p := range s.params {
		params[i] = row[p.ord]
	}
	h := rows.HashRow(params)
	for _, a := range st.answers[h] {
		if sameRow(a.params, params) {
			return a.value, nil
		}
	}
	d, err := s.evaluate(r, st, row)
	if err == nil && len(st.answers) < memoMax {
		if st.answers == nil {
			st.answers = map[uint64][]answer{}
		}
		st.answers[h] = append(st.answers[h], answer{params, d})
	}
	return d, err
}

// sameRow compares rows of parameters so strictly that equal ones cannot give
// different answers (1.0 and 1.00 are equal, but print differently).
func sameRow(a, b []datum.Datum) bool {
	for i := range a {
		if a[i].Kind() == datum.Numeric {
			if a[i] != b[i] {
				return false
			}
			continue
		}
		if !datum.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// evaluate runs the subquery for a row.
func (s *subSpec) evaluate(r *run, st *subState, row []datum.Datum) (datum.Datum, error) {
	for _, p := range s.params {
		r.ctx.Outer[p.slot] = row[p.ord]
	}
	if st.op == nil {
		st.op = r.build(s.root)
	} else if err := st.op.rewind(); err != nil {
		return datum.Datum{}, err
	}
	switch s.kind {
	case plan.SubqueryExists:
		b, err := st.op.next()
		return datum.NewBool(b != nil), err
	case plan.SubqueryAny, plan.SubqueryAll:
		return s.quantified(r, st, row)
	case plan.SubqueryArray:
		return s.array(st)
	}
	found, err := s.single(st)
	if err != nil || !found {
		return datum.Datum{}, err
	}
	switch s.kind {
	case plan.SubqueryRow:
		copy(st.row, row)
		return s.test.Row(r.ctx, st.row)
	case plan.SubqueryMulti:
		return s.record(st.row[s.width:]), nil
	}
	return st.row[s.width], nil
}

func (s *subSpec) record(fields []datum.Datum) datum.Datum {
	v := &datum.RecordValue{TypeOID: uint32(types.Record), Fields: append([]datum.Datum(nil), fields...)}
	for _, t := range s.types {
		v.Types = append(v.Types, uint32(t.OID))
	}
	return datum.NewRecord(v)
}

// single stores the only row's columns behind the row's; two rows are 21000.
func (s *subSpec) single(st *subState) (found bool, err error) {
	b, err := st.op.next()
	if b == nil || err != nil {
		return false, err
	}
	s.load(b, 0, st.row)
	more := b.Len() > 1
	if !more {
		b, err = st.op.next()
		more = b != nil
	}
	if more && err == nil {
		err = pgerr.New(pgcode.CardinalityViolation, "more than one row returned by a subquery used as an expression")
	}
	return true, err
}

func (s *subSpec) load(b *vec.Batch, i int, dst []datum.Datum) {
	r := b.Index(i)
	for k, ord := range s.cols {
		dst[s.width+k] = b.Cols[ord].Get(r)
	}
}

func (s *subSpec) quantified(r *run, st *subState, row []datum.Datum) (datum.Datum, error) {
	every, unknown := s.kind == plan.SubqueryAll, false
	copy(st.row, row)
	for {
		b, err := st.op.next()
		if err != nil {
			return datum.Datum{}, err
		}
		if b == nil {
			break
		}
		for i := 0; i < b.Len(); i++ {
			s.load(b, i, st.row)
			d, err := s.test.Row(r.ctx, st.row)
			switch {
			case err != nil:
				return d, err
			case d.IsNull():
				unknown = true
			case d.Bool() != every:
				return d, nil
			}
		}
		if err := r.interrupted(); err != nil {
			return datum.Datum{}, err
		}
	}
	if unknown {
		return datum.Datum{}, nil
	}
	return datum.NewBool(every), nil
}

func (s *subSpec) array(st *subState) (datum.Datum, error) {
	v := &datum.ArrayValue{Elem: uint32(types.ElemOf(s.typ.OID))}
	for {
		b, err := st.op.next()
		if err != nil {
			return datum.Datum{}, err
		}
		if b == nil {
			break
		}
		for i := 0; i < b.Len(); i++ {
			v.Elems = append(v.Elems, b.Cols[s.cols[0]].Get(b.Index(i)))
		}
	}
	if len(v.Elems) > 0 {
		v.Dims = []datum.Dim{{Len: int32(len(v.Elems)), Lower: 1}}
	}
	return datum.NewArray(v), nil
}

// subSet are the rows of an uncorrelated IN subquery.
type subSet struct {
	groups  *agg.Grouper
	partial []int32 // rows with a NULL
}

func (s *subSpec) readSet(r *run, st *subState) (*subSet, error) {
	set := &subSet{groups: agg.NewGrouper(s.hashTypes, r.account)}
	op := r.build(s.root)
	st.op = op
	var ids []int32
	vecs := make([]*vec.Vec, len(s.hashCols))
	for {
		b, err := op.next()
		if err != nil {
			return nil, err
		}
		if b == nil {
			break
		}
		for i, ord := range s.hashCols {
			vecs[i] = b.Cols[ord]
		}
		ids = slices.Grow(ids[:0], b.Len())[:b.Len()]
		if err := set.groups.Assign(vecs, b, ids); err != nil {
			return nil, err
		}
		if err := r.interrupted(); err != nil {
			return nil, err
		}
	}
	for g := 0; g < set.groups.Len(); g++ {
		for k := range s.hashCols {
			if set.groups.Keys.Get(g, k).IsNull() {
				set.partial = append(set.partial, int32(g))
				break
			}
		}
	}
	return set, nil
}

// probeSet answers row IN (set) with three-valued logic: a row with NULLs on
// either side may be equal to those it does not differ from.
func (s *subSpec) probeSet(r *run, st *subState, row []datum.Datum) (datum.Datum, error) {
	if st.set == nil {
		set, err := s.readSet(r, st)
		if err != nil {
			return datum.Datum{}, err
		}
		st.set = set
	}
	if st.set.groups.Len() == 0 {
		return datum.NewBool(false), nil
	}
	keys := make([]datum.Datum, len(s.probe))
	null := false
	for i, p := range s.probe {
		d, err := p.Row(r.ctx, row)
		if err != nil {
			return d, err
		}
		keys[i] = d
		null = null || d.IsNull()
	}
	if !null && st.set.groups.Find(keys) >= 0 {
		return datum.NewBool(true), nil
	}
	if null {
		for g := 0; g < st.set.groups.Len(); g++ {
			if st.set.maybe(g, keys) {
				return datum.Datum{}, nil
			}
		}
		return datum.NewBool(false), nil
	}
	for _, g := range st.set.partial {
		if st.set.maybe(int(g), keys) {
			return datum.Datum{}, nil
		}
	}
	return datum.NewBool(false), nil
}

// maybe reports whether no pair of non-NULL values differs.
func (set *subSet) maybe(g int, keys []datum.Datum) bool {
	for k, d := range keys {
		have := set.groups.Keys.Get(g, k)
		if !d.IsNull() && !have.IsNull() && datum.Compare(d, have) != 0 {
			return false
		}
	}
	return true
}
