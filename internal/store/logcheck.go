package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The engine takes an invalid chunk of a log for the end that a power cut left,
// unless a later block of 32 KiB promises that what lies beyond had been synced. In
// the last block it looks no further, so a damaged byte there would drop the
// commits after it without a word. checkLog looks in the block, too.

// Pebble's log format: blocks of chunks, each with a header of checksum (4 bytes),
// length (2), kind (1), log number (4) and how far the log was synced when the chunk
// was written (8).
const (
	logBlock      = 32 << 10
	logHeader     = 19
	logKindFirst  = 9 // kinds of chunks with all five fields
	logKindLast   = 12
	logSyncedFrom = 11
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// logDamage is where a log has a damaged chunk that had been synced.
type logDamage struct {
	name string
	at   int64
}

func (d *logDamage) Error() string {
	return fmt.Sprintf("log %s: damaged at offset %d, before what was synced", d.name, d.at)
}

// checkLogs looks for damage in the logs of a directory, in order. The error is a
// *logDamage, or one of reading.
func checkLogs(fs vfs.FS, dir string, only string) error {
	names, err := fs.List(dir)
	if err != nil {
		return nil // the engine will tell
	}
	slices.Sort(names)
	for _, name := range names {
		var number uint32
		if _, err := fmt.Sscanf(name, "%d.log", &number); err != nil || only != "" && name != only {
			continue
		}
		f, err := fs.Open(fs.PathJoin(dir, name))
		if err != nil {
			return err
		}
		at, err := checkLog(f, number)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		if at >= 0 {
			return &logDamage{name, at}
		}
	}
	return nil
}

// lastLog returns the name of the newest log, "" if there is none.
func lastLog(fs vfs.FS, dir string) string {
	names, _ := fs.List(dir)
	last, newest := "", uint32(0)
	for _, name := range names {
		var number uint32
		if _, err := fmt.Sscanf(name, "%d.log", &number); err == nil && number >= newest {
			last, newest = name, number
		}
	}
	return last
}

// checkLog returns the offset of the first invalid chunk if a later chunk says that
// the log had been synced beyond it, -1 otherwise.
func checkLog(r io.Reader, number uint32) (int64, error) {
	block := make([]byte, logBlock)
	invalid := int64(-1)
	for base := int64(0); ; base += logBlock {
		n, err := io.ReadFull(r, block)
		if n == 0 || err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return -1, err
		}
		at := 0
		for invalid < 0 && n-at >= logHeader {
			size, _ := logChunk(block[at:n], number)
			if size == 0 {
				invalid = base + int64(at)
				at++
				break
			}
			at += size
		}
		for ; invalid >= 0 && n-at >= logHeader; at++ {
			size, synced := logChunk(block[at:n], number)
			if size > 0 && synced > invalid {
				return invalid, nil
			}
		}
	}
}

// logChunk returns the length of the chunk that b begins with and its promise, 0 if
// it is no valid chunk.
func logChunk(b []byte, number uint32) (size int, synced int64) {
	if b[6] < logKindFirst || b[6] > logKindLast || binary.LittleEndian.Uint32(b[7:]) != number {
		return 0, 0
	}
	size = logHeader + int(binary.LittleEndian.Uint16(b[4:]))
	if size > len(b) {
		return 0, 0
	}
	sum := crc32.Checksum(b[6:size], castagnoli)
	if sum = (sum>>15 | sum<<17) + 0xa282ead8; sum != binary.LittleEndian.Uint32(b) {
		return 0, 0
	}
	return size, int64(binary.LittleEndian.Uint64(b[logSyncedFrom:]))
}
