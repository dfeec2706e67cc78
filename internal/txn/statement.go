package txn

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn/ssi"
)

// Statement is what one statement of a transaction sees: the committed state of
// one moment and the transaction's own writes up to the statement's start (I1).
// Close it once, after the iterators made from it.
type Statement struct {
	tx     *Tx
	ctx    context.Context
	view   *store.View
	reader store.Reader
	buf    *buffer   // nil: no own writes
	track  *ssi.Xact // nil: reads are nobody's business

	mu    sync.Mutex    // protects later
	later []*store.View // of moments after the statement's own, see At
}

// Image is one version of a row or entry. Own means that the transaction wrote
// it: it then has no start yet. The tuple is not to be changed; it stays valid
// for ever when it comes from Get, until the iterator's next step otherwise.
type Image struct {
	Tuple []byte
	Start store.Seq
	End   store.Seq
	Own   bool
}

// Statement starts a statement. READ COMMITTED reads the newest commit, REPEATABLE
// READ the one its first statement read, a transaction with AsOf that moment.
// Waits for locks end when ctx does.
func (tx *Tx) Statement(ctx context.Context) (*Statement, error) {
	s := &Statement{tx: tx, ctx: ctx}
	switch {
	case tx.opts.AsOf != nil:
		s.view = tx.heldView()
		s.reader = s.view.At(tx.seq)
	case tx.opts.Isolation == ReadCommitted:
		s.view = tx.m.db.View()
		s.reader = s.view.Reader
	default:
		if err := tx.beginTracking(ctx); err != nil {
			return nil, err
		}
		s.track = tx.ssi
		s.view = tx.heldView()
		if !tx.fixed {
			tx.seq, tx.fixed = s.view.Seq(), true
		}
		s.reader = s.view.Snapshot(tx.seq)
	}
	if tx.live.Len() > 0 {
		s.buf = tx.snapshot()
	}
	return s, nil
}

// heldView returns the transaction's View with a reference for the caller. A
// View pins memory, so one that is old is exchanged for a newer one.
func (tx *Tx) heldView() *store.View {
	if tx.view != nil && time.Since(tx.viewTime) > tx.m.settings.SnapshotHold {
		tx.view.Release()
		tx.view = nil
	}
	if tx.view == nil {
		tx.view, tx.viewTime = tx.m.db.View(), time.Now()
	}
	return tx.view.Ref()
}

// snapshot returns the write buffer as it is now, for reading only.
func (tx *Tx) snapshot() *buffer {
	if tx.snap == nil {
		tx.snap = tx.live.Copy()
	}
	return tx.snap
}

// Latest returns a Statement that sees the newest commit and everything the
// transaction wrote so far, whatever its isolation level: what constraints are
// checked against. Close it as any other.
func (tx *Tx) Latest(ctx context.Context) *Statement {
	s := &Statement{tx: tx, ctx: ctx, view: tx.m.db.View()}
	s.reader = s.view.Reader
	if tx.live.Len() > 0 {
		s.buf = tx.snapshot()
	}
	return s
}

// Close ends the statement. It may be called again.
func (s *Statement) Close() {
	if s.view != nil {
		s.view.Release()
		s.view = nil
	}
	for _, v := range s.later {
		v.Release()
	}
	s.later = nil
}

// Tx returns the statement's transaction.
func (s *Statement) Tx() *Tx { return s.tx }

// Context returns the context the statement was started with.
func (s *Statement) Context() context.Context { return s.ctx }

// Seq returns the last commit the statement sees.
func (s *Statement) Seq() store.Seq { return s.reader.Seq() }

// Reader returns the committed state the statement sees, without the
// transaction's own writes.
func (s *Statement) Reader() store.Reader { return s.reader }

// At returns a Statement that reads the database as it was at seq: committed
// rows only. It is valid until s is closed and must not be closed itself. A
// moment answers the same to everybody, so one after the statement's own (a
// REPEATABLE READ transaction's may be old) is read through a View that holds it.
// Several goroutines may call At.
func (s *Statement) At(seq store.Seq) *Statement {
	r := s.reader
	if seq > r.Seq() {
		r = s.holding(seq).Reader
	}
	return &Statement{tx: s.tx, ctx: s.ctx, reader: r.At(seq)}
}

// holding returns a View of a published commit that lives as long as s.
func (s *Statement) holding(seq store.Seq) *store.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.later {
		if v.Seq() >= seq {
			return v
		}
	}
	v := s.tx.m.db.View()
	s.later = append(s.later, v)
	return v
}

// Covers reports whether a storage existed at the statement's moment. An index
// made later holds nothing of what the statement sees. What was made before the
// process started is covered: no statement is older, and one with AsOf uses the
// catalog of its moment.
func (s *Statement) Covers(id store.StorageID) bool {
	born, ok := s.tx.m.born.Load(id)
	return !ok || born.(store.Seq) <= s.reader.Seq() || s.tx.Fresh(id)
}

