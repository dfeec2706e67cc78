package txn

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/driftdb/driftdb/internal/store"
)

// queueBytes is how much of a Queue stays in memory.
const queueBytes = 1 << 20

// Queue is a list of records that leaves memory when it grows: what a statement or a
// transaction has to check when it ends. It belongs to the transaction's goroutine
// and ends with the transaction.
//
// Its file has chunks of records: the length and the CRC-32C of the records, then
// each with its length, a varint, in front.
type Queue struct {
	tx    *Tx
	mem   []byte // records behind those in the file
	file  *store.Scratch
	size  int64 // of the file
	count int
}

// NewQueue returns an empty Queue.
func (tx *Tx) NewQueue() *Queue { return &Queue{tx: tx} }

// Len returns the number of records; a nil Queue has none.
func (q *Queue) Len() int {
	if q == nil {
		return 0
	}
	return q.count
}

// Add adds a record, which is copied. Errors: 53100.
func (q *Queue) Add(record []byte) error {
	q.mem = binary.AppendUvarint(q.mem, uint64(len(record)))
	q.mem = append(q.mem, record...)
	q.count++
	if len(q.mem) < queueBytes {
		return nil
	}
	return q.spill()
}

func (q *Queue) spill() error {
	if q.file == nil {
		f, err := q.tx.m.db.NewScratch(int64(len(q.mem)))
		if err != nil {
			return wrapStore(err)
		}
		q.file = f
		q.tx.OnEnd(func(bool) { q.Close() })
	}
	var head [8]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(q.mem)))
	binary.LittleEndian.PutUint32(head[4:], crc32.Checksum(q.mem, runCRC))
	for _, b := range [][]byte{head[:], q.mem} {
		n, err := q.file.Write(b)
		if q.size += int64(n); err != nil {
			return wrapStore(err)
		}
	}
	q.mem = q.mem[:0]
	return nil
}

// Each calls f for every record, oldest first, and stops at the first error. The
// record is valid during the call. f must not add to the Queue.
func (q *Queue) Each(f func(record []byte) error) error {
	if q.Len() == 0 {
		return nil
	}
	var chunk []byte
	for at := int64(0); at < q.size; {
		var head [8]byte
		if _, err := q.file.ReadAt(head[:], at); err != nil {
			return fmt.Errorf("read a transaction's temporary file: %w", err)
		}
		n := int(binary.LittleEndian.Uint32(head[:]))
		if cap(chunk) < n {
			chunk = make([]byte, n)
		}
		chunk = chunk[:n]
		if _, err := q.file.ReadAt(chunk, at+8); err != nil {
			return fmt.Errorf("read a transaction's temporary file: %w", err)
		}
		if crc32.Checksum(chunk, runCRC) != binary.LittleEndian.Uint32(head[4:]) {
			return wrapStore(fmt.Errorf("%w: a block of a transaction's temporary file", store.ErrCorrupt))
		}
		if err := eachRecord(chunk, f); err != nil {
			return err
		}
		at += int64(len(head) + n)
	}
	return eachRecord(q.mem, f)
}

func eachRecord(b []byte, f func(record []byte) error) error {
	for len(b) > 0 {
		n, w := binary.Uvarint(b)
		b = b[w:]
		if err := f(b[:n:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// Close frees the file; the Queue is empty then. It may be called twice.
func (q *Queue) Close() {
	if q == nil {
		return
	}
	if q.file != nil {
		_ = q.file.Close()
	}
	q.file, q.mem, q.size, q.count = nil, nil, 0, 0
}

// QueueBeforeCommit is BeforeCommit for checks that may be many: it adds a record to
// the queue of an owner, a comparable value, and registers run when the owner has
// none. run sees all records of the queue, also those added after a savepoint that
// was rolled back since: a check of one must then come to nothing.
func (tx *Tx) QueueBeforeCommit(tag uint32, owner any, record []byte, run func(context.Context, *Queue) error) error {
	for i := len(tx.preCommit) - 1; i >= 0; i-- {
		if c := &tx.preCommit[i]; c.queue != nil && c.tag == tag && c.owner == owner {
			return c.queue.Add(record)
		}
	}
	q := tx.NewQueue()
	tx.preCommit = append(tx.preCommit, check{tag: tag, owner: owner, queue: q, run: func(ctx context.Context) error { return run(ctx, q) }})
	return q.Add(record)
}
