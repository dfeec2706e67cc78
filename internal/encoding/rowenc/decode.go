package rowenc

import (
	"encoding/binary"
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Tuple is a tuple opened for reading under its Layout. It keeps the bytes it
// was opened on, so it is valid as long as they are. It belongs to one goroutine.
type Tuple struct {
	l       *Layout
	nulls   []byte // nil: no column is NULL
	fixed   []byte
	ends    []byte
	body    []byte
	endSize int
}

// Open checks a tuple of the layout and prepares it for reading. It does not
// allocate.
func (l *Layout) Open(t *Tuple, b []byte) error {
	if len(b) < headerLen || b[0]&formatMask != formatTuple || binary.LittleEndian.Uint16(b[1:]) != l.version {
		return ErrCorrupt
	}
	flags := b[0]
	b = b[headerLen:]
	t.l, t.nulls, t.endSize = l, nil, 1
	if flags&flagNulls != 0 {
		if len(b) < l.bitmapLen {
			return ErrCorrupt
		}
		t.nulls, b = b[:l.bitmapLen], b[l.bitmapLen:]
	}
	if len(b) < l.fixedLen {
		return ErrCorrupt
	}
	t.fixed, b = b[:l.fixedLen], b[l.fixedLen:]
	if l.varCount == 0 {
		t.ends, t.body = nil, nil
		return nil
	}
	switch {
	case flags&flagEnds32 != 0:
		t.endSize = 4
	case flags&flagEnds16 != 0:
		t.endSize = 2
	}
	n := l.varCount * t.endSize
	if len(b) < n {
		return ErrCorrupt
	}
	t.ends, t.body = b[:n], b[n:]
	return nil
}

// IsNull reports whether column i of the layout is NULL.
func (t *Tuple) IsNull(i int) bool {
	return t.nulls != nil && t.nulls[i>>3]&(1<<(i&7)) != 0
}

// variable returns the bytes of the variable column of that number.
func (t *Tuple) variable(index int) ([]byte, error) {
	var from, to uint32
	switch t.endSize {
	case 1:
		to = uint32(t.ends[index])
		if index > 0 {
			from = uint32(t.ends[index-1])
		}
	case 2:
		to = uint32(binary.LittleEndian.Uint16(t.ends[2*index:]))
		if index > 0 {
			from = uint32(binary.LittleEndian.Uint16(t.ends[2*index-2:]))
		}
	default:
		to = binary.LittleEndian.Uint32(t.ends[4*index:])
		if index > 0 {
			from = binary.LittleEndian.Uint32(t.ends[4*index-4:])
		}
	}
	if from > to || uint64(to) > uint64(len(t.body)) {
		return nil, ErrCorrupt
	}
	return t.body[from:to], nil
}

// Column reads column i of the layout. Strings are copied to the arena (nil: an
// allocation each).
func (t *Tuple) Column(i int, arena *Arena) (datum.Datum, error) {
	if t.IsNull(i) {
		return datum.Datum{}, nil
	}
	c := &t.l.cols[i]
	if c.code != codeVar {
		return readFixed(t.fixed[c.off:], c.code, c.kind, arena), nil
	}
	b, err := t.variable(c.index)
	if err != nil {
		return datum.Datum{}, err
	}
	return readVar(b, c.kind, arena, 0)
}

// SameColumn reports whether column i of t and column j of o, which have one
// type, hold the same bytes.
func (t *Tuple) SameColumn(i int, o *Tuple, j int) bool {
	if t.IsNull(i) || o.IsNull(j) {
		return t.IsNull(i) == o.IsNull(j)
	}
	c, d := &t.l.cols[i], &o.l.cols[j]
	if c.code != d.code {
		return false
	}
	if c.code != codeVar {
		n := codeWidth[c.code]
		return string(t.fixed[c.off:c.off+n]) == string(o.fixed[d.off:d.off+n])
	}
	a, err1 := t.variable(c.index)
	b, err2 := o.variable(d.index)
	return err1 == nil && err2 == nil && string(a) == string(b)
}

// Column is a column of a layout prepared for reading into vectors.
type Column struct {
	index int
	shape colShape
}

// Column returns column i prepared for Read.
func (l *Layout) Column(i int) Column { return Column{i, l.cols[i]} }

// Type returns the type the column was stored with.
func (c *Column) Type() types.T { return c.shape.typ }

// Read reads the column from t into row of v, whose layout fits the column's
// kind.
func (c *Column) Read(t *Tuple, v *vec.Vec, row int, arena *Arena) error {
	if t.nulls != nil && t.nulls[c.index>>3]&(1<<(c.index&7)) != 0 {
		v.Nulls.Set(row)
		return nil
	}
	f := t.fixed[c.shape.off:]
	switch c.shape.code {
	case codeInt32:
		v.Ints[row] = int64(int32(binary.LittleEndian.Uint32(f)))
	case codeInt64:
		v.Ints[row] = int64(binary.LittleEndian.Uint64(f))
	case codeBool:
		v.Ints[row] = int64(f[0])
	case codeInt16:
		v.Ints[row] = int64(int16(binary.LittleEndian.Uint16(f)))
	case codeUint32:
		v.Ints[row] = int64(binary.LittleEndian.Uint32(f))
	case codeFloat64:
		v.Floats[row] = math.Float64frombits(binary.LittleEndian.Uint64(f))
	case codeFloat32:
		v.Floats[row] = float64(math.Float32frombits(binary.LittleEndian.Uint32(f)))
	case codeVar:
		b, err := t.variable(c.shape.index)
		if err != nil {
			return err
		}
		v.Data[row], err = readVar(b, c.shape.kind, arena, 0)
		return err
	default:
		v.Data[row] = readFixed(f, c.shape.code, c.shape.kind, arena)
	}
	return nil
}
