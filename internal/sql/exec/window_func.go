package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/exec/agg"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

const microsPerDay = int64(86400e6)

// function computes a window function that is no aggregate for one row.
func (p *windowPart) function(w *windowCall, row int) (datum.Datum, error) {
	g := p.group[row]
	switch w.name {
	case "row_number":
		return datum.NewInt(int64(row) + 1), nil
	case "rank":
		return datum.NewInt(int64(p.groupAt[g]) + 1), nil
	case "dense_rank":
		return datum.NewInt(int64(g) + 1), nil
	case "percent_rank":
		if p.n == 1 {
			return datum.NewFloat(0), nil
		}
		return datum.NewFloat(float64(p.groupAt[g]) / float64(p.n-1)), nil
	case "cume_dist":
		return datum.NewFloat(float64(p.groupAt[g+1]) / float64(p.n)), nil
	case "ntile":
		return p.ntile(w, row)
	case "lag", "lead":
		return p.shifted(w, row)
	}
	return p.inFrame(w, row)
}

// ntile spreads the rows over buckets, the first ones taking one more each.
func (p *windowPart) ntile(w *windowCall, row int) (datum.Datum, error) {
	d, err := p.arg(0, w.first)
	if err != nil || d.IsNull() {
		return d, err
	}
	buckets := d.Int()
	if buckets <= 0 {
		return d, pgerr.New(pgcode.InvalidArgumentForNtile, "argument of ntile must be greater than zero")
	}
	size, extra := int64(p.n)/buckets, int64(p.n)%buckets
	r := int64(row)
	if big := extra * (size + 1); r >= big {
		if size == 0 {
			return datum.NewInt(r + 1), nil
		}
		return datum.NewInt(extra + (r-big)/size + 1), nil
	}
	return datum.NewInt(r/(size+1) + 1), nil
}

func (p *windowPart) shifted(w *windowCall, row int) (datum.Datum, error) {
	offset := int64(1)
	if w.nargs > 1 {
		d, err := p.arg(row, w.first+1)
		if err != nil || d.IsNull() {
			return d, err
		}
		offset = d.Int()
	}
	if w.name == "lag" {
		offset = -offset
	}
	if at := int64(row) + offset; at >= 0 && at < int64(p.n) {
		return p.arg(int(at), w.first)
	}
	if w.nargs > 2 {
		return p.arg(row, w.first+2)
	}
	return datum.Datum{}, nil
}

// inFrame is first_value, last_value and nth_value.
func (p *windowPart) inFrame(w *windowCall, row int) (datum.Datum, error) {
	list, err := p.frameRows(row)
	if err != nil {
		return datum.Datum{}, err
	}
	switch w.name {
	case "first_value":
		if at := list.nth(0); at >= 0 {
			return p.arg(at, w.first)
		}
	case "last_value":
		if at := list.nth(list.len() - 1); at >= 0 {
			return p.arg(at, w.first)
		}
	case "nth_value":
		n, err := p.arg(row, w.first+1)
		if err != nil || n.IsNull() {
			return n, err
		}
		if n.Int() <= 0 {
			return n, pgerr.New(pgcode.InvalidArgumentForNthValue, "argument of nth_value must be greater than zero")
		}
		if n.Int() <= int64(list.len()) {
			return p.arg(list.nth(int(n.Int())-1), w.first)
		}
	}
	return datum.Datum{}, nil
}

// frameList are the rows of a frame: lo..hi without cut ranges.
type frameList struct {
	lo, hi int
	cuts   [2][2]int // excluded ranges within lo..hi, ascending; empty ones have no length
}

func (l *frameList) len() int {
	n := l.hi - l.lo
	for _, c := range l.cuts {
		n -= c[1] - c[0]
	}
	return max(n, 0)
}

// nth returns the n-th row of the frame, -1 when there is none.
func (l *frameList) nth(n int) int {
	if n < 0 || n >= l.len() {
		return -1
	}
	at := l.lo + n
	for _, c := range l.cuts {
		if c[1] > c[0] && at >= c[0] {
			at += c[1] - c[0]
		}
	}
	return at
}

// frameRows returns the frame of a row.
func (p *windowPart) frameRows(row int) (frameList, error) {
	lo, hi, err := p.bounds(row)
	if err != nil {
		return frameList{}, err
	}
	list := frameList{lo: lo, hi: max(lo, hi)}
	g := p.group[row]
	first, last := int(p.groupAt[g]), int(p.groupAt[g+1])
	cut := func(i, from, to int) {
		from, to = max(from, list.lo), min(to, list.hi)
		if from < to {
			list.cuts[i] = [2]int{from, to}
		}
	}
	switch p.op.spec.frame.exclude {
	case ast.ExcludeCurrentRow:
		cut(0, row, row+1)
	case ast.ExcludeGroup:
		cut(0, first, last)
	case ast.ExcludeTies:
		cut(0, first, row)
		cut(1, row+1, last)
	}
	return list, nil
}

