package table

import (
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// damaged reports stored bytes that do not decode.
func (t *Table) damaged(err error) error {
	return pgerr.New(pgcode.DataCorrupted, "damaged row in table %q: %w", t.Desc.Name, err).WithTable(t.schema, t.Desc.Name)
}

func (x *Index) damaged(err error) error {
	return pgerr.New(pgcode.IndexCorrupted, "damaged entry in index %q: %w", x.Desc.Name, err).WithTable(x.t.schema, x.t.Desc.Name)
}

func (x *Index) duplicate(values []datum.Datum) error {
	return pgerr.New(pgcode.UniqueViolation, "duplicate key value violates unique constraint %q", x.Desc.Name).
		WithDetail("Key %s already exists.", x.describe(values)).
		WithTable(x.t.schema, x.t.Desc.Name).WithConstraint(x.Desc.Name)
}

func (x *Index) duplicated(values []datum.Datum) error {
	return pgerr.New(pgcode.UniqueViolation, "could not create unique index %q", x.Desc.Name).
		WithDetail("Key %s is duplicated.", x.describe(values)).
		WithTable(x.t.schema, x.t.Desc.Name).WithConstraint(x.Desc.Name)
}

// keyBytesMax is how long the encoded columns of a primary key or an index entry
// may be. Keys lie in every block index of the store and in iterators, several at
// a time, so they stay small beside a block cache; PostgreSQL's limit is 2,704
// bytes after compression, which this is above for all but extreme repetition.
const keyBytesMax = 64 << 10

// checkSize refuses the key of an entry that is too long: 54000.
func (x *Index) checkSize(bytes int) error {
	if bytes <= keyBytesMax {
		return nil
	}
	return pgerr.New(pgcode.ProgramLimitExceeded, "index row size %d exceeds maximum %d for index %q", bytes, keyBytesMax, x.Desc.Name).
		WithHint("Index a hash of the value, such as md5(), instead of the value.").
		WithTable(x.t.schema, x.t.Desc.Name).WithConstraint(x.Desc.Name)
}

// checkKeySize is checkSize for the key that the rows lie under.
func (t *Table) checkKeySize(bytes int) error {
	if bytes <= keyBytesMax {
		return nil
	}
	x, err := t.clustering()
	if err != nil {
		return err
	}
	return x.checkSize(bytes)
}

// clustering returns the index of the key that the rows lie under.
func (t *Table) clustering() (*Index, error) {
	if x := t.Index(t.Desc.PKIndex); x != nil {
		return x, nil
	}
	return nil, pgerr.Internal("table %q has no index for its primary key", t.Desc.Name)
}

// describe prints key columns and values as PostgreSQL does: (a, b)=(1, x).
func (x *Index) describe(keys []datum.Datum) string {
	names := make([]string, len(x.keys))
	list := make([]types.T, len(x.keys))
	for i, k := range x.keys {
		list[i] = k.typ
		if k.attnum > 0 {
			names[i] = x.t.Desc.Columns[k.attnum-1].Name
		} else {
			names[i] = x.Desc.Keys[i].Expr
		}
	}
	return describeKey(names, list, keys)
}

func describeKey(names []string, list []types.T, values []datum.Datum) string {
	var b strings.Builder
	b.WriteString("(" + strings.Join(names, ", ") + ")=(")
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text(list[i], v))
	}
	b.WriteByte(')')
	return b.String()
}

func text(t types.T, v datum.Datum) string {
	if v.IsNull() {
		return "null"
	}
	return pgfmt.Text(t, v, pgfmt.Default())
}

// CheckNotNull returns 23502 when a NOT NULL column is NULL.
func (t *Table) CheckNotNull(values []datum.Datum) error {
	for i := range t.Desc.Columns {
		c := &t.Desc.Columns[i]
		if c.NotNull && !c.Dropped && values[i].IsNull() {
			return pgerr.New(pgcode.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", c.Name, t.Desc.Name).
				WithDetail("%s", t.FailingRow(values)).WithTable(t.schema, t.Desc.Name).WithColumn(c.Name)
		}
	}
	return nil
}

// failingValueMax is how many bytes of a value PostgreSQL prints of a failing row.
const failingValueMax = 64

// FailingRow returns the DETAIL of an error about a row: "Failing row contains
// (1, null)."
func (t *Table) FailingRow(values []datum.Datum) string {
	var b strings.Builder
	b.WriteString("Failing row contains (")
	first := true
	for i := range t.Desc.Columns {
		if t.Desc.Columns[i].Dropped {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		s := text(t.Desc.Columns[i].Type, values[i])
		if len(s) > failingValueMax {
			n := failingValueMax
			for n > 0 && !utf8.RuneStart(s[n]) {
				n--
			}
			s = s[:n] + "..."
		}
		b.WriteString(s)
	}
	b.WriteString(").")
	return b.String()
}
