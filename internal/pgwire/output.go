package pgwire

import (
	"encoding/binary"
	"net"
	"strconv"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// flushAt is how full the write buffer gets before it is written although the
// batch goes on.
const flushAt = 32 << 10

// output is the sending half of a connection: one buffer, appended to and
// written as a whole.
type output struct {
	net    net.Conn
	buf    []byte
	pool   *[]byte
	broken error // the first failed write; the client is gone
}

// begin starts a message and returns where, for finish.
func (o *output) begin(t byte) int {
	if o.buf == nil {
		o.pool = bufferPool.Get().(*[]byte)
		o.buf = (*o.pool)[:0]
	}
	at := len(o.buf)
	o.buf = append(o.buf, t, 0, 0, 0, 0)
	return at
}

// finish sets the message's length and writes when the buffer is full.
func (o *output) finish(at int) error {
	binary.BigEndian.PutUint32(o.buf[at+1:], uint32(len(o.buf)-at-1))
	if len(o.buf) >= flushAt {
		return o.flush()
	}
	return o.broken
}

// cancel takes back the message begun at at.
func (o *output) cancel(at int) { o.buf = o.buf[:at] }

func (o *output) flush() error {
	if len(o.buf) > 0 && o.broken == nil {
		_, o.broken = o.net.Write(o.buf)
	}
	o.buf = o.buf[:0]
	if cap(o.buf) > 4*flushAt { // a large row was written: do not keep its memory
		o.buf, o.pool = nil, nil
	}
	return o.broken
}

// release gives an empty buffer back.
func (o *output) release() {
	if o.buf == nil || len(o.buf) > 0 {
		return
	}
	if o.pool != nil && cap(o.buf) <= 4*flushAt {
		*o.pool = o.buf[:cap(o.buf)]
		bufferPool.Put(o.pool)
	}
	o.buf, o.pool = nil, nil
}

func (o *output) string(s string) {
	o.buf = append(o.buf, s...)
	o.buf = append(o.buf, 0)
}

func (o *output) int16(n int) { o.buf = binary.BigEndian.AppendUint16(o.buf, uint16(n)) }
func (o *output) int32(n int) { o.buf = binary.BigEndian.AppendUint32(o.buf, uint32(n)) }

// empty sends a message without a body.
func (o *output) empty(t byte) error { return o.finish(o.begin(t)) }

// text sends a message of one string.
func (o *output) text(t byte, s string) error {
	at := o.begin(t)
	o.string(s)
	return o.finish(at)
}

// status sends ParameterStatus.
func (o *output) status(name, value string) error {
	at := o.begin('S')
	o.string(name)
	o.string(value)
	return o.finish(at)
}

// report sends ErrorResponse ('E') or NoticeResponse ('N') with every field that
// is set.
func (o *output) report(t byte, e *pgerr.Error) error {
	severity := e.Severity
	if severity == "" {
		severity = "ERROR"
		if t == 'N' {
			severity = "NOTICE"
		}
	}
	at := o.begin(t)
	field := func(code byte, s string) {
		if s != "" {
			o.buf = append(o.buf, code)
			o.string(clean(s))
		}
	}
	field('S', severity)
	field('V', severity)
	field('C', string(e.Code))
	message := e.Message
	if message == "" {
		message = "missing error text"
	}
	field('M', message)
	field('D', e.Detail)
	field('H', e.Hint)
	if e.Position > 0 {
		field('P', strconv.Itoa(e.Position))
	}
	field('W', e.Where)
	field('s', e.Schema)
	field('t', e.Table)
	field('c', e.Column)
	field('d', e.DataType)
	field('n', e.Constraint)
	field('R', e.Routine)
	o.buf = append(o.buf, 0)
	return o.finish(at)
}

// clean cuts a text at a NUL, which would end the field and break the message.
func clean(s string) string {
	for i := range len(s) {
		if s[i] == 0 {
			return s[:i]
		}
	}
	return s
}

func protocolViolation(format string, args ...any) *pgerr.Error {
	return pgerr.New(pgcode.ProtocolViolation, format, args...)
}

// fatal returns a copy of the error with severity FATAL: it ends the session.
func fatal(e *pgerr.Error) *pgerr.Error {
	c := *e
	c.Severity = "FATAL"
	return &c
}
