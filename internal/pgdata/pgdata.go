// Package pgdata holds the built-in rows of PostgreSQL 15's system catalogs as
// data: types, functions, operators, casts, access methods, settings. Name and
// type resolution and pg_catalog read the same rows, so both agree with
// PostgreSQL by construction. It knows nothing of how any of it is implemented.
package pgdata

//go:generate go run ../../tools/genpgdata "host=127.0.0.1 user=driftdb dbname=driftdb" .

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed *.tsv
var files embed.FS

// Table is one catalog's rows, decoded from COPY text format. Read only.
type Table struct {
	Columns []string
	Rows    []Row
	index   map[string]int
}

// Row is one row of a Table.
type Row struct {
	table  *Table
	fields []string
}

// Load decodes the catalog of that name ("pg_type"). It panics when the name is
// not one of the embedded files, because that is a programming error. Each call
// decodes anew: callers keep what they need.
func Load(name string) *Table {
	raw, err := files.ReadFile(name + ".tsv")
	if err != nil {
		panic(fmt.Sprintf("pgdata: no table %q", name))
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	t := &Table{Columns: strings.Split(lines[0], "\t"), index: map[string]int{}}
	for i, c := range t.Columns {
		t.index[c] = i
	}
	t.Rows = make([]Row, 0, len(lines)-1)
	for _, line := range lines[1:] {
		t.Rows = append(t.Rows, Row{t, strings.Split(line, "\t")})
	}
	return t
}

// Null reports whether the column is NULL in this row.
func (r Row) Null(column string) bool { return r.fields[r.at(column)] == `\N` }

// Text returns the column's text, "" for NULL.
func (r Row) Text(column string) string {
	s := r.fields[r.at(column)]
	if s == `\N` {
		return ""
	}
	if strings.IndexByte(s, '\\') >= 0 {
		s = unescape(s)
	}
	return s
}

// Int returns the column as an integer, 0 for NULL.
func (r Row) Int(column string) int64 {
	n, _ := strconv.ParseInt(r.Text(column), 10, 64)
	return n
}

// OID returns the column as an oid, 0 for NULL.
func (r Row) OID(column string) uint32 { return uint32(r.Int(column)) }

// Bool returns the column as a boolean.
func (r Row) Bool(column string) bool { return r.fields[r.at(column)] == "t" }

func (r Row) at(column string) int {
	i, ok := r.table.index[column]
	if !ok {
		panic("pgdata: no column " + column)
	}
	return i
}

var unescaper = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\t`, "\t", `\r`, "\r")

func unescape(s string) string { return unescaper.Replace(s) }
