package txn

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/driftdb/driftdb/internal/store"
)

// Commit makes the transaction's net effect the next commit: durable, then
// published, then its locks released. It returns 0 and no time for a transaction
// that changed nothing. After an error nothing of it exists and the transaction
// has ended too.
func (tx *Tx) Commit(ctx context.Context) (store.Seq, store.Time, error) {
	if tx.done {
		return 0, 0, nil
	}
	if err := tx.RunChecks(ctx, func(uint32) bool { return true }); err != nil {
		tx.end(false)
		return 0, 0, err
	}
	seq, at, err := tx.publish(ctx)
	if err != nil {
		tx.end(false)
		return 0, 0, wrapStore(err)
	}
	if seq != 0 {
		for _, f := range tx.onPublish {
			f(seq, at)
		}
	}
	tx.end(true)
	return seq, at, nil
}

func (tx *Tx) publish(ctx context.Context) (store.Seq, store.Time, error) {
	if !tx.Wrote() {
		return 0, 0, nil
	}
	b := tx.m.db.NewBatch()
	n := netEffect{tx: tx, b: b}
	if err := n.build(); err != nil {
		b.Close()
		return 0, 0, err
	}
	if b.Empty() {
		b.Close()
		return 0, 0, nil
	}
	id, err := tx.ID()
	if err != nil {
		b.Close()
		return 0, 0, err
	}
	meta := tx.opts.Meta
	meta.TxID = id
	b.SetMeta(meta)
	b.SetAsync(tx.opts.Async)
	seq, at, err := tx.m.db.Commit(ctx, b)
	if err == nil {
		for _, m := range n.moved {
			tx.m.moves.add(m.id, m.from, m.to, seq)
		}
	}
	return seq, at, err
}

// netEffect turns the buffer into a batch, key by key (I2).
type netEffect struct {
	tx       *Tx
	b        *store.Batch
	view     *store.View // newest, for images that nobody looked at before
	consumed map[string]bool
	moved    []movedRow
	cols     []byte
	rebuilt  rebuiltRows
}

// rebuiltRows hashes the rows of a storage that DDL filled, for the one entry
// that stands for them: key and tuple of each in key order, lengths in front.
type rebuiltRows struct {
	id    store.StorageID
	table uint32
	sum   hash.Hash // nil: no storage at hand
}

type movedRow struct {
	id       store.StorageID
	from, to string
}

func (n *netEffect) build() error {
	defer func() {
		if n.view != nil {
			n.view.Release()
		}
	}()
	n.findMoves()
	for _, f := range n.tx.frozen {
		if f.Op != 0 {
			n.b.Change(f.Table, f.ID, f.Op, nil, nil, nil, nil)
		}
		n.b.Freeze(f.ID)
	}
	for id, s := range n.tx.spaces {
		if s.Rebuilt && s.Table != 0 && !n.has(id) {
			n.startRebuilt(id, s.Table) // an empty one
			n.endRebuilt()
		}
	}
	var err error
	n.tx.live.Scan(func(k string, e entry) bool {
		id, key := splitBufferKey(k)
		if id != n.rebuilt.id {
			n.endRebuilt()
		}
		if err = n.add(id, key, k, &e); err == nil {
			err = n.b.Err()
		}
		return err == nil
	})
	n.endRebuilt()
	return err
}

// has reports whether the transaction leaves anything in a storage.
func (n *netEffect) has(id store.StorageID) bool {
	found := false
	n.tx.live.Ascend(string(appendBufferKey(nil, id, nil)), func(k string, _ entry) bool {
		at, _ := splitBufferKey(k)
		found = at == id
		return false
	})
	return found
}

func (n *netEffect) startRebuilt(id store.StorageID, table uint32) {
	n.rebuilt = rebuiltRows{id: id, table: table, sum: sha256.New()}
}

func (r *rebuiltRows) add(key, tuple []byte) {
	var scratch [binary.MaxVarintLen64]byte
	for _, b := range [][]byte{key, tuple} {
		r.sum.Write(binary.AppendUvarint(scratch[:0], uint64(len(b))))
		r.sum.Write(b)
	}
}

func (n *netEffect) endRebuilt() {
	if r := &n.rebuilt; r.sum != nil {
		n.b.Change(r.table, r.id, store.OpRewrite, nil, nil, nil, r.sum.Sum(nil))
		*r = rebuiltRows{}
	}
}

