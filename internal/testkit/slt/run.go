package slt

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Runner runs records on a connection, in order. The zero value but for Conn
// reads the layout of this project's files. It belongs to one goroutine.
type Runner struct {
	Conn *pgconn.PgConn
	// Server is what onlyif and skipif are compared with.
	Server string
	// Extended sends statements as Parse, Bind, Execute.
	Extended bool
	// Classic reads SQLite's layout of results.
	Classic bool

	values map[string]string // of let
	labels map[string]string // hash of the result of each label
}

// answer is what the server said.
type answer struct {
	rows [][]string
	oids []uint32
	tag  pgconn.CommandTag
	err  *pgconn.PgError
}

// Skips tells whether a record is not meant for this server.
func (r *Runner) Skips(rec *Record) bool {
	return rec.Only != "" && rec.Only != r.Server || slices.Contains(strings.Fields(rec.Skip), r.Server)
}

// Run runs a record and says how its answer is not the wanted one.
func (r *Runner) Run(ctx context.Context, rec *Record) error {
	a, err := r.ask(ctx, rec)
	if err != nil {
		return err
	}
	switch {
	case rec.WantError && a.err == nil:
		return fmt.Errorf("succeeded, wanted error %s %s", rec.Code, rec.Message)
	case rec.WantError:
		if rec.Code != "" && rec.Code != a.err.Code || !strings.Contains(a.err.Message, rec.Message) {
			return fmt.Errorf("error %s %s, wanted %s %s", a.err.Code, a.err.Message, rec.Code, rec.Message)
		}
		return nil
	case a.err != nil:
		return fmt.Errorf("error %s %s", a.err.Code, a.err.Message)
	case rec.Kind == "let":
		if len(a.rows) != 1 || len(a.rows[0]) != 1 {
			return fmt.Errorf("%d rows for let", len(a.rows))
		}
		r.let(rec.Name, a.rows[0][0])
		return nil
	case rec.Kind == "statement":
		if rec.Count >= 0 && int(a.tag.RowsAffected()) != rec.Count {
			return fmt.Errorf("%d rows, wanted %d", a.tag.RowsAffected(), rec.Count)
		}
		return nil
	case r.Classic:
		return r.compareClassic(rec, a)
	}
	got := rec.layout(a)
	want := slices.Clone(rec.Want)
	if rec.Sort == "rowsort" {
		slices.Sort(want)
	}
	if rec.Types != "" && len(a.oids) > 0 && rec.Types != letters(a.oids) {
		return fmt.Errorf("columns are %s, wanted %s", letters(a.oids), rec.Types)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("got\n\t%s\nwanted\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	return nil
}

func (r *Runner) let(name, value string) {
	if r.values == nil {
		r.values = map[string]string{}
	}
	r.values[name] = value
}

// ask sends a record's SQL. The error is of the connection; the server's is in
// the answer.
func (r *Runner) ask(ctx context.Context, rec *Record) (a answer, err error) {
	sql := rec.SQL
	// Longer names first: $a2 is not $a followed by 2.
	for _, name := range slices.Backward(slices.SortedFunc(maps.Keys(r.values), func(a, b string) int { return len(a) - len(b) })) {
		sql = strings.ReplaceAll(sql, "$"+name, r.values[name])
	}
	switch {
	case rec.copies("FROM STDIN"):
		a.tag, err = r.Conn.CopyFrom(ctx, strings.NewReader(rec.Data), sql)
	case rec.copies("TO STDOUT"):
		var b bytes.Buffer
		a.tag, err = r.Conn.CopyTo(ctx, &b, sql)
		for line := range strings.Lines(b.String()) {
			a.rows = append(a.rows, []string{strings.TrimSuffix(line, "\n")})
		}
	case r.Extended:
		err = a.read(r.Conn.ExecParams(ctx, strings.TrimSuffix(strings.TrimSpace(sql), ";"), nil, nil, nil, nil))
	default:
		m := r.Conn.Exec(ctx, sql)
		for m.NextResult() {
			if rerr := a.read(m.ResultReader()); err == nil {
				err = rerr
			}
		}
		if cerr := m.Close(); err == nil {
			err = cerr
		}
	}
	if errors.As(err, &a.err) {
		return a, nil
	}
	return a, err
}

func (a *answer) read(r *pgconn.ResultReader) error {
	a.rows, a.oids = nil, nil
	for _, f := range r.FieldDescriptions() {
		a.oids = append(a.oids, f.DataTypeOID)
	}
	for r.NextRow() {
		row := make([]string, len(r.Values()))
		for i, v := range r.Values() {
			switch {
			case v == nil:
				row[i] = "NULL"
			case len(v) == 0:
				row[i] = "(empty)"
			default:
				row[i] = string(v)
			}
		}
		a.rows = append(a.rows, row)
	}
	var err error
	a.tag, err = r.Close()
	return err
}

// layout is an answer as lines of a file.
func (rec *Record) layout(a answer) []string {
	lines := make([]string, 0, len(a.rows))
	for _, row := range a.rows {
		line := strings.ReplaceAll(strings.Join(row, "\t"), "\n", `\n`)
		if line == "" { // a row without columns must not end the record
			line = "(no columns)"
		}
		lines = append(lines, line)
	}
	if rec.Sort == "rowsort" {
		slices.Sort(lines)
	}
	return lines
}

// letters are the type letters of columns: whole numbers, other numbers, the rest.
func letters(oids []uint32) string {
	b := make([]byte, len(oids))
	for i, oid := range oids {
		switch oid {
		case 20, 21, 23:
			b[i] = 'I'
		case 700, 701, 1700:
			b[i] = 'R'
		case 16:
			b[i] = 'B'
		default:
			b[i] = 'T'
		}
	}
	return string(b)
}

// compareClassic compares as SQLite's sqllogictest does.
func (r *Runner) compareClassic(rec *Record, a answer) error {
	if len(a.oids) != len(rec.Types) {
		return fmt.Errorf("%d columns, wanted %d", len(a.oids), len(rec.Types))
	}
	for _, row := range a.rows {
		for i := range row {
			row[i] = classic(row[i], rec.Types[i])
		}
	}
	if rec.Sort == "rowsort" {
		slices.SortStableFunc(a.rows, slices.Compare[[]string])
	}
	got := slices.Concat(a.rows...)
	if rec.Sort == "valuesort" {
		slices.Sort(got)
	}
	h := md5.New()
	for _, v := range got {
		fmt.Fprintln(h, v)
	}
	sum := fmt.Sprintf("%d values hashing to %s", len(got), hex.EncodeToString(h.Sum(nil)))
	if rec.Label != "" {
		if before, ok := r.labels[rec.Label]; ok && before != sum {
			return fmt.Errorf("%s: %s, but %s before", rec.Label, sum, before)
		}
		if r.labels == nil {
			r.labels = map[string]string{}
		}
		r.labels[rec.Label] = sum
	}
	if len(rec.Want) == 1 && strings.Contains(rec.Want[0], " values hashing to ") {
		if rec.Want[0] != sum {
			return fmt.Errorf("%s, wanted %s", sum, rec.Want[0])
		}
		return nil
	}
	if !slices.Equal(got, rec.Want) {
		return fmt.Errorf("got %.300q, wanted %.300q", got, rec.Want)
	}
	return nil
}

// classic formats a value as the type letter asks.
func classic(v string, letter byte) string {
	if v == "NULL" || v == "(empty)" {
		return v
	}
	f, err := strconv.ParseFloat(v, 64)
	switch {
	case letter == 'I' && v == "t":
		return "1"
	case letter == 'I' && v == "f":
		return "0"
	case letter == 'I' && err != nil:
		return "0"
	case letter == 'I':
		if _, err := strconv.ParseInt(v, 10, 64); err == nil {
			return v
		}
		return strconv.FormatInt(int64(f), 10)
	case letter == 'R' && err == nil:
		return strconv.FormatFloat(f, 'f', 3, 64)
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return '@'
		}
		return c
	}, v)
}
