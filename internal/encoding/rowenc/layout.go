package rowenc

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// ErrCorrupt is returned for bytes that Encode can not have written.
var ErrCorrupt = errors.New("malformed tuple")

// Format byte: the low bits are the format's number, the high ones say what the
// tuple has.
const (
	formatTuple  = 0x01
	formatMask   = 0x0f
	flagNulls    = 0x10 // a null bitmap follows the header
	flagEnds16   = 0x20 // variable ends have 2 bytes
	flagEnds32   = 0x40 // variable ends have 4 bytes
	headerLen    = 3
	maxTupleSize = 1 << 30
)

// Layout is the shape of the tuples written under one schema version. It is
// immutable and may be shared between goroutines.
type Layout struct {
	version   uint16
	cols      []colShape
	bitmapLen int
	fixedLen  int
	varCount  int
}

// colShape is where one column lies.
type colShape struct {
	typ   types.T
	kind  datum.Kind
	code  code
	off   int // of a fixed column: from the start of the fixed part
	index int // of a variable column: its number among them
}

// code says how a column's bytes are read.
type code uint8

const (
	codeVar code = iota // variable, by kind
	codeBool
	codeInt16
	codeInt32
	codeUint32
	codeInt64
	codeFloat32
	codeFloat64
	codeUUID
	codeInterval
	codeTimeTZ
)

var codeWidth = [...]int{codeBool: 1, codeInt16: 2, codeInt32: 4, codeUint32: 4, codeInt64: 8, codeFloat32: 4,
	codeFloat64: 8, codeUUID: 16, codeInterval: 16, codeTimeTZ: 12}

func codeOf(oid types.OID, kind datum.Kind) code {
	switch oid {
	case types.Int2:
		return codeInt16
	case types.Int4, types.Date:
		return codeInt32
	case types.Float4:
		return codeFloat32
	case types.Int8, types.Xid8:
		return codeInt64
	}
	switch kind {
	case datum.Bool:
		return codeBool
	case datum.Int:
		return codeUint32 // oid, xid, cid, reg*
	case datum.Time, datum.Timestamp, datum.TimestampTZ:
		return codeInt64
	case datum.Float:
		return codeFloat64
	case datum.UUID:
		return codeUUID
	case datum.Interval:
		return codeInterval
	case datum.TimeTZ:
		return codeTimeTZ
	}
	return codeVar
}

// NewLayout returns the layout of a schema version with columns of these types.
func NewLayout(version uint16, columns []types.T) *Layout {
	l := &Layout{version: version, cols: make([]colShape, len(columns)), bitmapLen: (len(columns) + 7) / 8}
	for i, t := range columns {
		kind := datum.KindOf(t.OID)
		c := colShape{typ: t, kind: kind, code: codeOf(t.OID, kind)}
		if c.code == codeVar {
			c.index = l.varCount
			l.varCount++
		} else {
			c.off = l.fixedLen
			l.fixedLen += codeWidth[c.code]
		}
		l.cols[i] = c
	}
	return l
}

// Version returns the layout's number, which every tuple of it carries.
func (l *Layout) Version() uint16 { return l.version }

// Len returns the number of columns.
func (l *Layout) Len() int { return len(l.cols) }

// VersionOf returns the number of the layout a tuple was written with.
func VersionOf(tuple []byte) (uint16, error) {
	if len(tuple) < headerLen || tuple[0]&formatMask != formatTuple {
		return 0, ErrCorrupt
	}
	return binary.LittleEndian.Uint16(tuple[1:]), nil
}

// Encode appends the tuple of a row to dst. The row has one value per column of
// the layout, of the column's kind. It fails only for a row above 1 GiB.
func (l *Layout) Encode(dst []byte, row []datum.Datum) ([]byte, error) {
	start := len(dst)
	dst = append(dst, formatTuple, byte(l.version), byte(l.version>>8))
	for i := range row {
		if row[i].IsNull() {
			dst[start] |= flagNulls
			break
		}
	}
	if dst[start]&flagNulls != 0 {
		at := len(dst)
		dst = append(dst, make([]byte, l.bitmapLen)...)
		for i := range row {
			if row[i].IsNull() {
				dst[at+i>>3] |= 1 << (i & 7)
			}
		}
	}
	for i := range l.cols {
		if c := &l.cols[i]; c.code != codeVar {
			dst = appendFixed(dst, c.code, row[i])
		}
	}
	if l.varCount > 0 {
		dst = l.encodeVariable(dst, start, row)
	}
	if len(dst)-start > maxTupleSize {
		return dst[:start], errTooBig
	}
	return dst, nil
}

var errTooBig = errors.New("row is larger than 1 GiB")

// encodeVariable writes the variable columns behind ends of one byte, and moves
// them when that turns out too narrow.
func (l *Layout) encodeVariable(dst []byte, start int, row []datum.Datum) []byte {
	endsAt := len(dst)
	var scratch [32]uint32
	ends := scratch[:0]
	for range l.varCount {
		dst = append(dst, 0)
	}
	body := len(dst)
	for i := range l.cols {
		if c := &l.cols[i]; c.code == codeVar {
			if !row[i].IsNull() {
				dst = appendVar(dst, row[i])
			}
			ends = append(ends, uint32(min(len(dst)-body, math.MaxUint32)))
		}
	}
	total := len(dst) - body
	width := 1
	switch {
	case total > math.MaxUint16:
		width = 4
		dst[start] |= flagEnds32
	case total > math.MaxUint8:
		width = 2
		dst[start] |= flagEnds16
	}
	if width > 1 {
		for range (width - 1) * l.varCount {
			dst = append(dst, 0)
		}
		copy(dst[endsAt+width*l.varCount:], dst[body:body+total])
	}
	for i, end := range ends {
		putEnd(dst[endsAt+i*width:], width, end)
	}
	return dst
}

func putEnd(b []byte, width int, end uint32) {
	switch width {
	case 1:
		b[0] = byte(end)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(end))
	default:
		binary.LittleEndian.PutUint32(b, end)
	}
}

func appendFixed(dst []byte, c code, d datum.Datum) []byte {
	if d.IsNull() {
		return append(dst, zeros[:codeWidth[c]]...)
	}
	switch c {
	case codeBool:
		return append(dst, byte(d.Int()))
	case codeInt16:
		return binary.LittleEndian.AppendUint16(dst, uint16(d.Int()))
	case codeInt32, codeUint32:
		return binary.LittleEndian.AppendUint32(dst, uint32(d.Int()))
	case codeInt64:
		return binary.LittleEndian.AppendUint64(dst, uint64(d.Int()))
	case codeFloat32:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(d.Float())))
	case codeFloat64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(d.Float()))
	case codeUUID:
		return append(dst, d.Str()...)
	case codeInterval:
		v := d.Interval()
		dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Months))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(v.Days))
		return binary.LittleEndian.AppendUint64(dst, uint64(v.Micros))
	}
	v := d.TimeTZ()
	dst = binary.LittleEndian.AppendUint64(dst, uint64(v.Micros))
	return binary.LittleEndian.AppendUint32(dst, uint32(v.Zone))
}

var zeros [16]byte
