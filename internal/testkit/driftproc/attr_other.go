//go:build !linux

package driftproc

import "syscall"

// dieWithParent has no equivalent here: a killed test leaves its server behind.
func dieWithParent() *syscall.SysProcAttr { return nil }
