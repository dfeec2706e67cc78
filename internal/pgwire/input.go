package pgwire

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// bufferSize is the size of the pooled read and write buffers: enough for
// ordinary batches, small enough that 10,000 busy clients do not matter.
const bufferSize = 16 << 10

var bufferPool = sync.Pool{New: func() any {
	b := make([]byte, bufferSize)
	return &b
}}

// input is the receiving half of a connection. Between messages it holds no
// buffer (I1).
type input struct {
	buf  []byte  // nil while parked; bytes r to w are unread
	pool *[]byte // where buf came from; nil when buf outgrew it
	r, w int
	// first is where a connection without a readiness wait receives its next byte
	// while it has no buffer.
	first [1]byte
	sock  socket
}

func (in *input) acquire() {
	if in.buf == nil {
		in.pool = bufferPool.Get().(*[]byte)
		in.buf = *in.pool
	}
}

// release gives the buffer back if nothing in it is unread.
func (in *input) release() {
	if in.buf == nil || in.r != in.w {
		return
	}
	in.r, in.w = 0, 0
	in.buf = nil
	if in.pool != nil {
		bufferPool.Put(in.pool)
		in.pool = nil
	}
}

// makeRoom makes space behind w, doubling the buffer when it is full: it grows
// with what arrived (I2).
func (in *input) makeRoom(need int) {
	if in.buf == nil || in.w < len(in.buf) && len(in.buf)-in.r >= min(need, bufferSize) {
		return
	}
	if in.r > 0 {
		copy(in.buf, in.buf[in.r:in.w])
		in.w -= in.r
		in.r = 0
	}
	if in.w < len(in.buf) {
		return
	}
	grown := make([]byte, min(2*len(in.buf), max(need, bufferSize)))
	copy(grown, in.buf[:in.w])
	if in.pool != nil {
		bufferPool.Put(in.pool)
		in.pool = nil
	}
	in.buf = grown
}

// fill reads until at least n bytes are unread.
func (c *conn) fill(n int) error {
	for c.in.w-c.in.r < n {
		c.in.makeRoom(n)
		if err := c.read(); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) && !c.starting {
				if c.woken() {
					return errWoken
				}
				continue
			}
			return err
		}
	}
	return nil
}

// errWoken says that the connection was woken while it waited, to look at what
// Server.watch, Stop or Terminate asked of it, or because it idled for too long.
var errWoken = errors.New("woken")

// woken clears the deadline that ended a wait and reports whether there is a
// reason to stop waiting. Clearing comes first: whoever asks sets the reason
// before the deadline, so none is missed.
func (c *conn) woken() bool {
	_ = c.net.SetReadDeadline(time.Time{})
	return c.end.Load() != nil || c.waiting && (c.park.Load() || !c.idleEnd.IsZero() && !time.Now().Before(c.idleEnd))
}

// read receives some bytes. While nothing is unread it waits without a buffer.
func (c *conn) read() error {
	if c.in.sock.waits() {
		n, err := c.in.sock.read(&c.in)
		if n == 0 && err == nil {
			err = io.EOF
		}
		c.in.w += n
		return err
	}
	if c.in.buf == nil {
		n, err := c.net.Read(c.in.first[:])
		if n == 0 {
			return err
		}
		c.in.acquire()
		c.in.buf[0] = c.in.first[0]
		c.in.w = 1
		return nil
	}
	n, err := c.net.Read(c.in.buf[c.in.w:])
	c.in.w += n
	if n > 0 {
		return nil
	}
	return err
}

// message returns the next message; its body is valid until the next call. A
// length or type that no client may send is a FATAL error.
func (c *conn) message() (t byte, body []byte, err error) {
	if err := c.skipCopy(); err != nil {
		return 0, nil, err
	}
	if err := c.fill(1); err != nil {
		return 0, nil, err
	}
	t = c.in.buf[c.in.r]
	limit := messageLimit(t)
	if limit == 0 {
		return 0, nil, fatal(protocolViolation("invalid frontend message type %d", t))
	}
	if body, err = c.body(limit); err != nil {
		return 0, nil, err
	}
	return t, body, nil
}

// body returns the body of the message whose type byte is next.
func (c *conn) body(limit int) ([]byte, error) {
	c.waiting = false
	if err := c.fill(5); err != nil {
		return nil, err
	}
	length := int(int32(binary.BigEndian.Uint32(c.in.buf[c.in.r+1:])))
	if length < 4 || length > limit {
		return nil, fatal(protocolViolation("invalid message length"))
	}
	if err := c.fill(1 + length); err != nil {
		return nil, err
	}
	body := c.in.buf[c.in.r+5 : c.in.r+1+length : c.in.r+1+length]
	c.in.r += 1 + length
	return body, nil
}
