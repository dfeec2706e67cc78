package engine

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/copyfmt"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/sql/session"
	"github.com/driftdb/driftdb/internal/sql/syscat"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/types"
)

// Salvaged counts what Salvage wrote.
type Salvaged struct {
	Tables, Rows, Past int // Past are the versions that have ended
}

// Salvage writes what can be read of a closed database into a new directory:
// tables.sql and constraints.sql make the tables, load.sql loads them with psql,
// and each table has a file of its rows and, where it has a past, one of the
// versions that have ended. What tables were dropped, and what was in others before
// a TRUNCATE or rewrite, is in files of its own, which past.sql lists with their
// columns. Every stretch that is lost is reported. A database that cannot be opened
// as store.OpenDamaged does is made anew from its files first, for which the new
// directory needs as much space as it has. Salvage fails when that cannot be opened
// either, or the catalog cannot be read.
func Salvage(ctx context.Context, dir, to string, o Options, report func(store.Finding)) (done Salvaged, err error) {
	if err := os.Mkdir(to, 0o700); err != nil {
		return done, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(to) // if nothing is in it
		}
	}()
	db, err := store.OpenDamaged(dir, o.store(), report)
	if errors.Is(err, store.ErrCorrupt) {
		report(store.Finding{What: "open", Where: dir, Detail: err.Error() + "; reading its files one by one"})
		anew := filepath.Join(to, "rebuilt")
		defer func() { err = errors.Join(err, os.RemoveAll(anew)) }()
		db, err = store.OpenRebuilt(ctx, dir, anew, o.store(), report)
	}
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	sessions := newSessions(db, o)
	s, err := sessions.New(client.Info{User: "driftdb", Database: "driftdb"})
	if err != nil {
		return done, fmt.Errorf("read the catalog: %w", err)
	}
	defer s.Close()
	env, err := s.CatalogEnv(ctx)
	if err != nil {
		return done, fmt.Errorf("read the catalog: %w", err)
	}
	w := &salvager{ctx: ctx, db: db, to: to, env: env, tables: sessions.Tables(env.Catalog), report: report, done: &done}
	if err := w.run(); err != nil {
		return done, err
	}
	return done, w.gone(sessions)
}

// salvager writes one database.
type salvager struct {
	ctx    context.Context
	db     *store.DB
	to     string
	env    *syscat.Env
	tables *table.Set
	report func(store.Finding)
	done   *Salvaged

	before, load, keys, after strings.Builder // the scripts
}

