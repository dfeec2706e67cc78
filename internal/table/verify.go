package table

import (
	"context"
	"fmt"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/store"
)

// Problem is a disagreement between a row and an index, or a tuple that does not
// decode, found by Verify.
type Problem struct {
	Table string
	Index string // "" for a row by itself
	Key   []byte
	Text  string
}

func (p Problem) String() string {
	if p.Index == "" {
		return fmt.Sprintf("table %q, row %x: %s", p.Table, p.Key, p.Text)
	}
	return fmt.Sprintf("index %q of table %q, entry %x: %s", p.Index, p.Table, p.Key, p.Text)
}

// Verify checks the rows of the current storage and the entries of each index at
// one moment: every tuple decodes, every row has exactly its entries, and no
// entry is without its row (I1). An index is checked only at moments it covers.
// It stops when report returns false.
func (t *Table) Verify(ctx context.Context, r store.Reader, report func(Problem) bool) error {
	v := verifier{t: t, r: r, report: report}
	if err := v.rows(ctx); err != nil || v.stopped {
		return err
	}
	for _, x := range t.Indexes {
		if x.Clustering() || x.Desc.FromSeq > uint64(r.Seq()) {
			continue
		}
		if err := v.entries(ctx, x); err != nil || v.stopped {
			return err
		}
	}
	return nil
}

type verifier struct {
	t       *Table
	r       store.Reader
	report  func(Problem) bool
	stopped bool
	e       entry
}

func (v *verifier) found(x *Index, key []byte, format string, args ...any) {
	p := Problem{Table: v.t.Desc.Name, Key: append([]byte(nil), key...), Text: fmt.Sprintf(format, args...)}
	if x != nil {
		p.Index = x.Desc.Name
	}
	v.stopped = !v.report(p)
}

// rows checks that each row decodes and has its entry in every index.
func (v *verifier) rows(ctx context.Context) error {
	values := make([]datum.Datum, len(v.t.Desc.Columns))
	it := v.r.Scan(v.t.shape.id, nil, nil, store.ScanOptions{})
	for !v.stopped && ctx.Err() == nil && it.Next() {
		if err := v.t.decode(it.Tuple(), values, nil); err != nil {
			v.found(nil, it.Key(), "%v", err)
			continue
		}
		if v.t.Clustered() && string(v.t.KeyOf(nil, values)) != string(it.Key()) {
			v.found(nil, it.Key(), "the key is not the one of the row's values")
		}
		for _, x := range v.t.Indexes {
			if x.Clustering() || x.Desc.FromSeq > uint64(v.r.Seq()) || v.stopped {
				continue
			}
			if err := v.entryOf(x, values, it.Key()); err != nil {
				_ = it.Close()
				return err
			}
		}
	}
	if err := it.Close(); err != nil {
		return err
	}
	return ctx.Err()
}

func (v *verifier) entryOf(x *Index, values []datum.Datum, rowKey []byte) error {
	ok, err := x.build(&v.e, values, rowKey)
	if err != nil || !ok {
		return err
	}
	got, found, err := v.r.Get(x.storage, v.e.key)
	switch {
	case err != nil:
		return err
	case !found:
		v.found(x, v.e.key, "missing, though row %x exists", rowKey)
	case string(got.Tuple) != string(v.e.tuple):
		v.found(x, v.e.key, "its contents are not those of row %x", rowKey)
	}
	return nil
}

// entries checks that each entry has a row that makes this very entry.
func (v *verifier) entries(ctx context.Context, x *Index) error {
	values := make([]datum.Datum, len(v.t.Desc.Columns))
	it := v.r.Scan(x.storage, nil, nil, store.ScanOptions{})
	for !v.stopped && ctx.Err() == nil && it.Next() {
		rowKey, err := x.rowKey(it.Key(), it.Tuple())
		if err != nil {
			v.found(x, it.Key(), "%v", err)
			continue
		}
		row, found, err := v.r.Get(v.t.shape.id, rowKey)
		if err != nil {
			_ = it.Close()
			return err
		}
		if !found {
			v.found(x, it.Key(), "row %x does not exist", rowKey)
			continue
		}
		if err := v.t.decode(row.Tuple, values, nil); err != nil {
			continue // reported with the row
		}
		ok, err := x.build(&v.e, values, rowKey)
		if err != nil {
			_ = it.Close()
			return err
		}
		if !ok || string(v.e.key) != string(it.Key()) {
			v.found(x, it.Key(), "row %x has other values", rowKey)
		}
	}
	if err := it.Close(); err != nil {
		return err
	}
	return ctx.Err()
}
