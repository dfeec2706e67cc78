package table

import (
	"math"
	"sync"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Projection is a choice of a table's columns, prepared for reading from tuples
// of every layout. It is immutable and safe for concurrent use.
type Projection struct {
	t     *Table
	cols  []int16
	types []types.T
	plans []layoutPlan // current storage first, its newest layout first of all

	mu    sync.Mutex // protects index
	index map[*Index]*indexPlan
}

// layoutPlan says how the columns are read from tuples of one layout.
type layoutPlan struct {
	shape  *shape
	layout *rowLayout
	tuple  []tupleColumn
	fixed  []fixedColumn
	system []systemColumn
}

type tupleColumn struct {
	out  int
	at   int
	col  rowenc.Column
	from types.T
	to   types.T // differs in kind from from: convert
	conv bool
}

// fixedColumn is a value that is the same in every row; err is why it cannot be
// had in the column's present type.
type fixedColumn struct {
	out   int
	value datum.Datum
	err   error
}

type systemColumn struct {
	out int
	att int16
}

// Project prepares reading the columns of these attnums, the Att... constants
// included, in this order.
func (t *Table) Project(cols []int16) (*Projection, error) {
	p := &Projection{t: t, cols: cols, types: make([]types.T, len(cols))}
	for i, att := range cols {
		typ, ok := t.columnType(att)
		if !ok {
			return nil, pgerr.New(pgcode.UndefinedColumn, "table %q has no column number %d", t.Desc.Name, att)
		}
		p.types[i] = typ
	}
	p.addShape(&t.shape)
	for i := range t.past {
		p.addShape(&t.past[i])
	}
	return p, nil
}

// All returns the projection of every live column, in order.
func (t *Table) All() (*Projection, error) {
	var cols []int16
	for _, c := range t.Desc.Live() {
		cols = append(cols, c.Attnum)
	}
	return t.Project(cols)
}

func (t *Table) columnType(att int16) (types.T, bool) {
	switch att {
	case AttRowKey:
		return types.Of(types.Tid), true
	case AttTableOID:
		return types.Of(types.Oid), true
	case AttSystemTimeStart, AttSystemTimeEnd:
		return types.Of(types.TimestampTZ), true
	case AttSystemSeqStart, AttSystemSeqEnd:
		return types.Of(types.Int8), true
	}
	c := t.Desc.ByAttnum(att)
	if c == nil || c.Dropped {
		return types.T{}, false
	}
	return c.Type, true
}

func (p *Projection) addShape(s *shape) {
	for i := len(s.layouts) - 1; i >= 0; i-- {
		l := layoutPlan{shape: s, layout: s.layouts[i]}
		for out, att := range p.cols {
			l.add(p, out, att)
		}
		p.plans = append(p.plans, l)
	}
}

func (l *layoutPlan) add(p *Projection, out int, att int16) {
	switch {
	case att == AttTableOID:
		l.fixed = append(l.fixed, fixedColumn{out: out, value: datum.NewInt(int64(p.t.Desc.OID))})
	case att < 0:
		l.system = append(l.system, systemColumn{out, att})
	case l.layout.at[att-1] < 0:
		m := p.t.missing(l.shape, att)
		l.fixed = append(l.fixed, fixedColumn{out, m.value, m.err})
	default:
		at := int(l.layout.at[att-1])
		from, to := l.layout.types[at], p.types[out]
		l.tuple = append(l.tuple, tupleColumn{out: out, at: at, col: l.layout.Column(at), from: from, to: to,
			conv: datum.KindOf(from.OID) != datum.KindOf(to.OID) || from.OID != to.OID && datum.KindOf(to.OID) == datum.Float})
	}
}

// plan returns how to read tuples of a version in a shape, or nil.
func (p *Projection) plan(s *shape, version uint16) *layoutPlan {
	for i := range p.plans {
		if l := &p.plans[i]; l.shape == s && l.layout.Version() == version {
			return l
		}
	}
	return nil
}

// Types returns the columns' types.
func (p *Projection) Types() []types.T { return p.types }

// NewBatch returns a batch with a vector for each column and room for rows.
func (p *Projection) NewBatch(rows int) *vec.Batch {
	b := &vec.Batch{Cols: make([]*vec.Vec, len(p.types))}
	for i, t := range p.types {
		b.Cols[i] = vec.New(t, rows)
	}
	return b
}

// source is one version of a row on its way into columns.
type source struct {
	shape *shape
	key   []byte
	tuple []byte
	start store.Seq
	end   store.Seq
	own   bool
}

// decoder reads sources through a projection. It belongs to one goroutine.
type decoder struct {
	p     *Projection
	db    *store.DB
	plan  *layoutPlan
	tup   rowenc.Tuple
	arena rowenc.Arena

	seq  store.Seq // of the last time looked up
	time store.Time
}

// open selects the plan for a tuple and opens it.
func (d *decoder) open(s *shape, tuple []byte) error {
	v, err := rowenc.VersionOf(tuple)
	if err != nil {
		return d.p.t.damaged(err)
	}
	if d.plan == nil || d.plan.layout.Version() != v || d.plan.shape != s {
		if d.plan = d.p.plan(s, v); d.plan == nil {
			return d.p.t.damaged(rowenc.ErrCorrupt)
		}
	}
	if err := d.plan.layout.Open(&d.tup, tuple); err != nil {
		return d.p.t.damaged(err)
	}
	return nil
}

// batch reads a version into row of b.
func (d *decoder) batch(src *source, b *vec.Batch, row int) error {
	if err := d.open(src.shape, src.tuple); err != nil {
		return err
	}
	for i := range d.plan.tuple {
		c := &d.plan.tuple[i]
		v := b.Cols[c.out]
		if c.conv {
			x, err := d.convert(c)
			if err != nil {
				return err
			}
			v.Set(row, x)
		} else if err := c.col.Read(&d.tup, v, row, &d.arena); err != nil {
			return d.p.t.damaged(err)
		}
	}
	for _, c := range d.plan.fixed {
		if c.err != nil {
			return c.err
		}
		b.Cols[c.out].Set(row, c.value)
	}
	for _, c := range d.plan.system {
		v, err := d.systemValue(c.att, src)
		if err != nil {
			return err
		}
		b.Cols[c.out].Set(row, v)
	}
	return nil
}

// row reads a version into datums.
func (d *decoder) row(src *source, out []datum.Datum, arena *rowenc.Arena) error {
	if err := d.open(src.shape, src.tuple); err != nil {
		return err
	}
	for i := range d.plan.tuple {
		c := &d.plan.tuple[i]
		var err error
		if c.conv {
			out[c.out], err = d.convert(c)
		} else if out[c.out], err = d.tup.Column(c.at, arena); err != nil {
			err = d.p.t.damaged(err)
		}
		if err != nil {
			return err
		}
	}
	for _, c := range d.plan.fixed {
		if c.err != nil {
			return c.err
		}
		out[c.out] = c.value
	}
	for _, c := range d.plan.system {
		var err error
		if out[c.out], err = d.systemValue(c.att, src); err != nil {
			return err
		}
	}
	return nil
}

// convert reads a column whose type was another one when the row was stored.
func (d *decoder) convert(c *tupleColumn) (datum.Datum, error) {
	v, err := d.tup.Column(c.at, &d.arena)
	if err != nil {
		return v, d.p.t.damaged(err)
	}
	if v.IsNull() {
		return v, nil
	}
	return convert(v, c.from, c.to)
}

// convert turns a value of one type into another by way of its text, except
// where the kinds are the same.
func convert(v datum.Datum, from, to types.T) (datum.Datum, error) {
	kind := datum.KindOf(to.OID)
	switch {
	case v.Kind() == kind && kind != datum.Float:
		return v, nil
	case v.Kind() == datum.Int && kind == datum.Numeric:
		return datum.NewNumeric(v.Int(), 0), nil
	}
	return pgfmt.ParseText(pgfmt.Text(from, v, pgfmt.Default()), to, pgfmt.Default())
}

// pgEpoch is 2000-01-01 in microseconds since 1970, where timestamps count from.
const pgEpoch = 946684800 * 1e6

func (d *decoder) systemValue(att int16, src *source) (datum.Datum, error) {
	switch att {
	case AttRowKey:
		return datum.NewText(d.arena.String(src.key)), nil
	case AttSystemSeqStart:
		if src.own {
			return datum.Datum{}, nil
		}
		return datum.NewInt(int64(src.start)), nil
	case AttSystemSeqEnd:
		return datum.NewInt(int64(min(src.end, store.MaxSeq))), nil
	case AttSystemTimeStart:
		if src.own {
			return datum.Datum{}, nil
		}
		return d.timeOf(src.start)
	}
	if src.end >= store.MaxSeq {
		return datum.NewTimestampTZ(math.MaxInt64), nil
	}
	return d.timeOf(src.end)
}

func (d *decoder) timeOf(seq store.Seq) (datum.Datum, error) {
	if seq != d.seq || d.time == 0 {
		t, err := d.db.TimeOf(seq)
		if err != nil {
			return datum.Datum{}, err
		}
		d.seq, d.time = seq, t
	}
	return datum.NewTimestampTZ(int64(d.time) - pgEpoch), nil
}

// pointReader is the scratch of Get.
type pointReader struct {
	dec decoder
	src source
	buf []byte
}

var pointReaders = sync.Pool{New: func() any { return &pointReader{buf: make([]byte, 0, 512)} }}

// Get reads one row by its key into out, which has a place per column. It is the
// short path for point reads: no batch, no scan.
func (p *Projection) Get(st *txn.Statement, key []byte, out []datum.Datum) (found bool, err error) {
	r := pointReaders.Get().(*pointReader)
	defer pointReaders.Put(r)
	img, found, err := st.GetInto(r.buf[:0], p.t.shape.id, key)
	if err != nil || !found {
		return false, err
	}
	if !img.Own && cap(img.Tuple) <= pointBufMax {
		r.buf = img.Tuple // grown, maybe
	}
	r.dec = decoder{p: p, db: st.Tx().Manager().Store()}
	r.src = source{shape: &p.t.shape, key: key, tuple: img.Tuple, start: img.Start, end: img.End, own: img.Own}
	err = r.dec.row(&r.src, out, nil)
	r.dec, r.src = decoder{}, source{}
	return true, err
}

// pointBufMax is the largest buffer that is kept for the next Get.
const pointBufMax = 16 << 10