// findMoves notes which committed rows live on under another key.
func (n *netEffect) findMoves() {
	n.tx.live.Scan(func(k string, e entry) bool {
		if from := e.from(); from != "" && !e.deleted() {
			if n.consumed == nil {
				n.consumed = make(map[string]bool)
			}
			id, key := splitBufferKey(k)
			n.consumed[string(appendBufferKey(nil, id, bytesOf(from)))] = true
			if from != key {
				n.moved = append(n.moved, movedRow{id, from, key})
			}
		}
		return true
	})
}

var noSpace Space

// add writes one key's effect and its entry in the change list.
func (n *netEffect) add(id store.StorageID, key, bufferKey string, e *entry) error {
	space := n.tx.spaces[id]
	if space == nil {
		space = &noSpace
	}
	base, err := n.base(id, key, e)
	if err != nil {
		return err
	}
	exists := base.state == baseKnown
	k, tuple := bytesOf(key), bytesOf(e.tuple)
	if e.deleted() {
		switch {
		case !exists:
			if e.flags&entryTouched != 0 && space.Table != 0 {
				n.b.Change(space.Table, id, store.OpDelete, k, nil, nil, nil)
			}
		case space.NoHistory:
			n.b.Discard(id, k)
		default:
			n.b.Delete(id, k, base.start, bytesOf(base.tuple))
			if space.Table != 0 && !n.consumed[bufferKey] {
				n.b.Change(space.Table, id, store.OpDelete, k, nil, nil, nil)
			}
		}
		return nil
	}
	moved := e.from() != "" && e.from() != key
	if exists && !moved && !n.tookOver(e, bufferKey) {
		cols, equal := space.diff(bytesOf(base.tuple), tuple)
		if equal {
			return nil
		}
		n.cols = cols
	}
	switch {
	case space.NoHistory:
		n.b.Overwrite(id, k, tuple)
		return nil
	case exists:
		n.b.Replace(id, k, base.start, bytesOf(base.tuple), tuple)
	default:
		n.b.Put(id, k, tuple)
	}
	if space.Table != 0 {
		n.change(space, id, key, bufferKey, e, exists, moved)
	}
	return nil
}

// tookOver reports whether a new row stands where another one was moved away
// from.
func (n *netEffect) tookOver(e *entry, bufferKey string) bool {
	return e.from() == "" && n.consumed[bufferKey]
}

// change adds the entry of a row that exists at the end.
func (n *netEffect) change(space *Space, id store.StorageID, key, bufferKey string, e *entry, exists, moved bool) {
	k, tuple := bytesOf(key), bytesOf(e.tuple)
	switch {
	case moved:
		var cols []byte
		if old, ok := lookup(&n.tx.live, id, bytesOf(e.from())); ok {
			if b, err := n.base(id, e.from(), &old); err == nil && b.state == baseKnown {
				cols, _ = space.diff(bytesOf(b.tuple), tuple)
			}
		}
		n.b.Change(space.Table, id, store.OpUpdate, bytesOf(e.from()), k, cols, tuple)
	case e.flags&entryTouched != 0:
		n.b.Change(space.Table, id, store.OpUpdate, k, nil, nil, tuple)
	case e.flags&entryRebuilt != 0:
		if n.rebuilt.sum == nil {
			n.startRebuilt(id, space.Table)
		}
		n.rebuilt.add(k, tuple)
	case exists && !n.tookOver(e, bufferKey):
		n.b.Change(space.Table, id, store.OpUpdate, k, nil, n.cols, tuple)
	default:
		n.b.Change(space.Table, id, store.OpInsert, k, nil, nil, tuple)
	}
}

// base returns what is committed under a key, looking where nobody has.
func (n *netEffect) base(id store.StorageID, key string, e *entry) (Base, error) {
	base := e.base()
	if base.state != baseUnknown {
		return base, nil
	}
	if n.view == nil {
		n.view = n.tx.m.db.View()
	}
	v, found, err := n.view.Get(id, bytesOf(key))
	if err != nil || !found {
		return Base{}, err
	}
	return Base{state: baseKnown, start: v.Start, tuple: view(v.Tuple)}, nil
}

func (s *Space) diff(old, new []byte) (cols []byte, equal bool) {
	if string(old) == string(new) {
		return nil, true
	}
	if s.Diff == nil {
		return nil, false
	}
	return s.Diff(old, new)
}
