package txn

import (
	"context"

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
	if tx.ssi != nil {
		if err := tx.ssi.Prepare(); err != nil {
			tx.end(false)
			return 0, 0, err
		}
	}
	seq, at, err := tx.publish(ctx)
	if err != nil {
		tx.end(false)
		return 0, 0, wrapStore(err)
	}
	if tx.ssi != nil {
		tx.ssi.Commit(seq)
	}
	for _, f := range tx.onPublish {
		f(seq, at)
	}
	tx.end(true)
	return seq, at, nil
}

func (tx *Tx) publish(ctx context.Context) (store.Seq, store.Time, error) {
	if !tx.Wrote() {
		return 0, 0, nil
	}
	b, err := tx.newBatch()
	if err != nil {
		return 0, 0, err
	}
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
	// A statement older than the commit must know before it can meet them.
	for id := range tx.made {
		tx.m.born.Store(id, store.MaxSeq)
	}
	seq, at, err := tx.m.db.Commit(ctx, b)
	if err == nil {
		for id := range tx.made {
			tx.m.born.Store(id, seq)
		}
		for _, m := range n.moved {
			tx.m.moves.add(m.id, m.from, m.to, seq)
		}
	}
	return seq, at, err
}

// newBatch returns a batch for the buffer: one of any size if it is not in memory.
func (tx *Tx) newBatch() (*store.Batch, error) {
	if len(tx.live.runs) == 0 {
		return tx.m.db.NewBatch(), nil
	}
	if err := tx.spill(); err != nil { // the memory is of better use in what follows
		return nil, err
	}
	return tx.m.db.NewLoad()
}

// netEffect turns the buffer into a batch, key by key (I2).
type netEffect struct {
	tx       *Tx
	b        *store.Batch
	view     *store.View       // newest, for images that nobody looked at before
	origin   map[string]string // by buffer key: the committed key of a row whose key was changed
	consumed map[string]bool   // buffer keys that are the origin of a row
	moved    []movedRow
	cols     []byte
	rebuilt  store.StorageID // the storage at hand, if DDL filled it; else 0
	touched  bool            // rows of it were changed besides
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
	if err := n.findMoves(); err != nil {
		return err
	}
	for _, f := range n.tx.frozen {
		if f.Op == store.OpTruncate {
			n.b.Change(f.Table, f.ID, f.Op, nil, nil, nil, nil)
		}
		n.b.Freeze(f.ID)
	}
	var err error
	scanErr := n.tx.live.scan(func(k string, e *entry) bool {
		id, key := splitBufferKey(k)
		if id != n.rebuilt {
			if err = n.endRebuilt(); err != nil {
				return false
			}
			if s := n.tx.spaces[id]; e.flags&(entryRebuilt|entryTouched) != 0 && s != nil && s.Table != 0 {
				n.rebuilt = id
				n.b.Rewriting(id)
			}
		}
		if err = n.add(id, key, k, e); err == nil {
			err = n.b.Err()
		}
		return err == nil
	})
	if err == nil {
		err = scanErr
	}
	if err != nil {
		return err
	}
	return n.endRebuilt()
}

// endRebuilt writes what the change list says of a storage that DDL filled: one
// entry for all rows, then one for each that was changed besides. The version
// that such a row had before lies in the storage before.
func (n *netEffect) endRebuilt() error {
	if n.rebuilt == 0 {
		return nil
	}
	id, table, touched := n.rebuilt, n.tx.spaces[n.rebuilt].Table, n.touched
	n.rebuilt, n.touched = 0, false
	n.b.Rewrite(table, id)
	if !touched {
		return nil
	}
	lower, upper := string(appendBufferKey(nil, id, nil)), string(appendBufferKey(nil, id+1, nil))
	return n.tx.live.ascend(lower, upper, func(k string, e *entry) bool {
		if e.flags&entryTouched == 0 {
			return true
		}
		_, key := splitBufferKey(k)
		op := store.OpUpdate
		if e.deleted() {
			op = store.OpDelete
		}
		n.b.Change(table, id, op, bytesOf(key), nil, nil, bytesOf(e.tuple))
		return true
	})
}

