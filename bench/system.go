package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

// raiseFileLimit lets this process and the servers it starts have as many open
// files as the machine allows: 10,000 sessions need them on both sides.
func raiseFileLimit() {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
	}
}

// hold keeps the servers up for a look.
func hold(b *bench) {
	for _, t := range []*target{b.drift, b.pg} {
		fmt.Fprintf(os.Stderr, "%s: %s\n", t.name, net.JoinHostPort(t.config.Host, strconv.Itoa(int(t.config.Port))))
	}
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	<-c
}
