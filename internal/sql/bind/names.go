package bind

import (
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// columnRef resolves a name in an expression: a column, a whole row, or a
// function of a row written as a column.
func (b *binder) columnRef(blk *block, n *ast.ColumnRef) plan.Expr {
	switch blk.kind {
	case kindDefault:
		b.failf(n.Pos, pgcode.FeatureNotSupported, "cannot use column reference in DEFAULT expression")
	case kindMoment:
		b.unsupported(n.Pos, "A moment is a constant, a parameter, or an expression of these.",
			"cannot use column reference in FOR SYSTEM_TIME")
	}
	if n.Star {
		if len(n.Fields) == 0 {
			b.failf(n.Pos, pgcode.SyntaxError, "row expansion via \"*\" is not supported here")
		}
		return b.wholeRow(blk, b.tableForStar(blk, n), n.Pos)
	}
	schema, table, column := "", "", n.Fields[len(n.Fields)-1]
	switch len(n.Fields) {
	case 1:
		return b.bareColumn(blk, column, n.Pos)
	case 2:
		table = n.Fields[0]
	case 3:
		schema, table = n.Fields[0], n.Fields[1]
	case 4:
		if n.Fields[0] != b.cat.Database() {
			b.failf(n.Pos, pgcode.FeatureNotSupported, "cross-database references are not implemented: %s", strings.Join(n.Fields, "."))
		}
		schema, table = n.Fields[1], n.Fields[2]
	default:
		b.failf(n.Pos, pgcode.SyntaxError, "improper qualified name (too many dotted names): %s", strings.Join(n.Fields, "."))
	}
	item := b.findItem(blk, schema, table, n.Pos)
	if item == nil {
		b.failMissingItem(blk, schema, table, n.Pos)
	}
	if e := b.itemColumn(blk, item, column, n.Pos); e != nil {
		return e
	}
	if e := b.functionOfRow(blk, item, column, n.Pos); e != nil {
		return e
	}
	b.failMissingColumn(blk, table, column, n.Pos)
	return nil
}

// bareColumn resolves a name without qualification.
func (b *binder) bareColumn(blk *block, name string, pos int) plan.Expr {
	for level := blk; level != nil; level = level.parent {
		var found plan.Expr
		for _, item := range level.ns {
			if !item.colsVisible || item.lateralOnly && !level.lateral {
				continue
			}
			e := b.itemColumn(level, item, name, pos)
			if e == nil {
				continue
			}
			if found != nil {
				b.failf(pos, pgcode.AmbiguousColumn, "column reference %q is ambiguous", name)
			}
			b.checkLateral(level, item, pos)
			found = e
		}
		if found != nil {
			return found
		}
	}
	if item := b.findItem(blk, "", name, pos); item != nil {
		return b.wholeRow(blk, item, pos)
	}
	b.failMissingColumn(blk, "", name, pos)
	return nil
}

// itemColumn finds a column of a namespace entry, nil when it has none of that
// name; two of one name are an error.
func (b *binder) itemColumn(level *block, item *nsItem, name string, pos int) plan.Expr {
	var found plan.Expr
	for _, c := range item.cols {
		if c.name != name {
			continue
		}
		if found != nil {
			b.failf(pos, pgcode.AmbiguousColumn, "column reference %q is ambiguous", name)
		}
		found = at(c.expr, pos)
	}
	if found == nil {
		found = item.rte.pseudoColumn(b, name, pos)
	}
	return found
}

// findItem finds the namespace entry that a qualified name or a whole-row
// reference means, from the innermost level outwards; nil when there is none.
func (b *binder) findItem(blk *block, schema, table string, pos int) *nsItem {
	var oid uint32
	if schema != "" {
		if rel := b.cat.Relation(schema, table); rel != nil {
			oid = rel.Desc.Head().OID
		} else {
			return nil
		}
	}
	for level := blk; level != nil; level = level.parent {
		var found *nsItem
		for _, item := range level.ns {
			if !item.relVisible || item.lateralOnly && !level.lateral {
				continue
			}
			if schema == "" && item.name != table || schema != "" && !item.isRelation(oid) {
				continue
			}
			if found != nil {
				b.failf(pos, pgcode.AmbiguousAlias, "table reference %q is ambiguous", table)
			}
			b.checkLateral(level, item, pos)
			found = item
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// isRelation reports whether the entry is an unaliased reference to a relation.
func (i *nsItem) isRelation(oid uint32) bool {
	return i.rte.rel != nil && i.rte.alias == nil && i.rte.rel.Desc.Head().OID == oid
}

// checkLateral refuses a reference to the left side of a join that may not be
// seen from its right, such as from a RIGHT JOIN LATERAL.
func (b *binder) checkLateral(level *block, item *nsItem, pos int) {
	if !item.lateralOnly || item.lateralOK {
		return
	}
	err := pgerr.New(pgcode.InvalidColumnReference, "invalid reference to FROM-clause entry for table %q", item.name)
	if item.rte.target {
		err = err.WithHint("There is an entry for table %q, but it cannot be referenced from this part of the query.", item.name)
	} else {
		err = err.WithDetail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.")
	}
	b.fail(err.At(bytePos(pos)))
}

// functionOfRow resolves t.f as f(t) where the row's type has such a function;
// rows have no types of their own here, so only functions of record or any
// count. It returns nil when there is none.
func (b *binder) functionOfRow(blk *block, item *nsItem, name string, pos int) plan.Expr {
	row := b.wholeRow(blk, item, pos)
	f := b.lookupFunction([]string{name}, []plan.Expr{row}, nil, false, pos)
	if f == nil || f.ambiguous || f.castTo != 0 {
		return nil
	}
	if f.proc.Kind != 'f' {
		return b.funcCall(blk, &ast.FuncCall{Pos: pos, Name: []string{name}, Args: []ast.Expr{&ast.ColumnRef{Pos: pos, Fields: []string{item.name}, Star: true}}})
	}
	return b.finishCall(blk, &call{node: &ast.FuncCall{Pos: pos, Name: []string{name}}, args: []plan.Expr{row}}, f, nil)
}

// failMissingItem reports a qualification that means nothing.
func (b *binder) failMissingItem(blk *block, schema, table string, pos int) {
	var oid uint32
	if rel := b.cat.Relation(schema, table); rel != nil {
		oid = rel.Desc.Head().OID
	}
	for level := blk; level != nil; level = level.parent {
		for _, r := range level.rtes {
			sameRelation := oid != 0 && r.kind == rteTable && r.rel != nil && r.rel.Desc.Head().OID == oid ||
				oid != 0 && r.view != nil && r.view.OID == oid
			if !sameRelation && r.name != table {
				continue
			}
			err := pgerr.New(pgcode.UndefinedTable, "invalid reference to FROM-clause entry for table %q", table)
			if b.badAlias(blk, r, table) {
				err = err.WithHint("Perhaps you meant to reference the table alias %q.", r.name)
			} else {
				err = err.WithHint("There is an entry for table %q, but it cannot be referenced from this part of the query.", r.name)
			}
			b.fail(err.At(bytePos(pos)))
		}
	}
	b.failf(pos, pgcode.UndefinedTable, "missing FROM-clause entry for table %q", table)
}

// badAlias reports whether r was renamed by an alias, under which it is visible.
func (b *binder) badAlias(blk *block, r *rte, table string) bool {
	if r.name == table {
		return false
	}
	item := b.findItem(blk, "", r.name, -1)
	return item != nil && item.rte == r
}

// suggestion is a column that a misspelt name may have meant.
type suggestion struct {
	table, column string
	exact         bool
}

// failMissingColumn reports an unknown column with PostgreSQL's hints.
func (b *binder) failMissingColumn(blk *block, table, column string, pos int) {
	var err *pgerr.Error
	if table == "" {
		err = pgerr.New(pgcode.UndefinedColumn, "column %q does not exist", column)
	} else {
		err = pgerr.New(pgcode.UndefinedColumn, "column %s.%s does not exist", table, column)
	}
	switch found := closestColumns(blk, table, column); len(found) {
	case 1:
		if found[0].exact {
			err = err.WithHint("There is a column named %q in table %q, but it cannot be referenced from this part of the query.",
				column, found[0].table)
		} else {
			err = err.WithHint("Perhaps you meant to reference the column \"%s.%s\".", found[0].table, found[0].column)
		}
	case 2:
		err = err.WithHint("Perhaps you meant to reference the column \"%s.%s\" or the column \"%s.%s\".",
			found[0].table, found[0].column, found[1].table, found[1].column)
	}
	b.fail(err.At(bytePos(pos)))
}

// maxFuzzyDistance is the largest spelling distance that is worth a hint.
const maxFuzzyDistance = 3

// closestColumns finds the one or two columns nearest in spelling, as
// searchRangeTableForCol; more than two at the same distance give none.
func closestColumns(blk *block, table, column string) []suggestion {
	best := maxFuzzyDistance + 1
	var found []suggestion
	for level := blk; level != nil; level = level.parent {
		for _, r := range level.rtes {
			if r.kind == rteJoin {
				continue
			}
			penalty := 0
			if table != "" {
				if penalty = levenshtein(table, r.name, maxFuzzyDistance+1); penalty > maxFuzzyDistance {
					penalty = maxFuzzyDistance + 1
				}
			}
			for _, c := range r.cols {
				if c.name == column && penalty == 0 {
					return []suggestion{{r.name, c.name, true}}
				}
				if penalty > best {
					continue
				}
				d := levenshtein(column, c.name, best+1-penalty)
				if d > len(column)/2 {
					continue
				}
				switch d += penalty; {
				case d < best:
					best, found = d, []suggestion{{r.name, c.name, false}}
				case d == best && len(found) < 3:
					found = append(found, suggestion{r.name, c.name, false})
				}
			}
		}
	}
	if best > maxFuzzyDistance || len(found) > 2 {
		return nil
	}
	return found
}

// levenshtein returns the edit distance of two names, or some value above limit.
func levenshtein(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > limit || -d > limit {
		return limit + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next := min(row[j+1]+1, row[j]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(y)]
}
