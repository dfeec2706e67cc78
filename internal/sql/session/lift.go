package session

import (
	"context"
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// slot is a parameter of a shape's plan and the literal that fills it.
type slot struct {
	literal int
	minus   bool // a sign stands before it
	typ     types.OID
}

// fixedLiteral is a literal that a form's statements have in common.
type fixedLiteral struct {
	literal int
	text    string
}

// match returns the form of a shape that has these literals, or nil.
func (e *cacheEntry) match(literals []parse.Literal) *form {
	if e == nil {
		return nil
	}
	forms := e.forms.Load()
	if forms == nil {
		return nil
	}
	for _, f := range *forms {
		if f.accepts(literals) {
			return f
		}
	}
	return nil
}

func (f *form) accepts(literals []parse.Literal) bool {
	for _, x := range f.fixed {
		if literals[x.literal].Text != x.text {
			return false
		}
	}
	return true
}

// lifter replaces the literals of a statement's value positions by parameters.
// These positions are: an operand of a comparison with a column, the comparison
// being WHERE or a part of its AND; an item of INSERT's VALUES; a value of
// UPDATE's SET, or added to or subtracted from a column there. In all of them
// nothing but a literal's type matters to names, types and result columns.
type lifter struct {
	text     string
	literals []parse.Literal
	slots    []slot
	types    []types.OID // declared: 0 for strings, which take the type their context asks for
	taken    []bool
}

// statement does it for a statement that nobody else has yet.
func (l *lifter) statement(stmt ast.Stmt) {
	switch stmt := stmt.(type) {
	case *ast.SelectStmt:
		if stmt.With == nil && stmt.SetOp == ast.SetNone && stmt.Values == nil {
			l.condition(stmt.Where)
		}
	case *ast.UpdateStmt:
		if stmt.With != nil {
			return
		}
		for _, t := range stmt.Set {
			if len(t.Steps) == 0 {
				l.assigned(&t.Value)
			}
		}
		l.condition(stmt.Where)
	case *ast.DeleteStmt:
		if stmt.With == nil {
			l.condition(stmt.Where)
		}
	case *ast.InsertStmt:
		if q := stmt.Query; stmt.With == nil && q != nil && q.Values != nil && q.With == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil {
			for _, row := range q.Values {
				for i := range row {
					l.operand(&row[i])
				}
			}
		}
	}
}

func (l *lifter) condition(e ast.Expr) {
	switch e := e.(type) {
	case *ast.BoolExpr:
		if e.Op == ast.And {
			for _, a := range e.Args {
				l.condition(a)
			}
		}
	case *ast.OpExpr:
		switch e.Op.Name {
		case "=", "<", ">", "<=", ">=", "<>":
			l.beside(e)
		}
	}
}

func (l *lifter) assigned(e *ast.Expr) {
	if op, ok := (*e).(*ast.OpExpr); ok && (op.Op.Name == "+" || op.Op.Name == "-") {
		l.beside(op)
		return
	}
	l.operand(e)
}

// beside takes the literal that a column is compared or reckoned with.
func (l *lifter) beside(e *ast.OpExpr) {
	if e.Op.Qual != nil {
		return
	}
	if c, ok := e.Left.(*ast.ColumnRef); ok && !c.Star {
		l.operand(&e.Right)
	} else if c, ok := e.Right.(*ast.ColumnRef); ok && !c.Star && e.Left != nil {
		l.operand(&e.Left)
	}
}

// operand takes a literal.
func (l *lifter) operand(e *ast.Expr) {
	c, ok := (*e).(*ast.Const)
	if !ok || c.Kind != ast.ConstInt && c.Kind != ast.ConstFloat && c.Kind != ast.ConstString {
		return
	}
	i, _ := slices.BinarySearchFunc(l.literals, c.Pos, func(x parse.Literal, pos int) int { return x.Pos - pos })
	if i == len(l.literals) || l.taken[i] {
		return
	}
	s := slot{literal: i}
	switch before := l.text[c.Pos:l.literals[i].Pos]; {
	case before == "":
	case before[0] == '-' && strings.TrimSpace(before[1:]) == "" && l.literals[i].Kind != parse.LiteralString:
		s.minus = true
	default:
		return
	}
	l.taken[i] = true
	l.slots = append(l.slots, s)
	l.types = append(l.types, map[parse.LiteralKind]types.OID{
		parse.LiteralInt4: types.Int4, parse.LiteralInt8: types.Int8, parse.LiteralNumeric: types.Numeric,
	}[l.literals[i].Kind])
	*e = &ast.Param{Pos: c.Pos, Number: len(l.slots)}
}

// slotType reports whether a string literal may fill a parameter of that type:
// reading one depends on nothing but the session's settings.
func slotType(t types.OID) bool {
	switch t {
	case types.Bool, types.Int2, types.Int4, types.Int8, types.Float4, types.Float8, types.Numeric, types.Text, types.VarChar, types.BPChar,
		types.Name, types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.UUID, types.Bytea, types.JSON, types.JSONB:
		return true
	}
	return false
}

// value reads the literal of a slot as the binder would.
func (x slot) value(l *parse.Literal, f *pgfmt.Settings) (datum.Datum, error) {
	switch {
	case l.Kind == parse.LiteralInt4, l.Kind == parse.LiteralInt8:
		if x.minus {
			return datum.NewInt(-l.Int), nil
		}
		return datum.NewInt(l.Int), nil
	case x.minus:
		return pgfmt.ParseText("-"+l.Text, types.Of(x.typ), f)
	}
	return pgfmt.ParseText(l.Text, types.Of(x.typ), f)
}

// values reads the literals of a statement into the parameters of its form.
func (f *form) values(literals []parse.Literal, formats *pgfmt.Settings) ([]datum.Datum, error) {
	params := make([]datum.Datum, len(f.slots))
	for i, x := range f.slots {
		d, err := x.value(&literals[x.literal], formats)
		if err != nil {
			return nil, err
		}
		params[i] = d
	}
	return params, nil
}

// lift makes the form that a statement shares with others of its shape; nil when
// its plan is its own. p is the statement's plan with its literals in place: the
// form's must be the same but for the parameters, and take the short path, which
// one row takes whatever its key: no other plan could be better for some values.
func (s *Session) lift(ctx context.Context, st statement, p *planned) (*form, *planned, error) {
	if !p.program.Short() || len(p.stmt.Params) > 0 {
		return nil, nil, nil
	}
	list, _, err := s.parseStatements(st.text)
	if err != nil {
		return nil, nil, err
	}
	l := lifter{text: st.text, literals: st.shape.Literals, taken: make([]bool, len(st.shape.Literals))}
	l.statement(list[0].Stmt)
	if len(l.slots) == 0 {
		return nil, nil, nil
	}
	f := &form{text: st.text, list: list, slots: l.slots}
	for i, lit := range st.shape.Literals {
		if !l.taken[i] {
			f.fixed = append(f.fixed, fixedLiteral{i, lit.Text})
		}
	}
	own := statement{text: st.text, raw: f.raw(), types: l.types}
	lifted, err := s.bindIn(ctx, view{snapshot: p.tables.Catalog(), tables: p.tables, version: p.version}, own, true)
	if err != nil || len(lifted.stmt.Params) != len(f.slots) {
		return nil, nil, err
	}
	for i := range f.slots {
		if f.slots[i].typ = lifted.stmt.Params[i]; !slotType(f.slots[i].typ) {
			return nil, nil, nil
		}
	}
	same, err := f.same(st, lifted.stmt, p.stmt, s.formats())
	if err != nil || !same {
		return nil, nil, err
	}
	if err := s.compile(ctx, lifted); err != nil || !lifted.program.Short() {
		return nil, nil, err
	}
	lifted.newest = p.newest
	return f, lifted, nil
}

// same reports whether a bound statement with its literals put in place of the
// parameters is the statement that was bound with them.
func (f *form) same(st statement, lifted, plain *plan.Statement, formats *pgfmt.Settings) (bool, error) {
	params, err := f.values(st.shape.Literals, formats)
	if err != nil {
		return false, err
	}
	filled := *lifted
	filled.Params = plain.Params
	filled.Root = plan.RewriteRel(lifted.Root, func(e plan.Expr) plan.Expr {
		return plan.Rewrite(e, func(e plan.Expr) plan.Expr {
			if p, ok := e.(*plan.Param); ok {
				return &plan.Const{Loc: p.Loc, Typ: p.Typ, Value: params[p.Number-1]}
			}
			return e
		})
	})
	return plan.FormatStatement(&filled) == plan.FormatStatement(plain), nil
}