// findMoves notes which committed rows live on under another key.
func (n *netEffect) findMoves() error {
	if n.tx.live.share().moves == 0 {
		return nil
	}
	err := n.tx.live.scan(func(k string, e *entry) bool {
		if from := e.from(); from != "" && !e.deleted() {
			if n.origin == nil {
				n.origin = make(map[string]string)
			}
			n.origin[k] = from
			if id, key := splitBufferKey(k); from != key {
				n.moved = append(n.moved, movedRow{id, from, key})
			}
		}
		return true
	})
	if n.origin == nil || err != nil {
		return err
	}
	if len(n.moved) > 0 {
		if err := n.settle(); err != nil {
			return err
		}
	}
	n.consumed = make(map[string]bool, len(n.origin))
	for k, from := range n.origin {
		id, _ := splitBufferKey(k)
		n.consumed[string(appendBufferKey(nil, id, bytesOf(from)))] = true
	}
	return nil
}

// settle finds rows that came under a key and equal the one committed there. That
// version goes on (I2): the row is taken for the one that was there, and the row
// that went from there for the one that came.
func (n *netEffect) settle() error {
	went := make(map[string]string, len(n.origin)) // key left -> key of the row now
	for k, from := range n.origin {
		id, _ := splitBufferKey(k)
		went[string(appendBufferKey(nil, id, bytesOf(from)))] = k
	}
	var err error
	scanErr := n.tx.live.scan(func(k string, e *entry) bool {
		id, key := splitBufferKey(k)
		from := n.origin[k]
		other, left := went[k]
		if e.deleted() || from == key || from == "" && !left {
			return true
		}
		var base Base
		if base, err = n.base(id, key, e); err != nil || base.state != baseKnown {
			return err == nil
		}
		if _, equal := n.space(id).diff(bytesOf(base.tuple), bytesOf(e.tuple)); !equal {
			return true
		}
		n.origin[k], went[k] = key, k
		if from != "" {
			delete(went, string(appendBufferKey(nil, id, bytesOf(from))))
		}
		if left {
			delete(n.origin, other)
			if from != "" {
				n.origin[other] = from
				went[string(appendBufferKey(nil, id, bytesOf(from)))] = other
			}
		}
		return true
	})
	if err == nil {
		err = scanErr
	}
	return err
}

func (n *netEffect) space(id store.StorageID) *Space {
	if s := n.tx.spaces[id]; s != nil {
		return s
	}
	return &noSpace
}

var noSpace Space

// add writes one key's effect and its entry in the change list.
func (n *netEffect) add(id store.StorageID, key, bufferKey string, e *entry) error {
	space := n.space(id)
	base, err := n.base(id, key, e)
	if err != nil {
		return err
	}
	exists := base.state == baseKnown
	k, tuple := bytesOf(key), bytesOf(e.tuple)
	if e.deleted() {
		switch {
		case !exists:
			if e.flags&entryTouched != 0 && n.rebuilt == id {
				n.touched = true
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
	from := n.origin[bufferKey]
	moved := from != "" && from != key
	if exists && !moved && !n.tookOver(bufferKey) {
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
		if exists && moved && !n.consumed[bufferKey] {
			n.b.Change(space.Table, id, store.OpDelete, k, nil, nil, nil) // the row that was here
		}
		return n.change(space, id, key, bufferKey, e, exists)
	}
	return nil
}

// tookOver reports whether a new row stands where another one was moved away
// from.
func (n *netEffect) tookOver(bufferKey string) bool {
	return n.origin[bufferKey] == "" && n.consumed[bufferKey]
}

// change adds the entry of a row that exists at the end.
func (n *netEffect) change(space *Space, id store.StorageID, key, bufferKey string, e *entry, exists bool) error {
	k, tuple := bytesOf(key), bytesOf(e.tuple)
	from := n.origin[bufferKey]
	switch {
	case from != "" && from != key:
		var cols []byte
		old, ok, err := lookup(&n.tx.live, id, bytesOf(from))
		if err != nil {
			return err
		}
		if ok {
			b, err := n.base(id, from, &old)
			if err != nil {
				return err
			}
			if b.state == baseKnown {
				cols, _ = space.diff(bytesOf(b.tuple), tuple)
			}
		}
		n.b.Change(space.Table, id, store.OpUpdate, bytesOf(from), k, cols, tuple)
	case e.flags&entryTouched != 0:
		n.touched = true
	case e.flags&entryRebuilt != 0:
	case exists && !n.tookOver(bufferKey):
		n.b.Change(space.Table, id, store.OpUpdate, k, nil, n.cols, tuple)
	default:
		n.b.Change(space.Table, id, store.OpInsert, k, nil, nil, tuple)
	}
	return nil
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
