package segment

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/vec"
)

// ints are integers as appendInts wrote them; any can be read by itself.
type ints struct {
	least int64
	width int
	data  []byte
}

// takeInts reads n integers and returns what follows them.
func takeInts(b []byte, n int) (x ints, rest []byte, err error) {
	if len(b) < 9 {
		return ints{}, nil, errShort
	}
	x = ints{width: int(b[0]), least: int64(binary.LittleEndian.Uint64(b[1:]))}
	b = b[9:]
	switch x.width {
	case 0, 1, 2, 4, 8:
	default:
		return ints{}, nil, fmt.Errorf("%w: integers of %d bytes", ErrDamaged, x.width)
	}
	if len(b)/max(x.width, 1) < n && x.width > 0 {
		return ints{}, nil, errShort
	}
	x.data = b[:n*x.width]
	return x, b[n*x.width:], nil
}

func (x *ints) at(i int) int64 {
	switch x.width {
	case 1:
		return x.least + int64(x.data[i])
	case 2:
		return x.least + int64(binary.LittleEndian.Uint16(x.data[2*i:]))
	case 4:
		return x.least + int64(binary.LittleEndian.Uint32(x.data[4*i:]))
	case 8:
		return x.least + int64(binary.LittleEndian.Uint64(x.data[8*i:]))
	}
	return x.least
}

// gather reads the integers of some rows; dst has as many places as there are rows.
func (x *ints) gather(dst []int64, rows []int32) {
	least, data := x.least, x.data
	switch x.width {
	case 1:
		for k, i := range rows {
			dst[k] = least + int64(data[i])
		}
	case 2:
		for k, i := range rows {
			dst[k] = least + int64(binary.LittleEndian.Uint16(data[2*i:]))
		}
	case 4:
		for k, i := range rows {
			dst[k] = least + int64(binary.LittleEndian.Uint32(data[4*i:]))
		}
	case 8:
		for k, i := range rows {
			dst[k] = least + int64(binary.LittleEndian.Uint64(data[8*i:]))
		}
	default:
		for k := range rows {
			dst[k] = least
		}
	}
}

// chunk is a column of one block, opened for reading.
type chunk struct {
	form  byte
	nulls []byte // nil: no row is NULL
	ints  ints   // values, coefficients, starts of items or codes
	data  []byte // floats or items
	scale int16
	dict  []datum.Datum
}

// openChunk reads a column's chunk of n rows. Its memory stays in use.
func openChunk(b []byte, n int, kind datum.Kind, arena *rowenc.Arena, dict []datum.Datum) (c chunk, err error) {
	if len(b) == 0 {
		return c, errShort
	}
	flags := b[0]
	b = b[1:]
	c.form = flags &^ flagNulls
	if flags&flagNulls != 0 {
		size := (n + 7) / 8
		if len(b) < size {
			return c, errShort
		}
		c.nulls, b = b[:size], b[size:]
	}
	switch c.form {
	case formInts:
		c.ints, _, err = takeInts(b, n)
	case formFloats:
		if len(b) < 8*n {
			return c, errShort
		}
		c.data = b
	case formNumeric:
		if len(b) < 2 {
			return c, errShort
		}
		c.scale = int16(binary.LittleEndian.Uint16(b))
		c.ints, _, err = takeInts(b[2:], n)
	case formItems:
		c.ints, c.data, err = takeInts(b, n)
	case formDict:
		if c.ints, b, err = takeInts(b, n); err == nil {
			c.dict, err = readDict(b, kind, arena, dict)
		}
	default:
		err = fmt.Errorf("%w: column of form %d", ErrDamaged, c.form)
	}
	return c, err
}

func readDict(b []byte, kind datum.Kind, arena *rowenc.Arena, dict []datum.Datum) ([]datum.Datum, error) {
	if len(b) < 4 {
		return nil, errShort
	}
	n := int(binary.LittleEndian.Uint32(b))
	starts, items, err := takeInts(b[4:], n)
	if err != nil {
		return nil, err
	}
	dict = dict[:0]
	for i := range n {
		d, err := readItem(items, starts.at(i), kind, arena)
		if err != nil {
			return nil, err
		}
		dict = append(dict, d)
	}
	return dict, nil
}

func readItem(items []byte, start int64, kind datum.Kind, arena *rowenc.Arena) (datum.Datum, error) {
	if start < 0 || start > int64(len(items)) {
		return datum.Datum{}, errShort
	}
	d, _, err := rowenc.ReadItem(items[start:], kind, arena)
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return d, nil
}

func (c *chunk) null(i int32) bool { return c.nulls != nil && c.nulls[i>>3]&(1<<(i&7)) != 0 }

// read puts the values of some rows into v from row at on.
func (c *chunk) read(v *vec.Vec, at int, rows []int32, arena *rowenc.Arena) error {
	if c.nulls != nil {
		for k, i := range rows {
			if c.null(i) {
				v.Nulls.Set(at + k)
			}
		}
	}
	switch c.form {
	case formInts:
		if v.Layout != vec.I64 {
			return c.misfit(v)
		}
		c.ints.gather(v.Ints[at:at+len(rows)], rows)
		return nil
	case formFloats:
		if v.Layout != vec.F64 {
			return c.misfit(v)
		}
		for k, i := range rows {
			v.Floats[at+k] = math.Float64frombits(binary.LittleEndian.Uint64(c.data[8*i:]))
		}
		return nil
	}
	if v.Layout != vec.Dat {
		return c.misfit(v)
	}
	return c.readData(v, at, rows, arena)
}

func (c *chunk) readData(v *vec.Vec, at int, rows []int32, arena *rowenc.Arena) error {
	switch c.form {
	case formNumeric:
		for k, i := range rows {
			v.Data[at+k] = datum.NewNumeric(c.ints.at(int(i)), c.scale)
		}
		return nil
	case formDict:
		for k, i := range rows {
			if c.null(i) {
				continue
			}
			code := c.ints.at(int(i))
			if uint64(code) >= uint64(len(c.dict)) {
				return fmt.Errorf("%w: code %d of a dictionary of %d", ErrDamaged, code, len(c.dict))
			}
			v.Data[at+k] = c.dict[code]
		}
		return nil
	}
	for k, i := range rows {
		if c.null(i) {
			continue
		}
		d, err := readItem(c.data, c.ints.at(int(i)), v.Kind, arena)
		if err != nil {
			return err
		}
		v.Data[at+k] = d
	}
	return nil
}

func (c *chunk) misfit(v *vec.Vec) error {
	return fmt.Errorf("%w: a column of type %d has form %d", ErrDamaged, v.Type.OID, c.form)
}
