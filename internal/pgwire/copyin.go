package pgwire

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// copyReader reads the bytes of CopyData messages as one stream, without
// gathering a message in memory first.
type copyReader struct {
	conn *conn
	err  error // the end: io.EOF after CopyDone, or what went wrong
}

// Read implements io.Reader.
func (r *copyReader) Read(p []byte) (int, error) {
	c := r.conn
	for c.copyLeft == 0 {
		if r.err == nil {
			r.err = r.next()
		}
		if r.err != nil {
			return 0, r.err
		}
	}
	if err := c.fill(1); err != nil {
		r.err = c.copyBroken(err)
		return 0, r.err
	}
	n := copy(p, c.in.buf[c.in.r:min(c.in.w, c.in.r+c.copyLeft)])
	c.in.r += n
	c.copyLeft -= n
	return n, nil
}

// next reads messages until one brings data or the end.
func (r *copyReader) next() error {
	c := r.conn
	c.copying.Store(true)
	defer c.copying.Store(false)
	for {
		if err := c.fill(5); err != nil {
			return c.copyBroken(err)
		}
		t := c.in.buf[c.in.r]
		if t == msgCopyData {
			length := int(int32(binary.BigEndian.Uint32(c.in.buf[c.in.r+1:])))
			if length < 4 || length > largeMessage {
				return c.lost(protocolViolation("invalid message length"))
			}
			c.in.r += 5
			if c.copyLeft = length - 4; c.copyLeft > 0 {
				return nil
			}
			continue
		}
		switch t {
		case msgCopyDone, msgCopyFail, msgFlush, msgSync:
		default:
			return c.lost(protocolViolation("unexpected message type 0x%02X during COPY from stdin", t))
		}
		body, err := c.body(smallMessage)
		if err != nil {
			return c.copyBroken(err)
		}
		switch t {
		case msgCopyDone:
			return io.EOF
		case msgCopyFail:
			m := reader{b: body}
			reason := m.cstring()
			if m.err != nil {
				return m.err
			}
			return pgerr.New(pgcode.QueryCanceled, "COPY from stdin failed: %s", reason)
		}
	}
}

// skipCopy passes over the rest of a CopyData message that the statement did not
// read because it failed.
func (c *conn) skipCopy() error {
	for c.copyLeft > 0 {
		if err := c.fill(1); err != nil {
			return err
		}
		n := min(c.copyLeft, c.in.w-c.in.r)
		c.in.r += n
		c.copyLeft -= n
	}
	return nil
}

// copyBroken turns a failed read into the error the statement ends with.
func (c *conn) copyBroken(err error) error {
	if end := c.end.Load(); end != nil {
		return end
	}
	var e *pgerr.Error
	if errors.As(err, &e) {
		return c.lost(e)
	}
	c.out.broken = err
	return pgerr.New(pgcode.ConnectionFailure, "unexpected EOF on client connection with an open transaction")
}

// lost marks the connection as out of step: after the error it must end.
func (c *conn) lost(e *pgerr.Error) error {
	c.outOfStep = true
	plain := *e
	plain.Severity = ""
	return &plain
}
