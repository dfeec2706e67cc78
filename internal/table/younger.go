package table

import (
	"bytes"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/txn"
)

// madeEntry is an index entry that is not stored.
type madeEntry struct{ key, row []byte }

// compute returns the entries of a span as they would be if the index had
// existed at the statement's moment. A REPEATABLE READ transaction meets this
// when an index was built after its snapshot: the names it uses are of now, its
// rows are not.
func (x *Index) compute(st *txn.Statement, span Span, reverse bool) ([]madeEntry, error) {
	var list []madeEntry
	var e entry
	values := make([]datum.Datum, len(x.t.Desc.Columns))
	it := st.Scan(x.t.shape.id, nil, nil, false)
	for it.Next() {
		err := x.t.decode(it.Image().Tuple, values, nil)
		ok := false
		if err == nil {
			ok, err = x.build(&e, values, it.Key())
		}
		if err != nil {
			_ = it.Close()
			return nil, err
		}
		if ok && (span.Lower == nil || bytes.Compare(e.key, span.Lower) >= 0) && (span.Upper == nil || bytes.Compare(e.key, span.Upper) < 0) {
			list = append(list, madeEntry{bytes.Clone(e.key), bytes.Clone(it.Key())})
		}
	}
	if err := it.Close(); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b madeEntry) int {
		if reverse {
			a, b = b, a
		}
		return bytes.Compare(a.key, b.key)
	})
	return list, nil
}
