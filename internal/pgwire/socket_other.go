//go:build !unix

package pgwire

import "net"

// socket has no raw descriptor to use on this system: connections are read
// through net.Conn, and a vanished client is noticed when its answer is written.
type socket struct{}

func newSocket(net.Conn) socket { return socket{} }

func (s *socket) waits() bool { return false }

func (s *socket) read(*input) (int, error) { return 0, nil }

func (s *socket) gone() bool { return false }

func (s *socket) encrypted() {}
