package timetravel

import (
	"net"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

var changesColumns = []column{
	{"seq", types.Int8}, {"at", types.TimestampTZ}, {"ordinal", types.Int4}, {"op", types.Text}, {"key", types.JSONB},
	{"changed", types.TextArray}, {"old", types.JSONB}, {"new", types.JSONB},
}

var opNames = map[store.Op]string{
	store.OpInsert: "insert", store.OpUpdate: "update", store.OpDelete: "delete", store.OpTruncate: "truncate",
}

// changes is drift.changes(table, from, to): every row change with from < seq <=
// to, in order. It costs what the answer costs: the table's change list is read
// from one moment to the other, and each image by its key.
func changes(c *builtin.Context, args []datum.Datum, yield func([]datum.Datum) error) error {
	s, err := session(c)
	if err != nil {
		return err
	}
	from, err := bound(c, s, args[1])
	if err != nil {
		return err
	}
	to, err := bound(c, s, args[2])
	if err != nil {
		return err
	}
	st, err := s.Snapshot(c.Ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	oid := uint32(args[0].Int())
	tables, err := s.TablesNow()
	if err != nil {
		return err
	}
	t, err := tables.Table(oid)
	if err != nil {
		return err
	}
	if !t.HasHistory() {
		return pgerr.NotSupported("Create the table with system versioning.", "table %q keeps no history", t.Desc.Name)
	}
	log := s.DB().Changes(oid, from+1, min(to, st.Seq()))
	defer log.Close()
	r := &changeReader{c: c, s: s, st: st, oid: oid}
	for log.Next() {
		if err := c.Ctx.Err(); err != nil {
			return err
		}
		ch := log.Change()
		if opNames[ch.Op] == "" {
			continue // a rewrite copies rows and changes none
		}
		row, err := r.row(ch)
		if err != nil {
			return err
		}
		if err := yield(row); err != nil {
			return err
		}
	}
	return log.Err()
}

// changeReader reads the images before and after a change, each in the shape the
// table had then.
type changeReader struct {
	c   *builtin.Context
	s   Session
	st  *txn.Statement
	oid uint32
}

func (r *changeReader) row(ch *store.Change) ([]datum.Datum, error) {
	at, err := r.s.TimeOf(ch.Seq)
	if err != nil {
		return nil, err
	}
	row := make([]datum.Datum, len(changesColumns))
	row[0], row[1] = datum.NewInt(int64(ch.Seq)), datum.NewTimestampTZ(at)
	row[2], row[3] = datum.NewInt(int64(ch.Ordinal)), datum.NewText(opNames[ch.Op])
	var before, after *image
	if ch.Op == store.OpUpdate || ch.Op == store.OpDelete {
		if before, err = r.image(ch.Seq-1, ch.Key); err != nil {
			return nil, err
		}
	}
	if ch.Op == store.OpInsert || ch.Op == store.OpUpdate {
		key := ch.Key
		if ch.NewKey != nil {
			key = ch.NewKey
		}
		if after, err = r.image(ch.Seq, key); err != nil {
			return nil, err
		}
	}
	if ch.Op == store.OpUpdate {
		row[5] = changedOf(after, table.ChangedColumns(ch.Columns))
	}
	for i, img := range []*image{before, after} {
		if img == nil {
			continue
		}
		if row[6+i], err = rowJSON(r.c, img.columns, img.values); err != nil {
			return nil, err
		}
		if row[4].IsNull() {
			if row[4], err = img.key(r.c); err != nil {
				return nil, err
			}
		}
	}
	return row, nil
}

// image is a row with the columns of its moment.
type image struct {
	desc    *catalog.Table
	columns []*catalog.Column
	values  []datum.Datum
}

// image reads a row by its key as of a commit; nil when it is not there.
func (r *changeReader) image(seq store.Seq, key []byte) (*image, error) {
	tables, err := r.s.TablesAt(seq)
	if err != nil {
		return nil, err
	}
	t, err := tables.Table(r.oid)
	if err != nil {
		return nil, err
	}
	img := &image{desc: t.Desc, columns: t.Desc.Live()}
	attnums := make([]int16, len(img.columns))
	for i, c := range img.columns {
		attnums[i] = c.Attnum
	}
	p, err := t.Project(attnums)
	if err != nil {
		return nil, err
	}
	st := r.st.At(seq)
	defer st.Close()
	img.values = make([]datum.Datum, len(attnums))
	found, err := p.Get(st, key, img.values)
	if err != nil || !found {
		return nil, err
	}
	return img, nil
}

// key is the row's primary key as a JSON object; NULL without one.
func (img *image) key(c *builtin.Context) (datum.Datum, error) {
	if len(img.desc.PrimaryKey) == 0 {
		return datum.Datum{}, nil
	}
	var columns []*catalog.Column
	var values []datum.Datum
	for _, n := range img.desc.PrimaryKey {
		i := slices.IndexFunc(img.columns, func(col *catalog.Column) bool { return col.Attnum == n })
		columns = append(columns, img.columns[i])
		values = append(values, img.values[i])
	}
	return rowJSON(c, columns, values)
}

// changedOf names the changed columns as they were called then.
func changedOf(img *image, attnums []int16) datum.Datum {
	a := &datum.ArrayValue{Elem: uint32(types.Text)}
	if img != nil {
		for _, n := range attnums {
			if c := img.desc.ByAttnum(n); c != nil {
				a.Elems = append(a.Elems, datum.NewText(c.Name))
			}
		}
	}
	if len(a.Elems) > 0 {
		a.Dims = []datum.Dim{{Len: int32(len(a.Elems)), Lower: 1}}
	}
	return datum.NewArray(a)
}

// Host strips the port of a client's address.
func Host(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}
