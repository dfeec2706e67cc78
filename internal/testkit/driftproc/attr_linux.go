package driftproc

import "syscall"

// dieWithParent makes the process end with the test's, also when that one is
// killed and runs no cleanup.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