// Get returns the image of a key that the statement sees.
func (s *Statement) Get(id store.StorageID, key []byte) (Image, bool, error) {
	return s.GetInto(nil, id, key)
}

// GetInto is Get with a committed tuple appended to dst, which saves an
// allocation; the image then lives as long as dst.
func (s *Statement) GetInto(dst []byte, id store.StorageID, key []byte) (Image, bool, error) {
	if e, ok, err := lookup(s.buf, id, key); ok || err != nil {
		if err != nil || e.deleted() {
			return Image{}, false, err
		}
		return ownImage(&e), true, nil
	}
	if s.tx.Fresh(id) {
		return Image{}, false, nil
	}
	if s.track != nil {
		if err := s.track.Read(id, key); err != nil {
			return Image{}, false, err
		}
	}
	v, ok, err := s.reader.GetInto(dst, id, key)
	if err != nil || !ok {
		return Image{}, false, wrapStore(err)
	}
	return Image{Tuple: v.Tuple, Start: v.Start, End: v.End}, true, nil
}

func ownImage(e *entry) Image {
	return Image{Tuple: bytesOf(e.tuple), End: store.MaxSeq, Own: true}
}

// Iter walks images in key order. It starts before the first. Key and Image are
// valid until the next step. An Iter belongs to one goroutine; Close it once,
// before its Statement.
type Iter struct {
	base *store.Iter // nil for a storage with nothing committed
	own  *ownIter    // nil when there are no own writes in the span

	reverse bool
	baseOK  bool // base stands on an entry not yet returned
	key     []byte
	img     Image
	err     error // why there is no base
}

// Scan walks the images with lower <= key < upper that the statement sees; nil
// bounds are open.
func (s *Statement) Scan(id store.StorageID, lower, upper []byte, reverse bool) *Iter {
	if err := s.trackRange(id, lower, upper); err != nil {
		return &Iter{err: err}
	}
	it := &Iter{reverse: reverse, own: newOwnIter(s.buf, id, lower, upper, reverse)}
	if !s.tx.Fresh(id) {
		it.base = s.reader.Scan(id, lower, upper, store.ScanOptions{Reverse: reverse})
	}
	return it
}

// History walks every committed version with lower <= key < upper whose period
// meets [from, to), by key, then by start. The transaction's own writes are no
// versions yet.
func (s *Statement) History(id store.StorageID, lower, upper []byte, from, to store.Seq) *Iter {
	if err := s.trackRange(id, lower, upper); err != nil {
		return &Iter{err: err}
	}
	return &Iter{base: s.reader.History(id, lower, upper, from, to)}
}

// Next moves to the next image; false at the end and on an error, which Close
// returns.
func (it *Iter) Next() bool {
	if it.own != nil {
		return it.nextMerged()
	}
	if it.base == nil || !it.base.Next() {
		return false
	}
	it.takeBase()
	return true
}

func (it *Iter) takeBase() {
	it.key = it.base.Key()
	it.img = Image{Tuple: it.base.Tuple(), Start: it.base.Start(), End: it.base.End()}
}

// nextMerged gives the lower of the two sides; on equal keys the own write hides
// the committed entry.
func (it *Iter) nextMerged() bool {
	for {
		if !it.baseOK {
			it.baseOK = it.base != nil && it.base.Next()
		}
		o := it.own
		if !o.ok {
			if it.err = o.err(); it.err != nil {
				return false
			}
			if !it.baseOK {
				return false
			}
			it.takeBase()
			it.baseOK = false
			return true
		}
		if it.baseOK {
			c := bytes.Compare(it.base.Key(), bytesOf(o.key))
			if it.reverse {
				c = -c
			}
			if c < 0 {
				it.takeBase()
				it.baseOK = false
				return true
			}
			if c == 0 {
				it.baseOK = false // hidden
			}
		}
		e, key := o.e, o.key
		o.advance()
		if !e.deleted() {
			it.key, it.img = bytesOf(key), ownImage(&e)
			return true
		}
	}
}

// Key returns the present key.
func (it *Iter) Key() []byte { return it.key }

// Image returns the present image.
func (it *Iter) Image() *Image { return &it.img }

// Close ends the walk and returns the error that stopped it, if one did.
func (it *Iter) Close() error {
	if it.base == nil {
		return it.err
	}
	err := wrapStore(it.base.Close())
	it.base = nil
	if it.err != nil {
		return it.err
	}
	return err
}

// Committed returns the iterator below when the span has no own writes, else
// nil. Stepping it instead of the Iter saves time in long loops; Close stays with
// the Iter. Its error is returned by Close.
func (it *Iter) Committed() *store.Iter {
	if it.own != nil {
		return nil
	}
	return it.base
}
