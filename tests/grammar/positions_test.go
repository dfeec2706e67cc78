package grammar

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	pgquery "github.com/pganalyze/pg_query_go/v4"

	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/parse"
)

// TestPositions compares the positions of expressions: for each statement the
// set of offsets that our trees give to a kind of node must be the one the judge
// gives to its counterpart. A wrong offset would put the caret of an error in
// the wrong place.
func TestPositions(t *testing.T) {
	statements := regressStatements(t)
	checked, wrong := 0, 0
	for _, sql := range statements {
		if excused(sql, verdict{}, verdict{}) || !isASCII(sql) {
			continue
		}
		text, err := pgquery.ParseToJSON(sql)
		if err != nil {
			continue
		}
		var tree any
		if err := json.Unmarshal([]byte(text), &tree); err != nil {
			t.Fatal(err)
		}
		list, err := parse.Statements(sql)
		if err != nil {
			continue // TestRegressionFiles reports it
		}
		want, got := offsets{}, offsets{}
		collectJudge(tree, want)
		other := false
		for _, s := range list {
			_, isText := s.Stmt.(*ast.OtherStmt)
			other = other || isText
			collectOurs(reflect.ValueOf(s.Stmt), got)
		}
		if other {
			continue
		}
		checked++
		for _, kind := range slices.Compact(slices.Sorted(maps.Values(kinds))) {
			if w, g := want.String(kind), got.String(kind); w != g {
				if wrong++; wrong <= reportMax {
					t.Errorf("%s: want %s, got %s\n  %s", kind, w, g, sql)
				}
			}
		}
	}
	t.Logf("%d statements compared, %d kinds of nodes differ", checked, wrong)
}

// offsets maps a kind of node to its offsets.
type offsets map[string]map[int]bool

func (o offsets) add(kind string, pos int) {
	if pos < 0 {
		return
	}
	if o[kind] == nil {
		o[kind] = map[int]bool{}
	}
	o[kind][pos] = true
}

func (o offsets) String(kind string) string {
	var list []int
	for p := range o[kind] {
		list = append(list, p)
	}
	sort.Ints(list)
	return fmt.Sprint(list)
}

// collectJudge gathers the locations of the judge's tree. The kinds that stand in
// a field of their own type are named by the field.
func collectJudge(v any, out offsets) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			collectJudge(x, out)
		}
	case map[string]any:
		for key, x := range v {
			if m, ok := x.(map[string]any); ok {
				kind := key
				if _, relation := m["relname"]; relation {
					kind = "RangeVar"
				}
				if key == "collClause" {
					kind = "CollateClause"
				}
				if m["subtype"] == "AT_AlterColumnType" {
					continue // its column definition holds a type alone
				}
				pos := 0 // a zero is left out of the text
				if l, ok := m["location"].(float64); ok {
					pos = int(l)
				}
				out.add(kind, pos)
			}
			collectJudge(x, out)
		}
	}
}

// kinds names our nodes as the judge does.
var kinds = map[string]string{
	"ColumnRef": "ColumnRef", "RangeVar": "RangeVar", "FuncCall": "FuncCall", "Target": "ResTarget",
	"Case": "CaseExpr", "Param": "ParamRef", "ColumnDef": "ColumnDef", "SubLink": "SubLink", "NullTest": "NullTest",
	"OpExpr": "A_Expr", "AnyAll": "A_Expr", "DistinctFrom": "A_Expr", "NullIf": "A_Expr", "InList": "A_Expr",
	"LikeExpr": "A_Expr", "Between": "A_Expr", "BoolExpr": "BoolExpr", "TypeCast": "TypeCast", "Row": "RowExpr",
	"Coalesce": "CoalesceExpr", "MinMax": "MinMaxExpr", "SQLValueFunc": "SQLValueFunction",
	"Collate": "CollateClause", "BooleanTest": "BooleanTest", "GroupingFunc": "GroupingFunc",
}

func collectOurs(v reflect.Value, out offsets) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if !v.IsNil() {
			collectOurs(v.Elem(), out)
		}
	case reflect.Struct:
		if kind := kinds[v.Type().Name()]; kind != "" {
			out.add(kind, int(v.FieldByName("Pos").Int()))
		}
		if l, ok := v.Interface().(ast.SubLink); ok && l.Not {
			out.add("BoolExpr", l.Pos) // NOT over a sub-select
		}
		if l, ok := v.Interface().(ast.LikeExpr); ok && (l.Escape != nil || l.Kind == ast.SimilarTo) {
			out.add("FuncCall", l.Pos) // the judge has like_escape(pattern, escape)
		}
		for i := 0; i < v.NumField(); i++ {
			collectOurs(v.Field(i), out)
		}
	case reflect.Slice:
		for i := 0; i < v.Len(); i++ {
			collectOurs(v.Index(i), out)
		}
	}
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > 127 }) < 0
}

// TestPrinting prints every statement of the regression files and parses it
// again: the judge must accept what we print, and we must find the same text.
func TestPrinting(t *testing.T) {
	printed, wrong := 0, 0
	for _, sql := range regressStatements(t) {
		list, err := parse.Statements(sql)
		if err != nil {
			continue
		}
		for _, s := range list {
			printed++
			text := ast.Format(s.Stmt)
			if v := judge(text); v.msg != "" && !excused(text, v, v) {
				if wrong++; wrong <= reportMax {
					t.Errorf("the judge refuses what is printed: %v\n  %s", v, text)
				}
				continue
			}
			again, err := parse.Statements(text)
			if err != nil || len(again) != 1 || ast.Format(again[0].Stmt) != text {
				if wrong++; wrong <= reportMax {
					t.Errorf("printed twice differently: %v\n  %s", err, text)
				}
			}
		}
	}
	t.Logf("%d statements printed, %d wrong", printed, wrong)
}
