package builtin

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// comparator orders two values that are not NULL.
type comparator func(a, b datum.Datum) (int, error)

// comparisons maps operator names to what they ask of an order.
var comparisons = map[string]func(c int) bool{
	"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 },
	"<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
	">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
	"~<~": func(c int) bool { return c < 0 }, "~<=~": func(c int) bool { return c <= 0 },
	"~>~": func(c int) bool { return c > 0 }, "~>=~": func(c int) bool { return c >= 0 },
	"*=": func(c int) bool { return c == 0 }, "*<>": func(c int) bool { return c != 0 },
	"*<": func(c int) bool { return c < 0 }, "*<=": func(c int) bool { return c <= 0 },
	"*>": func(c int) bool { return c > 0 }, "*>=": func(c int) bool { return c >= 0 },
}

func init() {
	for _, o := range opsByOID {
		test := comparisons[o.Name]
		order := comparatorFor(o.Left, o.Right)
		if test == nil || order == nil || o.Result != types.Bool || o.Proc == nil {
			continue
		}
		o.Proc.Eval = func(_ *Context, args []datum.Datum) (datum.Datum, error) {
			c, err := order(args[0], args[1])
			return datum.NewBool(test(c)), err
		}
	}
	for _, r := range pgdata.Load("pg_amproc").Rows {
		p := procsByOID[r.OID("amproc")]
		if r.Int("amprocnum") != 1 || p == nil || strings.HasPrefix(p.Source, "gin_") || len(p.Args) != 2 || p.Ret != types.Int4 {
			continue
		}
		if order := comparatorFor(p.Args[0], p.Args[1]); order != nil {
			p.Eval = func(_ *Context, args []datum.Datum) (datum.Datum, error) {
				c, err := order(args[0], args[1])
				return datum.NewInt(int64(c)), err
			}
		}
	}
	for source, args := range largerOf {
		order := comparatorFor(args, args)
		register := func(name string, wantSign int) {
			fn2(name, func(a, b datum.Datum) (datum.Datum, error) {
				c, err := order(a, b)
				if c*wantSign > 0 || c == 0 && (args == types.BPChar || args == types.Tid) {
					return a, err
				}
				return b, err
			})
		}
		register(source+"larger", 1)
		register(source+"smaller", -1)
	}
}

// largerOf maps the stems of the xlarger and xsmaller functions to their types.
var largerOf = map[string]types.OID{
	"int2": types.Int2, "int4": types.Int4, "int8": types.Int8, "oid": types.Oid, "float4": types.Float4, "float8": types.Float8,
	"numeric_": types.Numeric, "text_": types.Text, "bpchar_": types.BPChar, "array_": types.AnyArray, "tid": types.Tid,
	"xid8_": types.Xid8, "date_": types.Date, "time_": types.Time, "timetz_": types.TimeTZ, "timestamp_": types.Timestamp,
	"interval_": types.Interval,
}

// comparatorFor returns how values of two types compare, or nil when that is
// not built here.
func comparatorFor(left, right types.OID) comparator {
	switch {
	case isIntType(left) && isIntType(right):
		return func(a, b datum.Datum) (int, error) { return cmp.Compare(a.Int(), b.Int()), nil }
	case left == types.Xid8 && right == types.Xid8:
		return func(a, b datum.Datum) (int, error) { return cmp.Compare(uint64(a.Int()), uint64(b.Int())), nil }
	case isFloatType(left) && isFloatType(right):
		return func(a, b datum.Datum) (int, error) { return datum.CompareFloat(a.Float(), b.Float()), nil }
	case isTextType(left) && isTextType(right):
		return func(a, b datum.Datum) (int, error) { return strings.Compare(a.Str(), b.Str()), nil }
	case left != right:
		return nil
	case left == types.Tid:
		return compareTids
	case left == types.Int2Vector || left == types.OidVector:
		return compareVectors
	case left == types.AnyArray:
		return compareArrays
	case left == types.Record:
		return compareRecords
	}
	switch datum.KindOf(left) {
	case datum.Bool, datum.Numeric, datum.BPChar, datum.Bytea, datum.Date, datum.Time, datum.TimeTZ, datum.Timestamp,
		datum.TimestampTZ, datum.Interval, datum.UUID, datum.JSONB:
		return func(a, b datum.Datum) (int, error) { return datum.Compare(a, b), nil }
	}
	return nil
}

func isIntType(oid types.OID) bool {
	switch oid {
	case types.Int2, types.Int4, types.Int8, types.Oid, types.Xid, types.Cid:
		return true
	}
	return types.IsReg(oid)
}

func isFloatType(oid types.OID) bool { return oid == types.Float4 || oid == types.Float8 }

func isTextType(oid types.OID) bool {
	return oid == types.Text || oid == types.VarChar || oid == types.Name || oid == types.Char
}

// compareTids orders tuple ids, kept as text, by block and then offset.
func compareTids(a, b datum.Datum) (int, error) {
	ab, ao := splitTid(a.Str())
	bb, bo := splitTid(b.Str())
	return cmp.Or(cmp.Compare(ab, bb), cmp.Compare(ao, bo)), nil
}

func splitTid(s string) (block, offset uint64) {
	left, right, _ := strings.Cut(strings.Trim(s, "()"), ",")
	block, _ = strconv.ParseUint(left, 10, 32)
	offset, _ = strconv.ParseUint(right, 10, 16)
	return block, offset
}

// compareVectors orders oidvectors by length first.
func compareVectors(a, b datum.Datum) (int, error) {
	x, y := a.Array().Elems, b.Array().Elems
	return cmp.Or(cmp.Compare(len(x), len(y)), datum.Compare(a, b)), nil
}

func compareArrays(a, b datum.Datum) (int, error) {
	x, y := a.Array(), b.Array()
	if x.Elem != y.Elem {
		return 0, pgerr.New(pgcode.DatatypeMismatch, "cannot compare arrays of different element types")
	}
	if err := checkComparable(types.OID(x.Elem)); err != nil {
		return 0, err
	}
	return datum.Compare(a, b), nil
}

// checkComparable refuses types without an order (42883).
func checkComparable(oid types.OID) error {
	switch oid {
	case types.JSON, types.XML, types.Xid:
		return pgerr.New(pgcode.UndefinedFunction, "could not identify a comparison function for type %s", pgfmt.TypeName(oid))
	}
	return nil
}

func compareRecords(a, b datum.Datum) (int, error) {
	x, y := a.Record(), b.Record()
	for i := 0; i < len(x.Fields) && i < len(y.Fields); i++ {
		if x.Types[i] != y.Types[i] && datum.KindOf(types.OID(x.Types[i])) != datum.KindOf(types.OID(y.Types[i])) {
			return 0, pgerr.New(pgcode.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d",
				pgfmt.TypeName(types.OID(x.Types[i])), pgfmt.TypeName(types.OID(y.Types[i])), i+1)
		}
		if err := checkComparable(types.OID(x.Types[i])); err != nil {
			return 0, err
		}
		if c := datum.CompareNulls(x.Fields[i], y.Fields[i]); c != 0 {
			return c, nil
		}
	}
	if len(x.Fields) != len(y.Fields) {
		return 0, pgerr.New(pgcode.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return 0, nil
}
