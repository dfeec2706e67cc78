package diff

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// statementTimeout is how long one statement may take on either side.
const statementTimeout = 20 * time.Second

// reference is the name of the side that is right.
const reference = "PostgreSQL"

// side is one of the two servers.
type side struct {
	name, dsn string
	conn      *pgconn.PgConn
	// schema is where names without one are looked up.
	schema string
	spent  time.Duration
}

// outcome is what a statement did.
type outcome struct {
	code, message string
	position      int32
	cols          []pgconn.FieldDescription
	rows          [][][]byte
	tag           string
	copied        []byte
	status        byte
}

func connect(t testing.TB, name, dsn, schema string) *side {
	t.Helper()
	s := &side{name: name, dsn: dsn, schema: schema}
	if err := s.open(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() { _ = s.conn.Close(context.Background()) })
	return s
}

func (s *side) open() error {
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	config, err := pgconn.ParseConfig(s.dsn)
	if err != nil {
		return err
	}
	config.RuntimeParams["timezone"] = "UTC"
	config.RuntimeParams["search_path"] = s.schema
	config.RuntimeParams["synchronous_commit"] = "off"
	if s.name == reference {
		// Tables without statistics look large enough to compile queries on them.
		config.RuntimeParams["jit"] = "off"
	}
	s.conn, err = pgconn.ConnectConfig(ctx, config)
	return err
}

// fresh gives the connection an empty schema and the settings of a new session.
func (s *side) fresh() error {
	if s.conn.IsClosed() {
		if err := s.open(); err != nil {
			return err
		}
	}
	if s.conn.TxStatus() != 'I' {
		if o := s.simple("ROLLBACK"); o.code != "" {
			return fmt.Errorf("%s: ROLLBACK: %s", s.name, o.message)
		}
	}
	for _, sql := range []string{"DISCARD ALL", "DROP SCHEMA IF EXISTS " + s.schema + " CASCADE", "CREATE SCHEMA " + s.schema} {
		if o := s.simple(sql); o.code != "" {
			return fmt.Errorf("%s: %s: %s %s", s.name, sql, o.code, o.message)
		}
	}
	return nil
}

func (s *side) simple(sql string) outcome { return s.run(&statement{sql: sql}) }

// run sends a statement and reads all of its answer.
func (s *side) run(st *statement) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), statementTimeout)
	defer cancel()
	start := time.Now()
	defer func() { s.spent += time.Since(start) }()
	var o outcome
	var err error
	switch {
	case st.copyIn != "":
		var tag pgconn.CommandTag
		tag, err = s.conn.CopyFrom(ctx, strings.NewReader(st.copyIn), st.sql)
		o.tag = tag.String()
	case strings.HasPrefix(st.sql, "COPY "):
		var b bytes.Buffer
		var tag pgconn.CommandTag
		tag, err = s.conn.CopyTo(ctx, &b, st.sql)
		o.tag, o.copied = tag.String(), b.Bytes()
	case st.extended:
		values := make([][]byte, len(st.args))
		for i, a := range st.args {
			values[i] = []byte(a)
		}
		var formats []int16
		if st.binary {
			formats = []int16{1}
		}
		r := s.conn.ExecParams(ctx, st.sql, values, nil, nil, formats)
		err = o.read(r)
	default:
		m := s.conn.Exec(ctx, st.sql)
		for m.NextResult() {
			if rerr := o.read(m.ResultReader()); rerr != nil {
				err = rerr
			}
		}
		if cerr := m.Close(); err == nil {
			err = cerr
		}
	}
	var pe *pgconn.PgError
	switch {
	case errors.As(err, &pe):
		// What came before the error is not an answer.
		o = outcome{code: pe.Code, message: pe.Message, position: pe.Position}
	case err != nil:
		o = outcome{code: "broken", message: err.Error()}
	}
	if !s.conn.IsClosed() {
		o.status = s.conn.TxStatus()
	}
	return o
}

func (o *outcome) read(r *pgconn.ResultReader) error {
	o.rows = nil
	for r.NextRow() {
		row := make([][]byte, len(r.Values()))
		for i, v := range r.Values() {
			if v != nil {
				row[i] = append([]byte{}, v...)
			}
		}
		o.rows = append(o.rows, row)
	}
	o.cols = slices.Clone(r.FieldDescriptions())
	tag, err := r.Close()
	o.tag = tag.String()
	return err
}

