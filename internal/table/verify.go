package table

import (
	"context"
	"fmt"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/store"
)

// Problem is a tuple that does not decode, or a disagreement between a row and
// an index, found by Verify.
type Problem struct {
	Table string
	Index string // "" for a row by itself
	Key   []byte // of the row or the entry
	Text  string
}

func (p Problem) String() string {
	if p.Index == "" {
		return fmt.Sprintf("table %q, row %x: %s", p.Table, p.Key, p.Text)
	}
	return fmt.Sprintf("index %q of table %q, entry %x: %s", p.Index, p.Table, p.Key, p.Text)
}

// Verify checks every version of the rows in the table's current storage, and of
// the entries of each index, past ones included: every tuple decodes, every
// version of a row has exactly its entries for the whole of its period, and no
// entry lives longer than its row says (I1). An index is checked from its first
// entry on, because it does not cover what was before it was built. Verify stops
// when report returns false; its error is about reading, not about problems.
func (t *Table) Verify(ctx context.Context, r store.Reader, report func(Problem) bool) error {
	v := verifier{ctx: ctx, t: t, r: r, report: report, from: make(map[*Index]store.Seq)}
	for _, x := range t.Indexes {
		if !x.Clustering() {
			if err := v.entries(x); err != nil {
				return err
			}
		}
	}
	return v.rows()
}

type verifier struct {
	ctx     context.Context
	t       *Table
	r       store.Reader
	report  func(Problem) bool
	stopped bool
	from    map[*Index]store.Seq // start of an index's first entry
	e       entry
	values  []datum.Datum
}

func (v *verifier) found(x *Index, key []byte, format string, args ...any) {
	p := Problem{Table: v.t.Desc.Name, Key: append([]byte(nil), key...), Text: fmt.Sprintf(format, args...)}
	if x != nil {
		p.Index = x.Desc.Name
	}
	v.stopped = v.stopped || !v.report(p)
}

// each walks all versions of a storage.
func (v *verifier) each(id store.StorageID, yield func(*store.Iter) error) error {
	it := v.r.History(id, nil, nil, 0, store.MaxSeq)
	for !v.stopped && it.Next() {
		err := v.ctx.Err()
		if err == nil {
			err = yield(it)
		}
		if err != nil {
			_ = it.Close()
			return err
		}
	}
	return it.Close()
}

// rows checks that each version of a row decodes and has its entries.
func (v *verifier) rows() error {
	v.values = make([]datum.Datum, len(v.t.Desc.Columns))
	return v.each(v.t.shape.id, func(it *store.Iter) error {
		if err := v.t.decode(it.Tuple(), v.values, nil); err != nil {
			v.found(nil, it.Key(), "%v", err)
			return nil
		}
		if v.t.Clustered() && string(v.t.KeyOf(nil, v.values)) != string(it.Key()) {
			v.found(nil, it.Key(), "the key is not the one of the row's values")
		}
		for _, x := range v.t.Indexes {
			from, built := v.from[x]
			if from = max(from, it.Start()); !built || from >= it.End() {
				continue
			}
			if err := v.entryOf(x, it.Key(), from, it.End()); err != nil {
				return err
			}
		}
		return nil
	})
}

// entryOf checks that the row in v.values has its entry from one seq to another.
func (v *verifier) entryOf(x *Index, rowKey []byte, from, to store.Seq) error {
	ok, err := x.build(&v.e, v.values, rowKey)
	if err != nil || !ok {
		return err
	}
	it := v.r.History(x.storage, v.e.key, append(v.e.key[:len(v.e.key):len(v.e.key)], 0), from, to)
	at := from
	for it.Next() {
		if it.Start() > at {
			break
		}
		if string(it.Tuple()) != string(v.e.tuple) {
			v.found(x, v.e.key, "in [%d, %d) its contents are not those of row %x", it.Start(), it.End(), rowKey)
		}
		at = it.End()
	}
	if at < to {
		v.found(x, v.e.key, "missing from %d on, though row %x exists until %d", at, rowKey, to)
	}
	return it.Close()
}

// entries checks that each version of an entry has a row that makes this very
// entry for the whole of its period.
func (v *verifier) entries(x *Index) error {
	values := make([]datum.Datum, len(v.t.Desc.Columns))
	return v.each(x.storage, func(it *store.Iter) error {
		if from, ok := v.from[x]; !ok || it.Start() < from {
			v.from[x] = it.Start()
		}
		rowKey, err := x.rowKey(it.Key(), it.Tuple())
		if err != nil {
			v.found(x, it.Key(), "%v", err)
			return nil
		}
		at := it.Start()
		rows := v.r.History(v.t.shape.id, rowKey, append(rowKey[:len(rowKey):len(rowKey)], 0), it.Start(), it.End())
		for rows.Next() && rows.Start() <= at {
			at = rows.End()
			if v.t.decode(rows.Tuple(), values, nil) != nil {
				continue // reported with the row
			}
			ok, err := x.build(&v.e, values, rowKey)
			if err != nil {
				_ = rows.Close()
				return err
			}
			if !ok || string(v.e.key) != string(it.Key()) || string(v.e.tuple) != string(it.Tuple()) {
				v.found(x, it.Key(), "row %x has other values in [%d, %d)", rowKey, rows.Start(), rows.End())
			}
		}
		if at < it.End() {
			v.found(x, it.Key(), "row %x does not exist from %d on, the entry does until %d", rowKey, at, it.End())
		}
		return rows.Close()
	})
}

// VerifyAll verifies every table of a Set that keeps its data in r's store.
func VerifyAll(ctx context.Context, set *Set, r store.Reader, report func(Problem) bool) error {
	for _, oid := range set.tableOIDs() {
		t, err := set.Table(oid)
		if err != nil {
			return err
		}
		if err := t.Verify(ctx, r, report); err != nil {
			return fmt.Errorf("table %q: %w", t.Desc.Name, err)
		}
	}
	return nil
}

// Values decodes the tuple of a row of the table's present storage, outside a
// transaction. values has a place for every attnum; what it gets is valid while the
// tuple is. Damage is an error.
func (t *Table) Values(tuple []byte, values []datum.Datum) error {
	return t.decode(tuple, values, nil)
}
