package exec

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/vec"
)

// virtualSpec is phys.VirtualScan.
type virtualSpec struct {
	nodeInfo
	scan   *phys.VirtualScan
	filter expr.Node
	slot   int
}

func (c *compiler) virtualScan(n *phys.VirtualScan) (spec, error) {
	s := &virtualSpec{nodeInfo: c.base(n), scan: n, slot: c.exprs.NewSlot()}
	return c.finish(s, c.optional(n.Filter, s.scope, &s.filter))
}

func (s *virtualSpec) make(r *run) operator {
	o := &virtualOp{spec: s, r: r}
	o.fill = filler{input: empty{}, r: r, types: s.types}
	o.reader.types = s.types
	return o
}

// virtualOp reads the relation once and keeps its rows: they are few, and a
// rewound scan must see the same ones.
type virtualOp struct {
	spec   *virtualSpec
	r      *run
	fill   filler
	reader storeReader
	final  vec.Batch
}

func (o *virtualOp) read() error {
	s := o.spec.scan
	if o.r.env.Virtual == nil {
		return pgerr.Internal("nothing gives the rows of %q", s.Table.Name)
	}
	o.fill.kept = rows.NewStore(o.spec.types, o.r.space)
	row := make([]datum.Datum, len(s.Columns))
	return o.r.env.Virtual.VirtualRows(o.r.env.B, s.Table, s.Moment, func(values []datum.Datum) error {
		for i, col := range s.Columns {
			switch {
			case col.AttNum > 0:
				row[i] = values[col.AttNum-1]
			case col.AttNum == plan.AttTableOID:
				row[i] = datum.NewInt(int64(s.Table.OID))
			case col.AttNum == plan.AttWholeRow:
				row[i] = o.record(values)
			default:
				row[i] = datum.Datum{}
			}
		}
		return o.fill.kept.AppendRow(row)
	})
}

func (o *virtualOp) record(values []datum.Datum) datum.Datum {
	v := &datum.RecordValue{TypeOID: 2249, Fields: append([]datum.Datum(nil), values...)}
	for _, col := range o.spec.scan.Table.Columns {
		v.Names, v.Types = append(v.Names, col.Name), append(v.Types, uint32(col.Type.OID))
	}
	return datum.NewRecord(v)
}

func (o *virtualOp) next() (*vec.Batch, error) {
	if o.fill.kept == nil {
		if err := o.read(); err != nil {
			return nil, err
		}
	}
	for {
		b, err := o.reader.next(&o.fill)
		if b == nil || err != nil {
			return nil, err
		}
		ok, err := keep(o.r.ctx, o.spec.filter, o.spec.slot, b, &o.final)
		if err != nil {
			return nil, err
		}
		if ok {
			return &o.final, nil
		}
	}
}

func (o *virtualOp) rewind() error { o.reader.at = 0; return nil }
func (o *virtualOp) close()        { o.fill.close() }
