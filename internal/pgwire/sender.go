package pgwire

import (
	"encoding/binary"
	"io"
	"math"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/types"
)

// sender is the client.Writer of a connection.
type sender struct {
	output
	conn    *conn
	columns []client.Column // of the rows being sent
	formats *pgfmt.Settings
}

// Columns implements client.Writer.
func (s *sender) Columns(cols []client.Column, announce bool) error {
	s.columns = cols
	s.formats = s.conn.currentFormats()
	if announce {
		return s.rowDescription(cols)
	}
	return s.broken
}

func (s *sender) rowDescription(cols []client.Column) error {
	at := s.begin('T')
	s.int16(len(cols))
	for i := range cols {
		c := &cols[i]
		s.string(clean(c.Name))
		s.int32(int(c.TableOID))
		s.int16(int(c.AttNum))
		s.int32(int(c.Type.OID))
		size := int16(-1)
		if info := types.Lookup(c.Type.OID); info != nil {
			size = info.Len
		}
		s.int16(int(size))
		s.int32(int(c.Type.Typmod))
		s.int16(int(c.Format))
	}
	return s.finish(at)
}

// Row implements client.Writer. It allocates nothing beyond the buffer.
func (s *sender) Row(row []datum.Datum) error {
	at := s.begin('D')
	s.int16(len(row))
	for i, d := range row {
		if d.IsNull() {
			s.buf = append(s.buf, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		start := len(s.buf)
		s.buf = append(s.buf, 0, 0, 0, 0)
		if c := &s.columns[i]; c.Format == 1 {
			s.buf = pgfmt.AppendBinary(s.buf, c.Type, d)
		} else {
			s.buf = pgfmt.AppendText(s.buf, c.Type, d, s.formats)
		}
		binary.BigEndian.PutUint32(s.buf[start:], uint32(len(s.buf)-start-4))
	}
	if len(s.buf)-at > math.MaxInt32 {
		s.cancel(at)
		return pgerr.New(pgcode.ProgramLimitExceeded, "row is too large to be sent: %d bytes", len(s.buf)-at)
	}
	return s.finish(at)
}

// Complete implements client.Writer.
func (s *sender) Complete(tag string) error {
	s.columns = nil
	s.conn.completed(tag)
	return s.text('C', tag)
}

// Empty implements client.Writer.
func (s *sender) Empty() error { return s.empty('I') }

// Suspended implements client.Writer.
func (s *sender) Suspended() error { return s.empty('s') }

// Notice implements client.Writer.
func (s *sender) Notice(n *pgerr.Error) error {
	s.conn.logNotice(n)
	return s.report('N', n)
}

// Status implements client.Writer.
func (s *sender) Status(name, value string) error { return s.status(name, value) }

// CopyOut implements client.Writer.
func (s *sender) CopyOut(binaryFormat bool, columns int) error {
	return s.copyResponse('H', binaryFormat, columns)
}

// CopyData implements client.Writer.
func (s *sender) CopyData(b []byte) error {
	at := s.begin('d')
	s.buf = append(s.buf, b...)
	return s.finish(at)
}

// CopyDone implements client.Writer.
func (s *sender) CopyDone() error { return s.empty('c') }

// CopyIn implements client.Writer.
func (s *sender) CopyIn(binaryFormat bool, columns int) (io.Reader, error) {
	if err := s.copyResponse('G', binaryFormat, columns); err != nil {
		return nil, err
	}
	if err := s.flush(); err != nil {
		return nil, err
	}
	return &copyReader{conn: s.conn}, nil
}

func (s *sender) copyResponse(t byte, binaryFormat bool, columns int) error {
	format := byte(0)
	if binaryFormat {
		format = 1
	}
	at := s.begin(t)
	s.buf = append(s.buf, format)
	s.int16(columns)
	for range columns {
		s.int16(int(format))
	}
	return s.finish(at)
}
