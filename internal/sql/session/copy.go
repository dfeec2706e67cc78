package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/copyfmt"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/types"
)

// copy carries out COPY.
func (s *Session) copy(ctx context.Context, st statement, c *ast.CopyStmt, w client.Writer) (string, error) {
	if c.Program || c.FileName != "" {
		return "", pgerr.NotSupported("Use STDIN and STDOUT; psql's \\copy reads and writes files.", "COPY with a file or program of the server is not supported")
	}
	o, err := copyOptions(c)
	if err != nil {
		return "", err
	}
	if c.From {
		return s.copyFrom(ctx, st, c, o, w)
	}
	return s.copyTo(ctx, st, c, o, w)
}

// copyFormat is what COPY's options say, with the column lists still as names.
type copyFormat struct {
	copyfmt.Options
	forceQuote, forceNotNull, forceNull []string
	quoteAll                            bool
}

// copyOptions reads COPY's option list.
func copyOptions(c *ast.CopyStmt) (*copyFormat, error) {
	format, seen := "text", map[string]bool{}
	for _, o := range c.Options {
		if seen[o.Name] {
			return nil, pgerr.New(pgcode.SyntaxError, "conflicting or redundant options").At(o.Pos + 1)
		}
		seen[o.Name] = true
		if o.Name == "format" {
			format = optionText(o)
		}
	}
	f := &copyFormat{Options: copyfmt.Text()}
	switch format {
	case "text":
	case "csv":
		f.Options = copyfmt.CSV()
	case "binary":
		return nil, pgerr.NotSupported("Use FORMAT text or csv.", "COPY format \"binary\" is not supported")
	default:
		return nil, pgerr.New(pgcode.InvalidParameterValue, "COPY format %q not recognized", format)
	}
	for _, o := range c.Options {
		if err := f.option(o, c.From); err != nil {
			return nil, err
		}
	}
	return f, f.check()
}

// option applies one option.
func (f *copyFormat) option(o *ast.Option, from bool) error {
	text := optionText(o)
	one := func(into *byte) error {
		if len(text) != 1 {
			return pgerr.New(pgcode.FeatureNotSupported, "COPY %s must be a single one-byte character", strings.ToLower(o.Name))
		}
		*into = text[0]
		return nil
	}
	csvOnly := func() error {
		if !f.CSV {
			return pgerr.New(pgcode.FeatureNotSupported, "COPY %s available only in CSV mode", strings.ReplaceAll(o.Name, "_", " "))
		}
		return nil
	}
	switch o.Name {
	case "format", "freeze", "encoding":
		if o.Name == "encoding" && !strings.EqualFold(strings.ReplaceAll(text, "-", ""), "utf8") {
			return pgerr.NotSupported("Convert the data to UTF8.", "encoding %q is not supported", text)
		}
		return nil
	case "delimiter":
		return one(&f.Delimiter)
	case "null":
		f.Null = text
	case "header":
		switch strings.ToLower(text) {
		case "", "true", "on", "1":
			f.Header = true
		case "match":
			return pgerr.NotSupported("Use HEADER true.", "COPY HEADER MATCH is not supported")
		case "false", "off", "0":
		default:
			return pgerr.New(pgcode.SyntaxError, "header requires a Boolean value or \"match\"")
		}
	case "quote":
		if err := csvOnly(); err != nil {
			return err
		}
		if err := one(&f.Quote); err != nil {
			return err
		}
		f.Escape = f.Quote
	case "escape":
		if err := csvOnly(); err != nil {
			return err
		}
		return one(&f.Escape)
	case "force_quote":
		f.forceQuote, f.quoteAll = optionList(o)
		return csvOnly()
	case "force_not_null":
		f.forceNotNull, _ = optionList(o)
		return csvOnly()
	case "force_null":
		f.forceNull, _ = optionList(o)
		return csvOnly()
	default:
		return pgerr.New(pgcode.SyntaxError, "option %q not recognized", o.Name).At(o.Pos + 1)
	}
	return nil
}

