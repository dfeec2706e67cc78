//go:build unix

package pgwire

import (
	"net"
	"syscall"
)

// socket is the raw file descriptor behind a connection, where there is one. It
// waits for bytes without holding a buffer, and looks at a busy client's end
// without taking bytes.
type socket struct {
	raw   syscall.RawConn
	plain bool // bytes are read from it directly: no TLS in between
	in    *input
	n     int
	err   error
	ready func(fd uintptr) bool // readReady, bound once so that a read allocates nothing
}

func newSocket(nc net.Conn) socket {
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			return socket{raw: raw, plain: true}
		}
	}
	return socket{}
}

// waits reports whether read may be used.
func (s *socket) waits() bool { return s.plain }

// read receives into in's buffer, which it takes from the pool only when bytes
// have arrived.
func (s *socket) read(in *input) (int, error) {
	if s.ready == nil {
		s.in = in
		s.ready = s.readReady
	}
	if err := s.raw.Read(s.ready); err != nil {
		return 0, err
	}
	return s.n, s.err
}

func (s *socket) readReady(fd uintptr) bool {
	in := s.in
	in.acquire()
	for {
		n, err := syscall.Read(int(fd), in.buf[in.w:])
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			in.release()
			return false
		}
		s.n, s.err = max(n, 0), err
		return true
	}
}

// gone reports whether the client's end of the connection is closed.
func (s *socket) gone() bool {
	if s.raw == nil {
		return false
	}
	closed := false
	err := s.raw.Control(func(fd uintptr) { closed = peerClosed(int(fd)) })
	return err != nil || closed
}

// encrypted says that bytes now come through TLS, which buffers some itself.
func (s *socket) encrypted() { s.plain = false }
