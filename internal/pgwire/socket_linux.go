package pgwire

import "golang.org/x/sys/unix"

// peerClosed asks the kernel whether the peer closed its end, also when bytes it
// sent before are still unread.
func peerClosed(fd int) bool {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
}