// check refuses combinations that could not be read back.
func (f *copyFormat) check() error {
	switch {
	case f.Delimiter == '\n' || f.Delimiter == '\r':
		return pgerr.New(pgcode.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(f.Null, "\r\n"):
		return pgerr.New(pgcode.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	case !f.CSV && !copyfmt.Valid(f.Delimiter):
		return pgerr.New(pgcode.InvalidParameterValue, "COPY delimiter cannot be %q", string(f.Delimiter))
	case strings.IndexByte(f.Null, f.Delimiter) >= 0:
		return pgerr.New(pgcode.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification")
	case f.CSV && f.Delimiter == f.Quote:
		return pgerr.New(pgcode.FeatureNotSupported, "COPY delimiter and quote must be different")
	case f.CSV && strings.IndexByte(f.Null, f.Quote) >= 0:
		return pgerr.New(pgcode.FeatureNotSupported, "CSV quote character must not appear in the NULL specification")
	}
	return nil
}

func optionText(o *ast.Option) string {
	switch v := o.Value.(type) {
	case *ast.Const:
		return constText(v)
	case *ast.OptionType:
		return strings.Join(v.Type.Names, ".")
	case *ast.OptionName:
		return strings.Join(v.Names, ".")
	}
	return ""
}

func optionList(o *ast.Option) (names []string, all bool) {
	switch v := o.Value.(type) {
	case *ast.OptionList:
		return v.Items, false
	case *ast.OptionStar:
		return nil, true
	}
	return nil, false
}

// flags turns column names of an option into one flag per copied column.
func flags(names []string, columns []string, option string) ([]bool, error) {
	if names == nil {
		return nil, nil
	}
	list := make([]bool, len(columns))
	for _, n := range names {
		i := slices.Index(columns, n)
		if i < 0 {
			return nil, pgerr.New(pgcode.InvalidColumnReference, "%s column %q not referenced by COPY", option, n)
		}
		list[i] = true
	}
	return list, nil
}

// copyTo carries out COPY TO STDOUT: the rows of a query.
func (s *Session) copyTo(ctx context.Context, st statement, c *ast.CopyStmt, f *copyFormat, w client.Writer) (string, error) {
	query := c.Query
	if c.Table != nil {
		if err := s.copySource(c.Table, c.Columns); err != nil {
			return "", err
		}
		query = selectFrom(c.Table, c.Columns)
	}
	if !isQuery(query) {
		return "", pgerr.New(pgcode.FeatureNotSupported, "COPY query must have a RETURNING clause")
	}
	raw := &ast.RawStmt{Stmt: query, Start: st.raw.Start, Len: st.raw.Len}
	r, err := s.open(ctx, statement{text: st.text, raw: raw}, &prepared{text: st.text, raw: raw})
	if err != nil {
		return "", err
	}
	defer r.close()
	columns := r.plan.columns
	if columns == nil {
		return "", pgerr.New(pgcode.FeatureNotSupported, "COPY query must have a RETURNING clause")
	}
	names := make([]string, len(columns))
	for i, col := range columns {
		names[i] = col.Name
	}
	if f.ForceQuote, err = flags(f.forceQuote, names, "FORCE_QUOTE"); err != nil {
		return "", err
	}
	if f.quoteAll {
		f.ForceQuote = slices.Repeat([]bool{true}, len(names))
	}
	if err := w.CopyOut(false, len(columns)); err != nil {
		return "", err
	}
	if f.Header {
		if err := w.CopyData(copyfmt.AppendHeader(nil, &f.Options, names)); err != nil {
			return "", err
		}
	}
	n, err := s.copyRows(r, &f.Options, w)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("COPY %d", n), w.CopyDone()
}

// copySource refuses relations that COPY cannot read by name.
func (s *Session) copySource(t *ast.RangeVar, names []string) error {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return err
	}
	rel := s.names(snapshot).Relation(t.Schema, t.Name)
	if rel == nil {
		return nil // binding says so
	}
	if table, ok := rel.Desc.(*catalog.Table); ok {
		_, err := copyColumns(table, names)
		return err
	}
	e := pgerr.New(pgcode.WrongObjectType, "cannot copy from %s %q", relationWord(rel.Desc), t.Name)
	if rel.Desc.Kind() == catalog.KindView {
		e = e.WithHint("Try the COPY (SELECT ...) TO variant.")
	}
	return e
}

// copyRows sends every row of a query as COPY data.
func (s *Session) copyRows(r *running, o *copyfmt.Options, w client.Writer) (n int64, err error) {
	columns, formats := r.plan.columns, s.formats()
	fields, nulls := make([][]byte, len(columns)), make([]bool, len(columns))
	ends := make([]int, len(columns))
	var values, line []byte
	for ; ; n++ {
		row, err := r.next()
		if err != nil || row == nil {
			return n, err
		}
		values = values[:0]
		for i, d := range row {
			if nulls[i] = d.IsNull(); !nulls[i] {
				values = pgfmt.AppendText(values, columns[i].Type, d, formats)
			}
			ends[i] = len(values)
		}
		start := 0
		for i := range fields {
			fields[i] = values[start:ends[i]]
			start = ends[i]
		}
		line = copyfmt.AppendRow(line[:0], o, fields, nulls)
		if err := w.CopyData(line); err != nil {
			return n, err
		}
	}
}

// selectFrom is the query that reads a table's columns, all when none are named.
func selectFrom(t *ast.RangeVar, columns []string) *ast.SelectStmt {
	q := &ast.SelectStmt{Pos: t.Pos, From: []ast.TableExpr{t}}
	if columns == nil {
		q.Targets = []*ast.Target{{Pos: t.Pos, Value: &ast.ColumnRef{Pos: t.Pos, Star: true}}}
	}
	for _, name := range columns {
		q.Targets = append(q.Targets, &ast.Target{Pos: t.Pos, Value: &ast.ColumnRef{Pos: t.Pos, Fields: []string{name}}})
	}
	return q
}

// copyTarget is the table COPY FROM writes and its columns.
func (s *Session) copyTarget(c *ast.CopyStmt) (*catalog.Table, []*catalog.Column, error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return nil, nil, err
	}
	rel := s.names(snapshot).Relation(c.Table.Schema, c.Table.Name)
	if rel == nil {
		name := c.Table.Name
		if c.Table.Schema != "" {
			name = c.Table.Schema + "." + name
		}
		return nil, nil, pgerr.New(pgcode.UndefinedTable, "relation %q does not exist", name)
	}
	t, ok := rel.Desc.(*catalog.Table)
	if !ok || rel.Virtual {
		return nil, nil, pgerr.New(pgcode.WrongObjectType, "cannot copy to %s %q", relationWord(rel.Desc), c.Table.Name)
	}
	list, err := copyColumns(t, c.Columns)
	return t, list, err
}

// copyColumns are the columns COPY names, all when it names none; system columns
// are not among them.
func copyColumns(t *catalog.Table, names []string) ([]*catalog.Column, error) {
	if names == nil {
		return t.Live(), nil
	}
	var list []*catalog.Column
	for _, name := range names {
		col := t.Column(name)
		if col == nil {
			return nil, pgerr.New(pgcode.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
		}
		if slices.Contains(list, col) {
			return nil, pgerr.New(pgcode.DuplicateColumn, "column %q specified more than once", name)
		}
		list = append(list, col)
	}
	return list, nil
}

func relationWord(d catalog.Desc) string {
	switch d.Kind() {
	case catalog.KindView:
		return "view"
	case catalog.KindSequence:
		return "sequence"
	case catalog.KindIndex:
		return "index"
	}
	return "table"
}

// copyFrom carries out COPY FROM STDIN: it runs as an INSERT whose rows come
// from the client.
func (s *Session) copyFrom(ctx context.Context, st statement, c *ast.CopyStmt, f *copyFormat, w client.Writer) (string, error) {
	if err := s.tx.Writable("COPY FROM"); err != nil {
		return "", err
	}
	if c.Where != nil {
		return "", pgerr.NotSupported("Delete the rows afterwards.", "COPY FROM with WHERE is not supported")
	}
	t, columns, err := s.copyTarget(c)
	if err != nil {
		return "", err
	}
	names := make([]string, len(columns))
	typs := make([]types.T, len(columns))
	for i, col := range columns {
		names[i], typs[i] = col.Name, col.Type
	}
	if f.ForceNotNull, err = flags(f.forceNotNull, names, "FORCE_NOT_NULL"); err != nil {
		return "", err
	}
	if f.ForceNull, err = flags(f.forceNull, names, "FORCE_NULL"); err != nil {
		return "", err
	}
	ins, err := s.openInsert(ctx, st, c.Table, names)
	if err != nil {
		return "", err
	}
	defer ins.close()
	src, err := w.CopyIn(false, len(columns))
	if err != nil {
		return "", err
	}
	r := copyfmt.NewReader(src, f.Options)
	for more := true; more; {
		if more, err = s.copyLines(ctx, r, t, names, typs, ins); err != nil {
			return "", copyContext(err, t, r)
		}
		if err := ins.rows.Relieve(); err != nil {
			return "", err
		}
	}
	n, err := ins.finish()
	return fmt.Sprintf("COPY %d", n), err
}

// copyLines reads some lines and inserts their rows; more is false at the end.
func (s *Session) copyLines(ctx context.Context, r *copyfmt.Reader, t *catalog.Table, names []string, typs []types.T, ins *inserter) (more bool, err error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	formats := s.formats()
	row := make([]datum.Datum, len(names))
	for !ins.full() {
		fields, err := r.Next()
		if errors.Is(err, io.EOF) {
			return false, storeLines(t, ins)
		}
		if err != nil {
			return false, err
		}
		if len(fields) > len(names) {
			return false, pgerr.New(pgcode.BadCopyFileFormat, "extra data after last expected column")
		}
		for i := range names {
			if i >= len(fields) {
				return false, pgerr.New(pgcode.BadCopyFileFormat, "missing data for column %q", names[i])
			}
			if fields[i].Null {
				row[i] = datum.Datum{}
				continue
			}
			if row[i], err = pgfmt.ParseText(fields[i].Text, typs[i], formats); err != nil {
				return false, copyColumn(err, t, r, names[i], fields[i].Text)
			}
		}
		if err := ins.make(row, r.Line(), len(r.Text())); err != nil {
			return false, err
		}
	}
	return true, storeLines(t, ins)
}

// storeLines stores the rows of the lines read so far.
func storeLines(t *catalog.Table, ins *inserter) error {
	line, err := ins.store()
	var e *pgerr.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Where = fmt.Sprintf("COPY %s, line %d", t.Name, line)
	return &c
}

// copyColumn adds the CONTEXT of a value that could not be read.
func copyColumn(err error, t *catalog.Table, r *copyfmt.Reader, column, text string) error {
	e := *pgerr.From(err)
	e.Where = fmt.Sprintf("COPY %s, line %d, column %s: \"%s\"", t.Name, r.Line(), column, shorten(text))
	return &e
}

// copyContext adds the CONTEXT of an error in a line.
func copyContext(err error, t *catalog.Table, r *copyfmt.Reader) error {
	var e *pgerr.Error
	if !errors.As(err, &e) || e.Where != "" || r.Line() == 0 {
		return err
	}
	c := *e
	c.Where = fmt.Sprintf("COPY %s, line %d", t.Name, r.Line())
	if text := r.Text(); text != "" {
		c.Where += fmt.Sprintf(": \"%s\"", shorten(text))
	}
	return &c
}

// shorten limits a value in a CONTEXT as PostgreSQL does.
func shorten(s string) string {
	const limit = 100
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "..."
}
