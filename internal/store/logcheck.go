package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"
)

// The engine takes an invalid chunk of a log for the end that a power cut left,
// unless a later block of 32 KiB promises that what lies beyond had been synced. In
// the last block it looks no further, so a damaged byte there would drop the
// commits after it without a word. checkLog looks in the block, too. Of the list of
// tables (MANIFEST) the engine takes every invalid chunk for the end, opens what the
// list was before and deletes the files that are not in it; checkManifest prevents
// that.

// Pebble's log format: blocks of chunks, each with a header of checksum (4 bytes),
// length (2), kind (1), log number (4) and how far the log was synced when the chunk
// was written (8). Manifests have the first three fields only.
const (
	logBlock      = 32 << 10
	logHeader     = 19
	logKindFirst  = 9 // kinds of chunks with all five fields
	logKindLast   = 12
	logSyncedFrom = 11

	manifestHeader    = 7
	manifestKindFull  = 1 // a whole record
	manifestKindFirst = 2 // the first chunk of one
	manifestKindLast  = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// logDamage is where a log or manifest has a damaged chunk that had been synced.
type logDamage struct {
	name string
	at   int64
}

func (d *logDamage) Error() string {
	return fmt.Sprintf("%s %s: damaged at offset %d, before what was synced", fileKind(d.name), d.name, d.at)
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

// checkManifest looks for damage in the current list of tables. The error is a
// *logDamage, ErrCorrupt if there is no list, or one of reading.
func checkManifest(fs vfs.FS, dir string) error {
	marker, name, err := atomicfs.LocateMarker(fs, dir, "manifest")
	if err != nil {
		return err
	}
	if err := marker.Close(); err != nil {
		return err
	}
	if name == "" {
		return corruptf("%s: the file marker.manifest.*, which names the list of tables, is missing", dir)
	}
	f, err := fs.Open(fs.PathJoin(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return corruptf("%s: the list of tables %s is missing", dir, name)
	}
	if err != nil {
		return err
	}
	// Each record was synced before the next was written.
	at, err := findDamage(f, manifestChunk, func(b []byte, _ int64) bool {
		return manifestChunk(b) > 0 && b[6] <= manifestKindFirst
	}, manifestHeader)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if at >= 0 {
		return &logDamage{name, at}
	}
	return nil
}

// manifestChunk returns the length of the chunk that b begins with, 0 if it is no
// valid one.
func manifestChunk(b []byte) int {
	if b[6] < manifestKindFull || b[6] > manifestKindLast {
		return 0
	}
	return chunkSize(b, manifestHeader)
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
// the log had been synced beyond it, or one flipped bit explains it; -1 otherwise.
func checkLog(r io.Reader, number uint32) (int64, error) {
	return findDamage(r, func(b []byte) int {
		size, _ := logChunk(b, number)
		return size
	}, func(b []byte, invalid int64) bool {
		size, synced := logChunk(b, number)
		return size > 0 && synced > invalid
	}, logHeader)
}

// findDamage returns the offset of the first chunk that valid gives no size for, if
// a place behind it proves that it was whole once, or one flipped bit explains it.
// Otherwise, a power cut may have torn it, and the result is -1.
func findDamage(r io.Reader, valid func(b []byte) int, proves func(b []byte, invalid int64) bool, header int) (int64, error) {
	block := make([]byte, logBlock)
	invalid := int64(-1)
	flipped := false
	for base := int64(0); ; base += logBlock {
		n, err := io.ReadFull(r, block)
		if n == 0 || err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			if flipped {
				return invalid, err
			}
			return -1, err
		}
		at := 0
		for invalid < 0 && n-at >= header {
			size := valid(block[at:n])
			if size == 0 {
				invalid, flipped = base+int64(at), oneBitOff(block[at:n], valid, header)
				at++
				break
			}
			at += size
		}
		for ; invalid >= 0 && n-at >= header; at++ {
			if proves(block[at:n], invalid) {
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
	if size = chunkSize(b, logHeader); size == 0 {
		return 0, 0
	}
	return size, int64(binary.LittleEndian.Uint64(b[logSyncedFrom:]))
}

// chunkSize returns the length of a chunk whose checksum is right, else 0.
func chunkSize(b []byte, header int) int {
	size := header + int(binary.LittleEndian.Uint16(b[4:]))
	if size > len(b) || checksum(b[6:size]) != binary.LittleEndian.Uint32(b) {
		return 0
	}
	return size
}

// checksum is that of a chunk from its kind on.
func checksum(b []byte) uint32 {
	sum := crc32.Checksum(b, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// oneBitMax is the size of chunks up to which a flipped bit is looked for: the
// larger one is, the likelier a torn one looks like it (here one in 100,000).
const oneBitMax = 4 << 10

// oneBitOff reports whether b begins with a chunk that is valid but for one bit.
func oneBitOff(b []byte, valid func(b []byte) int, header int) bool {
	try := func(bit int) bool {
		b[bit/8] ^= 1 << (bit % 8)
		ok := valid(b) > 0
		b[bit/8] ^= 1 << (bit % 8)
		return ok
	}
	for bit := range 8 * header {
		if try(bit) {
			return true
		}
	}
	size := header + int(binary.LittleEndian.Uint16(b[4:]))
	if size > min(len(b), oneBitMax) {
		return false
	}
	// The difference of the checksums tells which bit of the rest it is: what a
	// flipped bit does to a CRC depends on its distance from the end alone.
	stored := binary.LittleEndian.Uint32(b) - 0xa282ead8
	difference := (stored>>17 | stored<<15) ^ crc32.Checksum(b[6:size], castagnoli)
	var effects [8]uint32
	for bit := range effects {
		effects[bit] = castagnoli[1<<bit]
	}
	for i := size - 1; i >= header; i-- {
		for bit, effect := range effects {
			if effect == difference {
				return try(8*i + bit)
			}
			effects[bit] = castagnoli[byte(effect)] ^ effect>>8
		}
	}
	return false
}