// difference says how two outcomes of a statement differ, "" if they do not. The
// first word is the kind of difference.
func difference(st *statement, ref, got *outcome) string {
	if ref.code != got.code {
		if r := allowed(st, ref, got); r != nil {
			return undecided + ": " + r.name
		}
		return fmt.Sprintf("code %s/%s: PostgreSQL %s, DriftDB %s", ref.code, got.code, orOK(ref), orOK(got))
	}
	if ref.status != got.status {
		return fmt.Sprintf("status: transaction status %c, DriftDB %c", ref.status, got.status)
	}
	if ref.code != "" || st.loose {
		return ""
	}
	if d := differentColumns(ref.cols, got.cols, st.folds()); d != "" {
		return d
	}
	if len(ref.rows) != len(got.rows) {
		return fmt.Sprintf("count: %d rows, DriftDB %d\n%s", len(ref.rows), len(got.rows), sample(ref, got))
	}
	if ref.tag != got.tag {
		return fmt.Sprintf("tag: %q, DriftDB %q", ref.tag, got.tag)
	}
	if st.kind == "copy/table out" && !strings.Contains(st.sql, "binary") {
		return differentLines(string(ref.copied), string(got.copied))
	}
	if !bytes.Equal(ref.copied, got.copied) && st.kind != "copy/table out" {
		return fmt.Sprintf("copy: %q, DriftDB %q", ref.copied, got.copied)
	}
	a, b := ref.rows, got.rows
	if st.keys > 0 && !sameRows(st.project(a), st.project(b), ref.cols) {
		return "order: of the sorting columns" + sample(ref, got)
	}
	if !st.ordered {
		a, b = sorted(a), sorted(b)
	}
	if !sameRows(a, b, ref.cols) {
		return "rows: " + sample(&outcome{rows: a, cols: ref.cols}, &outcome{rows: b, cols: got.cols})
	}
	return ""
}

// undecided begins the difference of a statement that a rule allows to end either
// way.
const undecided = "undecided"

// folds tells whether PostgreSQL may have replaced an output column by a constant
// whose type modifier is not the expression's.
func (st *statement) folds() bool {
	return strings.Contains(st.sql, "CASE ") || strings.Contains(st.sql, "coalesce(") || strings.Contains(st.sql, "nullif(")
}

func orOK(o *outcome) string {
	if o.code == "" {
		return "OK"
	}
	return o.code + " (" + o.message + ")"
}

func differentColumns(a, b []pgconn.FieldDescription, anyModifier bool) string {
	if len(a) != len(b) {
		return fmt.Sprintf("columns: %d, DriftDB %d", len(a), len(b))
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].DataTypeOID != b[i].DataTypeOID || a[i].TypeModifier != b[i].TypeModifier && !anyModifier || a[i].Format != b[i].Format {
			return fmt.Sprintf("columns: %d is %s type %d modifier %d, DriftDB %s %d %d", i+1, a[i].Name, a[i].DataTypeOID, a[i].TypeModifier, b[i].Name, b[i].DataTypeOID, b[i].TypeModifier)
		}
	}
	return ""
}

func differentLines(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	slices.Sort(x)
	slices.Sort(y)
	if !slices.Equal(x, y) {
		return fmt.Sprintf("copy: %q, DriftDB %q", x, y)
	}
	return ""
}

func (st *statement) project(rows [][][]byte) [][][]byte {
	out := make([][][]byte, len(rows))
	for i, r := range rows {
		out[i] = r[:st.keys]
	}
	return out
}

func sorted(rows [][][]byte) [][][]byte {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b [][]byte) int {
		for i := range a {
			if (a[i] == nil) != (b[i] == nil) {
				return map[bool]int{true: -1, false: 1}[a[i] == nil]
			}
			if c := bytes.Compare(a[i], b[i]); c != 0 {
				return c
			}
		}
		return 0
	})
	return rows
}

func sameRows(a, b [][][]byte, cols []pgconn.FieldDescription) bool {
	for i := range a {
		for j := range a[i] {
			x, y := a[i][j], b[i][j]
			if (x == nil) != (y == nil) || !bytes.Equal(x, y) && !close(x, y, cols[j]) {
				return false
			}
		}
	}
	return true
}

// close tells whether two floating-point values differ by no more than their last
// digits: the two use different mathematical libraries.
func close(a, b []byte, col pgconn.FieldDescription) bool {
	tolerance := 1e-13
	switch col.DataTypeOID {
	case 700:
		tolerance = 1e-6
	case 701:
	default:
		return false
	}
	x, y := number(a, col), number(b, col)
	return math.Abs(x-y) <= tolerance*math.Max(math.Abs(x), math.Abs(y))
}

func number(v []byte, col pgconn.FieldDescription) float64 {
	switch {
	case col.Format == 1 && len(v) == 8:
		return math.Float64frombits(binary.BigEndian.Uint64(v))
	case col.Format == 1 && len(v) == 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(v)))
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

// sample shows the first rows that differ.
func sample(a, b *outcome) string {
	var out strings.Builder
	show := func(name string, rows, other [][][]byte) {
		n := 0
		for i, r := range rows {
			if i < len(other) && len(rows) == len(other) && fmt.Sprintf("%q", r) == fmt.Sprintf("%q", other[i]) {
				continue
			}
			if n++; n > 4 {
				break
			}
			out.WriteString("\n  " + name + " ")
			for j, v := range r {
				switch {
				case v == nil:
					out.WriteString("NULL")
				case len(a.cols) > j && a.cols[j].Format == 1:
					fmt.Fprintf(&out, "%x", v)
				default:
					fmt.Fprintf(&out, "%q", v)
				}
				out.WriteString(" | ")
			}
		}
	}
	show("PostgreSQL", a.rows, b.rows)
	show("DriftDB   ", b.rows, a.rows)
	return out.String()
}
