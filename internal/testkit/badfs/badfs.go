// Package badfs makes file systems that misbehave as disks do: syncs that hang or
// fail, and space that ends. Only tests import it.
package badfs

import (
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// Gate holds back or fails the syncs of the write-ahead log. It is an injector
// for errorfs.Wrap and safe for concurrent use.
type Gate struct {
	mu   sync.Mutex
	cond *sync.Cond
	shut bool
	fail error
}

// NewGate returns an open gate.
func NewGate() *Gate {
	g := &Gate{}
	g.cond = sync.NewCond(&g.mu)
	return g
}

// Set shuts or opens the gate; what passes it then fails with fail, unless nil.
func (g *Gate) Set(shut bool, fail error) {
	g.mu.Lock()
	g.shut, g.fail = shut, fail
	g.cond.Broadcast()
	g.mu.Unlock()
}

// MaybeError implements errorfs.Injector.
func (g *Gate) MaybeError(op errorfs.Op) error {
	switch op.Kind {
	case errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo:
	default:
		return nil
	}
	if !strings.HasSuffix(op.Path, ".log") {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.shut {
		g.cond.Wait()
	}
	return g.fail
}

// String implements errorfs.Injector.
func (g *Gate) String() string { return "gate" }

// Quota is a disk with limited space: what the files of the folder "db" hold
// counts.
type Quota struct {
	vfs.FS
	Limit atomic.Int64 // bytes
}

// NewQuota returns a disk in memory of that many bytes.
func NewQuota(limit int64) *Quota {
	q := &Quota{FS: vfs.NewMem()}
	q.Limit.Store(limit)
	return q
}

// Used is how many bytes the files hold.
func (q *Quota) Used() (n int64) {
	names, _ := q.FS.List("db")
	for _, name := range names {
		if st, err := q.FS.Stat("db/" + name); err == nil {
			n += st.Size()
		}
	}
	return n
}

// GetDiskUsage implements vfs.FS.
func (q *Quota) GetDiskUsage(string) (vfs.DiskUsage, error) {
	limit := q.Limit.Load()
	return vfs.DiskUsage{AvailBytes: uint64(max(0, limit-q.Used())), TotalBytes: uint64(limit)}, nil
}

// Create implements vfs.FS.
func (q *Quota) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := q.FS.Create(name, c)
	return &quotaFile{f, q}, err
}

// ReuseForWrite implements vfs.FS.
func (q *Quota) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := q.FS.ReuseForWrite(old, name, c)
	return &quotaFile{f, q}, err
}

type quotaFile struct {
	vfs.File
	q *Quota
}

// Write implements vfs.File.
func (f *quotaFile) Write(b []byte) (int, error) {
	if f.q.Used()+int64(len(b)) > f.q.Limit.Load() {
		return 0, syscall.ENOSPC
	}
	return f.File.Write(b)
}
