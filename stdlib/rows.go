package stdlib

import (
	"database/sql/driver"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/driftdb/driftdb"
)

// rows are a query's rows as database/sql wants them.
type rows struct {
	*driftdb.Rows
	columns []driftdb.Column
}

var (
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
)

func newRows(r *driftdb.Rows) *rows { return &rows{r, r.Columns()} }

// Columns implements driver.Rows.
func (r *rows) Columns() []string {
	list := make([]string, len(r.columns))
	for i, c := range r.columns {
		list[i] = c.Name
	}
	return list
}

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	if !r.Rows.Next() {
		if err := r.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	list, err := r.DriverValues()
	if err != nil {
		return err
	}
	for i, v := range list {
		dest[i] = v
	}
	return nil
}

// base is a type's name without its modifier, and the modifier's numbers.
func (r *rows) base(i int) (name string, modifier []int64) {
	name, rest, ok := strings.Cut(r.columns[i].Type, "(")
	if !ok {
		return name, nil
	}
	numbers, tail, _ := strings.Cut(rest, ")")
	for _, n := range strings.Split(numbers, ",") {
		if v, err := strconv.ParseInt(n, 10, 64); err == nil {
			modifier = append(modifier, v)
		}
	}
	return name + tail, modifier
}

// ColumnTypeDatabaseTypeName implements driver.RowsColumnTypeDatabaseTypeName.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	name, _ := r.base(i)
	return strings.ToUpper(name)
}

// ColumnTypeLength implements driver.RowsColumnTypeLength.
func (r *rows) ColumnTypeLength(i int) (int64, bool) {
	name, modifier := r.base(i)
	if len(modifier) == 1 && strings.HasPrefix(name, "character") {
		return modifier[0], true
	}
	return 0, false
}

// ColumnTypePrecisionScale implements driver.RowsColumnTypePrecisionScale.
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	name, modifier := r.base(i)
	if len(modifier) == 2 && name == "numeric" {
		return modifier[0], modifier[1], true
	}
	return 0, 0, false
}

// ColumnTypeScanType implements driver.RowsColumnTypeScanType.
func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	switch name, _ := r.base(i); name {
	case "boolean":
		return reflect.TypeFor[bool]()
	case "smallint", "integer", "bigint", "oid":
		return reflect.TypeFor[int64]()
	case "real", "double precision":
		return reflect.TypeFor[float64]()
	case "bytea":
		return reflect.TypeFor[[]byte]()
	case "date", "timestamp without time zone", "timestamp with time zone":
		return reflect.TypeFor[time.Time]()
	}
	return reflect.TypeFor[string]()
}
