//go:build !linux

package pgref

import (
	"os"
	"testing"
)

// Server returns the connection string that Variable names and skips the test
// when it names none.
func Server(t testing.TB) string {
	t.Helper()
	dsn := os.Getenv(Variable)
	if dsn == "" {
		t.Skipf("no reference server: %s is not set", Variable)
	}
	return dsn
}