func (w *salvager) run() error {
	var list []catalog.Desc
	w.env.Catalog.All(func(d catalog.Desc) bool {
		if d.Head().OID >= catalog.FirstUserOID {
			list = append(list, d)
		}
		return true
	})
	// What others need comes first; among views, what was made first.
	slices.SortStableFunc(list, func(a, b catalog.Desc) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Head().OID, b.Head().OID))
	})
	for _, d := range list {
		switch d := d.(type) {
		case *catalog.Schema:
			fmt.Fprintf(&w.before, "CREATE SCHEMA %s;\n", keyword.QuoteIdent(d.Name))
		case *catalog.Sequence:
			w.sequence(d)
		case *catalog.Table:
			if d.Storage == 0 {
				continue
			}
			if err := w.table(d); err != nil {
				return err
			}
		case *catalog.View:
			fmt.Fprintf(&w.after, "CREATE VIEW %s AS\n%s\n", w.name(&d.Object), w.env.PrintView(d, true))
		}
	}
	for name, text := range map[string]string{"tables.sql": w.before.String(), "load.sql": w.load.String(), "constraints.sql": w.keys.String() + w.after.String()} {
		if err := os.WriteFile(filepath.Join(w.to, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// rank orders the kinds of objects.
func rank(d catalog.Desc) int {
	switch d.(type) {
	case *catalog.Schema:
		return 0
	case *catalog.Sequence:
		return 1
	case *catalog.Table:
		return 2
	}
	return 3
}

func (w *salvager) name(o *catalog.Object) string {
	return keyword.QuoteIdent(w.env.Catalog.Schema(o.Schema).Name) + "." + keyword.QuoteIdent(o.Name)
}

func (w *salvager) sequence(q *catalog.Sequence) {
	if q.OwnerTable != 0 {
		if t := w.env.Catalog.Table(q.OwnerTable); t != nil && t.Columns[q.OwnerColumn-1].Identity != 0 {
			return // its column makes it
		}
	}
	last, called := w.env.SequenceState(q)
	fmt.Fprintf(&w.before, "CREATE SEQUENCE %s AS %s INCREMENT %d MINVALUE %d MAXVALUE %d START %d;\nSELECT setval(%s, %d, %t);\n", w.name(&q.Object),
		pgfmt.FormatType(types.Of(q.Type)), q.Increment, q.Min, q.Max, q.Start, keyword.QuoteLiteral(w.name(&q.Object)), last, called)
}

// table writes a table's rows and what makes it again.
func (w *salvager) table(d *catalog.Table) error {
	t, err := w.tables.Table(d.OID)
	if err != nil {
		w.report(store.Finding{What: "catalog", Where: w.name(&d.Object), Detail: err.Error()})
		return nil
	}
	fmt.Fprintf(&w.before, "CREATE TABLE %s (%s\n);\n", w.name(&d.Object), columnList(d))
	for i := range d.Constraints {
		to, c := &w.keys, &d.Constraints[i]
		if c.Type == 'f' {
			to = &w.after
		}
		fmt.Fprintf(to, "ALTER TABLE %s ADD CONSTRAINT %s %s;\n", w.name(&d.Object), keyword.QuoteIdent(c.Name), w.env.ConstraintDef(d, c, false))
	}
	for _, oid := range d.Indexes {
		if x := w.env.Catalog.Index(oid); x != nil && !backs(d, oid) {
			fmt.Fprintf(&w.keys, "%s;\n", w.env.IndexDef(x, 0, false))
		}
	}
	return w.rows(d, t)
}

// columnList is what stands between the parentheses of CREATE TABLE.
func columnList(d *catalog.Table) string {
	var columns []string
	for i := range d.Columns {
		c := &d.Columns[i]
		if c.Dropped {
			continue
		}
		text := keyword.QuoteIdent(c.Name) + " " + pgfmt.FormatType(c.Type)
		switch {
		case c.Identity == 'a':
			text += " GENERATED ALWAYS AS IDENTITY"
		case c.Identity == 'd':
			text += " GENERATED BY DEFAULT AS IDENTITY"
		case c.Default != "":
			text += " DEFAULT " + c.Default
		}
		if c.NotNull {
			text += " NOT NULL"
		}
		columns = append(columns, "\n    "+text)
	}
	return strings.Join(columns, ",")
}

// backs reports whether an index belongs to a constraint.
func backs(d *catalog.Table, index uint32) bool {
	for i := range d.Constraints {
		if c := &d.Constraints[i]; c.Type != 'f' && c.Index == index {
			return true
		}
	}
	return false
}

// rows writes the files of a table.
func (w *salvager) rows(d *catalog.Table, t *table.Table) error {
	base := fileName(w.env.Catalog, d)
	n, err := w.file(base+".csv", d, t, store.MaxSeq, spans{present: true})
	if err != nil {
		return err
	}
	w.done.Tables, w.done.Rows = w.done.Tables+1, w.done.Rows+n
	fmt.Fprintf(&w.load, "\\copy %s FROM %s CSV HEADER\n", w.name(&d.Object), keyword.QuoteLiteral(base+".csv"))
	if !t.HasHistory() {
		return nil
	}
	_, err = w.file(base+".past.csv", d, t, store.MaxSeq, spans{past: true})
	return err
}

func fileName(cat *catalog.Snapshot, d *catalog.Table) string {
	return url.PathEscape(cat.Schema(d.Schema).Name) + "." + url.PathEscape(d.Name)
}

// gone writes what was in storages that have ended, under the catalog that they
// ended with.
func (w *salvager) gone(sessions *session.Server) error {
	v := w.db.View()
	defer v.Release()
	changes, err := catalogChanges(v)
	if err != nil {
		return fmt.Errorf("read the catalog's history: %w", err)
	}
	history := catalog.NewHistory(w.db)
	later := w.env.Catalog
	var list strings.Builder
	for _, seq := range slices.Backward(changes) {
		if seq <= 1 {
			break
		}
		cat, _, err := history.At(v.At(seq - 1))
		if err != nil {
			return fmt.Errorf("read the catalog as of commit %d: %w", seq-1, err)
		}
		if err := w.ended(cat, later, sessions.Tables(cat), seq, &list); err != nil {
			return err
		}
		later = cat
	}
	if list.Len() == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(w.to, "past.sql"), []byte(list.String()), 0o600)
}

// ended writes the tables of a catalog that are not in the next one, or not with
// their storage.
func (w *salvager) ended(cat, later *catalog.Snapshot, set *table.Set, seq store.Seq, list *strings.Builder) (err error) {
	cat.All(func(o catalog.Desc) bool {
		d, ok := o.(*catalog.Table)
		if !ok || d.Storage == 0 || d.OID < catalog.FirstUserOID {
			return true
		}
		if next := later.Table(d.OID); next != nil && next.Storage == d.Storage {
			return true
		}
		t, bad := set.Table(d.OID)
		if bad != nil {
			w.report(store.Finding{What: "catalog", Where: fmt.Sprintf("table %q as of commit %d", d.Name, seq-1), Detail: bad.Error()})
			return true
		}
		if !t.HasHistory() {
			return true
		}
		name := fmt.Sprintf("%s.until-%d.past.csv", fileName(cat, d), seq)
		var n int
		if n, err = w.file(name, d, t, seq, spans{present: true, past: true}); n > 0 {
			fmt.Fprintf(list, "-- %s: %d versions of a storage that commit %d ended\nCREATE TABLE %s.%s (\n    system_seq_start bigint,\n    system_seq_end bigint,%s\n);\n",
				name, n, seq, keyword.QuoteIdent(cat.Schema(d.Schema).Name), keyword.QuoteIdent(d.Name), columnList(d))
		}
		return err == nil
	})
	return err
}

// spans are the parts of a storage that a file is for: its live entries, those of
// the past, or both.
type spans struct{ present, past bool }

// file writes versions of a table; with the past in it, their periods too. A live
// entry ends at end.
func (w *salvager) file(name string, d *catalog.Table, t *table.Table, end store.Seq, part spans) (n int, err error) {
	var header []string
	if part.past {
		header = append(header, "system_seq_start", "system_seq_end")
	}
	for i := range d.Columns {
		if !d.Columns[i].Dropped {
			header = append(header, d.Columns[i].Name)
		}
	}
	f, err := os.OpenFile(filepath.Join(w.to, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriterSize(f, 1<<16)
	o, formats := copyfmt.CSV(), pgfmt.Default()
	_, err = out.Write(copyfmt.AppendHeader(nil, &o, header))
	var line []byte
	values := make([]datum.Datum, len(d.Columns))
	visit := func(key []byte, v store.Version) error {
		if bad := t.Values(v.Tuple, values); bad != nil {
			w.report(store.Finding{What: "row", Where: fmt.Sprintf("table %s, key %x", keyword.QuoteIdent(d.Name), key), Detail: bad.Error()})
			return nil
		}
		fields, nulls := make([][]byte, 0, len(header)), make([]bool, 0, len(header))
		if part.past {
			fields = append(fields, strconv.AppendUint(nil, uint64(v.Start), 10), strconv.AppendUint(nil, uint64(min(v.End, end)), 10))
			nulls = append(nulls, false, false)
		}
		for i, value := range values {
			if c := &d.Columns[i]; !c.Dropped {
				var text []byte
				if !value.IsNull() {
					text = pgfmt.AppendText(nil, c.Type, value, formats)
				}
				fields, nulls = append(fields, text), append(nulls, value.IsNull())
			}
		}
		n++
		line = copyfmt.AppendRow(line[:0], &o, fields, nulls)
		_, err := out.Write(line)
		return err
	}
	for _, past := range []bool{false, true} {
		if err == nil && (past && part.past || !past && part.present) {
			err = w.db.Salvage(w.ctx, t.Storage(), past, visit, func(after, before []byte, err error) {
				w.report(store.Finding{What: "rows", Where: fmt.Sprintf("table %s, after key %x, before key %x", keyword.QuoteIdent(d.Name), after, before), Detail: err.Error()})
			})
		}
	}
	err = errors.Join(err, out.Flush(), f.Close())
	if part.past {
		w.done.Past += n
		if err == nil && n == 0 {
			err = os.Remove(filepath.Join(w.to, name))
		}
	}
	return n, err
}
