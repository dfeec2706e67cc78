package store

import (
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/sstable/colblk"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/clock"
)

// FS is the file system the store works on. Tests pass MemFS or CrashableFS.
type FS = vfs.FS

// MemFS returns an empty file system in memory.
func MemFS() FS { return vfs.NewMem() }

// CrashableFS returns a file system in memory that can be cloned as a power cut
// at that moment would leave it (see CrashClone).
func CrashableFS() *vfs.MemFS { return vfs.NewCrashableMem() }

// Options configures Open. The zero value is a durable store with sensible
// sizes.
type Options struct {
	// FS is the file system; nil is the operating system's.
	FS FS
	// InMemory keeps everything in memory and syncs nothing. The directory
	// name is ignored. FS must be nil.
	InMemory bool
	// ReadOnly opens without changing a file. Commit then fails.
	ReadOnly bool
	// NoSync makes commits durable only by chance. For tests and bulk loads.
	NoSync bool
	// Clock is the time source; nil is the machine's clock.
	Clock clock.Clock
	// AllowClockStep opens even if the clock is far behind the last commit.
	AllowClockStep bool
	// CacheBytes is the size of the block cache; 0 is a quarter of the memory
	// this process may use.
	CacheBytes int64
	// ScanImageBytes limits the memory for images of much-scanned storages;
	// 0 is a quarter of CacheBytes, negative makes none.
	ScanImageBytes int64
	// RowCacheBytes limits the memory for rows read by key; 0 is a sixteenth of
	// CacheBytes, negative keeps none.
	RowCacheBytes int64
	// MemTableBytes is the size of the write buffer; 0 is 64 MiB.
	MemTableBytes int64
	// MaxBatchBytes limits one transaction's encoded size; 0 is 1.5 GiB.
	MaxBatchBytes int64
	// BallastBytes is the size of the file kept in reserve for a full disk;
	// 0 is 64 MiB, negative keeps none.
	BallastBytes int64
	// Logger receives the store's events; nil discards them.
	Logger *slog.Logger
	// OnFatal is called when the log cannot be written or synced. The process
	// must stop: what was answered as committed is safe, nothing later is.
	// nil logs and exits with status 70.
	OnFatal func(error)
	// Planted are faults, for tests of tests.
	Planted Planted
}

const (
	memTableStop      = 4 // write stops at this many memtables
	maxClockBehind    = 5 * time.Minute
	chainEvery        = 1024 // commits between stored chain hashes
	timeMapEvery      = 64   // commits between entries of the time map
	defaultMaxBatch   = 3 << 29
	defaultMemTable   = 64 << 20
	defaultBallast    = 64 << 20
	viewRefreshEvery  = 10 * time.Second
	diskCheckInterval = 500 * time.Millisecond
)

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = clock.NewSystem()
	}
	if o.InMemory {
		o.FS = vfs.NewMem()
		o.NoSync = true
		o.BallastBytes = -1
		if o.CacheBytes == 0 {
			o.CacheBytes = 64 << 20
		}
		if o.MemTableBytes == 0 {
			o.MemTableBytes = 4 << 20
		}
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = defaultMemTable
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = max(memoryLimit()/4, 8*o.MemTableBytes)
	}
	if o.ScanImageBytes == 0 {
		o.ScanImageBytes = o.CacheBytes / 4
	}
	if o.RowCacheBytes == 0 {
		o.RowCacheBytes = o.CacheBytes / 16
	}
	if o.MaxBatchBytes == 0 {
		o.MaxBatchBytes = defaultMaxBatch
	}
	if o.BallastBytes == 0 {
		o.BallastBytes = defaultBallast
	}
	if o.OnFatal == nil {
		log := o.Logger
		o.OnFatal = func(err error) {
			log.Error("the write-ahead log failed, the process stops", "error", err)
			os.Stderr.WriteString("driftdb: fatal: the write-ahead log failed: " + err.Error() + "\n")
			os.Exit(70)
		}
	}
	return o
}

// memoryLimit returns how many bytes this process may use: the least of Go's
// memory limit, the control group's and the machine's.
func memoryLimit() int64 {
	limit := int64(8 << 30)
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if f := strings.Fields(string(b)); len(f) >= 2 && f[0] == "MemTotal:" {
			if kb, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				limit = kb << 10
			}
		}
	}
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := os.ReadFile(name); err == nil {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && n > 0 {
				limit = min(limit, n)
			}
		}
	}
	return min(limit, debug.SetMemoryLimit(-1))
}

// spacePolicy keeps values beside their keys in every space: history is read as
// often as the present, and no suffix of ours means "old, rarely read".
func spacePolicy([]byte) (pebble.SpanPolicy, []byte, error) {
	return pebble.SpanPolicy{
		DisableValueSeparationBySuffix: true,
		ValueStoragePolicy:             pebble.ValueStorageLowReadLatency,
	}, nil, nil
}

// engineOptions builds Pebble's options. The caller unreferences the cache.
func (o Options) engineOptions(fs FS, l *engineLogger) *pebble.Options {
	schema := colblk.DefaultKeySchema(comparer, 16)
	p := &pebble.Options{
		FS:                          fs,
		Comparer:                    comparer,
		KeySchema:                   schema.Name,
		KeySchemas:                  sstable.MakeKeySchemas(&schema),
		FormatMajorVersion:          pebble.FormatValueSeparation,
		Cache:                       pebble.NewCache(o.CacheBytes),
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: memTableStop,
		L0CompactionThreshold:       2,
		L0StopWritesThreshold:       1000,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                4096,
		ReadOnly:                    o.ReadOnly,
		DisableWAL:                  o.InMemory,
		Logger:                      l,
		EventListener:               l.listener(),
		FlushDelayDeleteRange:       10 * time.Second,
		CompactionConcurrencyRange:  func() (int, int) { return 1, max(1, min(4, runtime.GOMAXPROCS(0)/2)) },
	}
	p.Experimental.EnableColumnarBlocks = func() bool { return true }
	p.Experimental.SpanPolicyFunc = spacePolicy
	p.Experimental.ReadSamplingMultiplier = -1 // costs 5% of every scan
	p.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionBalanced })
	for i := range p.Levels {
		p.Levels[i].BlockSize = 32 << 10
		p.Levels[i].IndexBlockSize = 256 << 10
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		p.Levels[i].FilterType = pebble.TableFilter
	}
	return p
}

// loadWriterOptions says how the files of loads are written: for any level, since
// the engine chooses that when it ingests them, but as small as at the bottom,
// where most of them go.
func loadWriterOptions(p *pebble.Options) sstable.WriterOptions {
	p = p.Clone()
	p.EnsureDefaults()
	o := p.MakeWriterOptions(0, p.FormatMajorVersion.MaxTableFormat())
	o.Compression = p.Levels[len(p.Levels)-1].Compression()
	return o
}