// frameOffsets are a frame's offsets in one execution.
type frameOffsets struct{ start, end datum.Datum }

// offsets evaluates and checks the frame's offsets.
func (f *frameSpec) offsets(c *expr.Ctx) (*frameOffsets, error) {
	var out frameOffsets
	var err error
	if out.start, err = f.offset(c, f.startBy, "starting"); err != nil {
		return nil, err
	}
	out.end, err = f.offset(c, f.endBy, "ending")
	return &out, err
}

func (f *frameSpec) offset(c *expr.Ctx, n expr.Node, word string) (datum.Datum, error) {
	if n == nil {
		return datum.Datum{}, nil
	}
	d, err := n.Row(c, nil)
	if err != nil {
		return d, err
	}
	if d.IsNull() {
		return d, pgerr.New(pgcode.NullValueNotAllowed, "frame %s offset must not be null", word)
	}
	if f.mode == ast.FrameRange {
		if negative(d) {
			return d, pgerr.New(pgcode.InvalidPrecedingOrFollowingSize, "invalid preceding or following size in window function")
		}
		return d, nil
	}
	if d.Int() < 0 {
		return d, pgerr.New(pgcode.InvalidPrecedingOrFollowingSize, "frame %s offset must not be negative", word)
	}
	return d, nil
}

func negative(d datum.Datum) bool {
	switch d.Kind() {
	case datum.Int:
		return d.Int() < 0
	case datum.Float:
		return d.Float() < 0 || d.Float() != d.Float()
	case datum.Numeric:
		return datum.Compare(d, datum.NewNumeric(0, 0)) < 0
	case datum.Interval:
		days, micros := d.Interval().Span()
		return days < 0 || days == 0 && micros < 0
	}
	return false
}

// bounds returns the frame lo..hi of a row, before exclusion.
func (p *windowPart) bounds(row int) (lo, hi int, err error) {
	f := &p.op.spec.frame
	if lo, err = p.edge(row, f.start, p.frame.start, false); err != nil {
		return 0, 0, err
	}
	if hi, err = p.edge(row, f.end, p.frame.end, true); err != nil {
		return 0, 0, err
	}
	lo, hi = max(lo, 0), min(hi, p.n)
	return min(lo, p.n), max(hi, 0), nil
}

// edge returns one end of the frame: its first row, or the row behind its last.
func (p *windowPart) edge(row int, kind ast.FrameBoundKind, by datum.Datum, end bool) (int, error) {
	f := &p.op.spec.frame
	switch kind {
	case ast.UnboundedPreceding:
		return 0, nil
	case ast.UnboundedFollowing:
		return p.n, nil
	}
	one := 0
	if end {
		one = 1
	}
	g := int(p.group[row])
	step := int64(0)
	if kind != ast.CurrentRow {
		if f.mode == ast.FrameRange {
			return p.rangeEdge(row, kind, by, end)
		}
		step = min(by.Int(), int64(p.n)+1)
		if kind == ast.OffsetPreceding {
			step = -step
		}
	}
	if f.mode == ast.FrameRows {
		return row + int(step) + one, nil
	}
	at := g + int(step) + one
	at = min(max(at, 0), len(p.groupAt)-1)
	return int(p.groupAt[at]), nil
}

// rangeEdge finds the first row (for an end: the row behind the last) whose order
// value is within the offset of this row's.
func (p *windowPart) rangeEdge(row int, kind ast.FrameBoundKind, by datum.Datum, end bool) (int, error) {
	f, key := &p.op.spec.frame, p.op.spec.order[0]
	v := p.get(row, key.Col)
	g := int(p.group[row])
	if v.IsNull() {
		if end {
			return int(p.groupAt[g+1]), nil
		}
		return int(p.groupAt[g]), nil
	}
	proc := f.add
	if (kind == ast.OffsetPreceding) != key.Desc {
		proc = f.sub
	}
	bound, err := proc.Eval(p.op.r.env.B, []datum.Datum{v, by})
	if err != nil {
		// Beyond the type's range nothing is left on that side.
		if pgerr.CodeOf(err) != pgcode.NumericValueOutOfRange && pgerr.CodeOf(err) != pgcode.DatetimeFieldOverflow {
			return 0, err
		}
		if kind == ast.OffsetPreceding {
			return p.nonNull(false), nil
		}
		return p.nonNull(true), nil
	}
	lo, hi := 0, len(p.groupAt)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if p.before(p.get(int(p.groupAt[mid]), key.Col), bound, key.Desc, key.NullsFirst, end) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return int(p.groupAt[lo]), nil
}

