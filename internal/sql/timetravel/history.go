package timetravel

import (
	"cmp"
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/jsontext"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

var historyColumns = []column{
	{"op", types.Text}, {"seq", types.Int8}, {"at", types.TimestampTZ}, {"end_seq", types.Int8}, {"end_at", types.TimestampTZ},
	{"username", types.Text}, {"application_name", types.Text}, {"client_addr", types.Text}, {"reason", types.Text},
	{"meta", types.JSONB}, {"changed", types.TextArray}, {"row", types.JSONB},
}

// version is one version of a row.
type version struct {
	start, end store.Seq // end is store.MaxSeq for the present one
	values     []datum.Datum
}

// history is drift.history(table, key...): a line for each version of the row,
// oldest first, and one for each deletion.
func history(c *builtin.Context, args []datum.Datum, yield func([]datum.Datum) error) error {
	if len(args) < 1 || args[0].IsNull() {
		return nil
	}
	s, err := session(c)
	if err != nil {
		return err
	}
	st, err := s.Snapshot(c.Ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	tables, err := s.TablesNow()
	if err != nil {
		return err
	}
	t, err := tables.Table(uint32(args[0].Int()))
	if err != nil {
		return err
	}
	key, err := keyValues(c, t, args[1:])
	if err != nil || key == nil {
		return err
	}
	h := &historian{c: c, s: s, t: t, columns: t.Desc.Live()}
	versions, err := h.read(st, key)
	if err != nil {
		return err
	}
	return h.lines(versions, yield)
}

// keyValues checks the key's arguments against the primary key and converts
// them; nil when one is NULL, which no row has.
func keyValues(c *builtin.Context, t *table.Table, args []datum.Datum) ([]datum.Datum, error) {
	pk := t.Desc.PrimaryKey
	if !t.HasHistory() {
		return nil, pgerr.NotSupported("Create the table with system versioning.", "table %q keeps no history", t.Desc.Name)
	}
	if len(pk) == 0 {
		return nil, pgerr.New(pgcode.WrongObjectType, "table %q has no primary key", t.Desc.Name).
			WithHint("Use FOR SYSTEM_TIME ALL with a condition.")
	}
	if len(args) != len(pk) {
		return nil, pgerr.New(pgcode.InvalidParameterValue, "the primary key of table %q has %d columns, but %d values were given", t.Desc.Name, len(pk), len(args))
	}
	key := make([]datum.Datum, len(pk))
	for i, n := range pk {
		if args[i].IsNull() {
			return nil, nil
		}
		want := t.Desc.ByAttnum(n).Type
		if args[i].Kind() == datum.KindOf(want.OID) {
			key[i] = args[i]
			continue
		}
		text := pgfmt.AppendText(nil, naturalType(args[i].Kind()), args[i], c.Settings)
		d, err := pgfmt.ParseText(string(text), want, c.Settings)
		if err != nil {
			return nil, err
		}
		key[i] = d
	}
	return key, nil
}

// naturalType is a type whose text form a value of a kind has.
func naturalType(k datum.Kind) types.T {
	for _, oid := range []types.OID{
		types.Text, types.Int8, types.Numeric, types.Float8, types.Bool, types.UUID, types.Date, types.Timestamp,
		types.TimestampTZ, types.Time, types.Interval, types.BPChar, types.Bytea,
	} {
		if datum.KindOf(oid) == k {
			return types.Of(oid)
		}
	}
	return types.Of(types.Text)
}

// historian reads the versions of a table's rows.
type historian struct {
	c       *builtin.Context
	s       Session
	t       *table.Table
	columns []*catalog.Column
}

// read returns every committed version of the row with that key.
func (h *historian) read(st *txn.Statement, key []datum.Datum) ([]version, error) {
	attnums := make([]int16, 0, len(h.columns)+2)
	for _, c := range h.columns {
		attnums = append(attnums, c.Attnum)
	}
	attnums = append(attnums, table.AttSystemSeqStart, table.AttSystemSeqEnd)
	p, err := h.t.Project(attnums)
	if err != nil {
		return nil, err
	}
	lower := h.t.Key(nil, key)
	spec := table.ScanSpec{
		History: true, From: 0, To: st.Seq() + 1,
		Span: table.Span{Lower: lower, Upper: append(slices.Clone(lower), 0)},
	}
	sc := h.t.Scan(st, p, spec)
	b := p.NewBatch(16)
	var list []version
	for {
		n, err := sc.Next(b, 16)
		if err != nil {
			_ = sc.Close()
			return nil, err
		}
		if n == 0 {
			break
		}
		for i := range n {
			row := make([]datum.Datum, len(attnums))
			b.Row(i, row)
			v := version{values: row[:len(h.columns)], end: store.MaxSeq}
			v.start = store.Seq(row[len(h.columns)].Int())
			if end := row[len(h.columns)+1]; store.Seq(end.Int()) <= st.Seq() {
				v.end = store.Seq(end.Int())
			}
			if h.hasKey(v.values, key) {
				list = append(list, v)
			}
		}
	}
	slices.SortFunc(list, func(a, b version) int { return cmp.Compare(a.start, b.start) })
	return list, sc.Close()
}

// hasKey checks a version's key, because a history scan may return others.
func (h *historian) hasKey(values, key []datum.Datum) bool {
	for i, n := range h.t.Desc.PrimaryKey {
		at := slices.IndexFunc(h.columns, func(c *catalog.Column) bool { return c.Attnum == n })
		if at < 0 || !datum.Equal(values[at], key[i]) {
			return false
		}
	}
	return true
}

// lines yields the versions with what is known of the commits that made them.
func (h *historian) lines(list []version, yield func([]datum.Datum) error) error {
	for i, v := range list {
		op, changed := "insert", datum.Datum{}
		if i > 0 && list[i-1].end == v.start {
			op = "update"
			changed = changedNames(h.columns, list[i-1].values, v.values)
		}
		row, err := rowJSON(h.c, h.columns, v.values)
		if err != nil {
			return err
		}
		line, err := h.line(op, v.start, changed, row)
		if err != nil {
			return err
		}
		gone := v.end != store.MaxSeq
		if gone {
			at, err := h.s.TimeOf(v.end)
			if err != nil {
				return err
			}
			line[3], line[4] = datum.NewInt(int64(v.end)), datum.NewTimestampTZ(at)
		}
		if err := yield(line); err != nil {
			return err
		}
		if gone && (i+1 == len(list) || list[i+1].start != v.end) {
			line, err := h.line("delete", v.end, datum.Datum{}, datum.Datum{})
			if err != nil {
				return err
			}
			if err := yield(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// line fills in what the commit record says.
func (h *historian) line(op string, seq store.Seq, changed, row datum.Datum) ([]datum.Datum, error) {
	at, err := h.s.TimeOf(seq)
	if err != nil {
		return nil, err
	}
	line := make([]datum.Datum, len(historyColumns))
	line[0], line[1], line[2] = datum.NewText(op), datum.NewInt(int64(seq)), datum.NewTimestampTZ(at)
	line[10], line[11] = changed, row
	rec, found, err := h.s.DB().GetCommit(seq)
	if err != nil || !found {
		return line, err
	}
	line[5] = optional(rec.Meta.User)
	line[6] = optional(rec.Meta.Application)
	line[7] = optional(Host(rec.Meta.ClientAddr))
	line[8] = optional(rec.Meta.Reason)
	if len(rec.Meta.JSON) > 0 {
		line[9] = datum.NewJSONB(string(rec.Meta.JSON))
	}
	return line, nil
}

func optional(s string) datum.Datum {
	if s == "" {
		return datum.Datum{}
	}
	return datum.NewText(s)
}

// changedNames lists the columns in which two versions differ.
func changedNames(columns []*catalog.Column, old, new []datum.Datum) datum.Datum {
	a := &datum.ArrayValue{Elem: uint32(types.Text)}
	for i, c := range columns {
		if !datum.Equal(old[i], new[i]) {
			a.Elems = append(a.Elems, datum.NewText(c.Name))
		}
	}
	if len(a.Elems) > 0 {
		a.Dims = []datum.Dim{{Len: int32(len(a.Elems)), Lower: 1}}
	}
	return datum.NewArray(a)
}

// rowJSON is a row as a JSON object, as to_jsonb makes it.
func rowJSON(c *builtin.Context, columns []*catalog.Column, values []datum.Datum) (datum.Datum, error) {
	names := make([]string, len(columns))
	typs := make([]uint32, len(columns))
	for i, col := range columns {
		names[i], typs[i] = col.Name, uint32(col.Type.OID)
	}
	record := datum.NewRecord(&datum.RecordValue{TypeOID: uint32(types.Record), Types: typs, Names: names, Fields: values})
	text, err := builtin.AppendJSON(nil, c, types.Record, record, false)
	if err != nil {
		return datum.Datum{}, err
	}
	canonical, err := jsontext.Canonical(string(text))
	return datum.NewJSONB(canonical), err
}
