//go:build unix && !linux

package pgwire

import "syscall"

// peerClosed peeks: an end of file in front of no unread bytes is a closed peer.
func peerClosed(fd int) bool {
	var b [1]byte
	n, _, err := syscall.Recvfrom(fd, b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return n == 0 && err == nil || err != nil && err != syscall.EAGAIN && err != syscall.EINTR
}