// nonNull returns the first row with an order value, or the row behind the last.
func (p *windowPart) nonNull(end bool) int {
	key := p.op.spec.order[0]
	lo, hi := 0, p.n
	for lo < hi && p.get(lo, key.Col).IsNull() {
		lo++
	}
	for hi > lo && p.get(hi-1, key.Col).IsNull() {
		hi--
	}
	if end {
		return hi
	}
	return lo
}

// before reports whether a row with order value x lies before the bound; for an
// end, rows equal to the bound do too.
func (p *windowPart) before(x, bound datum.Datum, desc, nullsFirst, end bool) bool {
	if x.IsNull() {
		return nullsFirst
	}
	if p.op.spec.frame.byDate {
		x = datum.NewTimestamp(x.Int() * microsPerDay)
	}
	c := datum.Compare(x, bound)
	if desc {
		c = -c
	}
	return c < 0 || end && c == 0
}

// aggregate computes an aggregate over each row's frame. While the frame only
// grows at its end the rows that are new are added; otherwise it starts again.
func (p *windowPart) aggregate(w *windowCall, out *rows.Store) error {
	acc, err := agg.New(w.call, p.op.space)
	if err != nil {
		return err
	}
	a := &frameAgg{part: p, call: w, acc: acc, list: make([]int32, 0, vec.MaxRows)}
	a.batch = rows.NewBatch(append(append([]types.T(nil), w.call.Args...), types.Of(types.Bool)), vec.MaxRows)
	var have frameList
	var value [1]datum.Datum
	for row := 0; row < p.n; row++ {
		list, err := p.frameRows(row)
		if err != nil {
			return err
		}
		switch {
		case row > 0 && list == have:
		case row > 0 && list.cuts == have.cuts && list.cuts == ([2][2]int{}) && list.lo == have.lo && list.hi > have.hi:
			err = a.add(have.hi, list.hi)
			value[0] = datum.Datum{}
			if err == nil {
				value[0], err = acc.Result(p.op.r.env.B, 0)
			}
		default:
			value[0], err = a.restart(&list)
		}
		if err != nil {
			return err
		}
		have = list
		if err := out.AppendRow(value[:]); err != nil {
			return err
		}
	}
	acc.Reset()
	return nil
}

// frameAgg feeds rows of a frame to an accumulator.
type frameAgg struct {
	part  *windowPart
	call  *windowCall
	acc   agg.Accumulator
	batch *vec.Batch
	list  []int32
}

func (a *frameAgg) restart(l *frameList) (datum.Datum, error) {
	a.acc.Reset()
	if err := a.acc.Grow(1); err != nil {
		return datum.Datum{}, err
	}
	at := l.lo
	for _, c := range l.cuts {
		if c[1] > c[0] {
			if err := a.add(at, c[0]); err != nil {
				return datum.Datum{}, err
			}
			at = c[1]
		}
	}
	if err := a.add(at, l.hi); err != nil {
		return datum.Datum{}, err
	}
	return a.acc.Result(a.part.op.r.env.B, 0)
}

// add adds rows from..to of the partition that the call's FILTER lets through.
func (a *frameAgg) add(from, to int) error {
	p := a.part
	for from < to {
		a.list = a.list[:0]
		for ; from < to && len(a.list) < vec.MaxRows; from++ {
			if a.call.filter >= 0 {
				d, err := p.arg(from, a.call.filter)
				if err != nil {
					return err
				}
				if d.IsNull() || !d.Bool() {
					continue
				}
			}
			if len(p.op.failed) > 0 {
				for k := range a.call.nargs {
					if _, err := p.arg(from, a.call.first+k); err != nil {
						return err
					}
				}
			}
			a.list = append(a.list, int32(p.from+from))
		}
		if len(a.list) == 0 {
			continue
		}
		for k := 0; k < a.call.nargs; k++ {
			p.op.kept.Gather(a.batch.Cols[k], a.call.first+k, a.list)
		}
		a.batch.Rows = len(a.list)
		if err := a.acc.Add(p.op.r.env.B, a.batch.Cols[:a.call.nargs], a.batch, nil); err != nil {
			return err
		}
		if err := p.op.r.interrupted(); err != nil {
			return err
		}
	}
	return nil
}
