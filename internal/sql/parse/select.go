package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// query parses gram.y's SelectStmt, with or without parentheses around it.
func (p *parser) query() *ast.SelectStmt {
	outer := p.enter()
	var with *ast.With
	if p.startsWith() {
		with = p.withClause()
	}
	q := p.queryWith(with)
	p.leave(outer)
	return q
}

// queryWith parses a query after its WITH clause.
func (p *parser) queryWith(with *ast.With) *ast.SelectStmt {
	return p.queryFrom(p.selectPrimary(), with)
}

// queryFrom parses the rest of a query whose first operand is given.
func (p *parser) queryFrom(q *ast.SelectStmt, with *ast.With) *ast.SelectStmt {
	q = p.setOperations(q, 0)
	p.selectTail(q)
	if with != nil {
		if q.With != nil {
			p.fail(pgcode.SyntaxError, with.Pos, "multiple WITH clauses not allowed")
		}
		q.With = with
	}
	return q
}

func (p *parser) selectWithParens() *ast.SelectStmt {
	p.expect('(')
	q := p.query()
	p.expect(')')
	return q
}

// setOperations extends left with the set operators of at least minPrec: 0 for
// UNION and EXCEPT, 1 for INTERSECT.
func (p *parser) setOperations(left *ast.SelectStmt, minPrec int) *ast.SelectStmt {
	for {
		op, prec := ast.Union, 0
		switch p.tok.cls {
		case kwUnion:
		case kwExcept:
			op = ast.Except
		case kwIntersect:
			op, prec = ast.Intersect, 1
		default:
			return left
		}
		if prec < minPrec {
			return left
		}
		p.advance()
		all := p.accept(kwAll)
		if !all {
			p.accept(kwDistinct)
		}
		right := p.setOperations(p.selectPrimary(), prec+1)
		left = &ast.SelectStmt{Pos: left.Pos, SetOp: op, All: all, Left: left, Right: right}
		p.grow()
	}
}

// selectPrimary parses an operand of a set operation.
func (p *parser) selectPrimary() *ast.SelectStmt {
	switch p.tok.cls {
	case '(':
		return p.selectWithParens()
	case kwValues:
		q := &ast.SelectStmt{Pos: p.tok.pos}
		p.advance()
		q.Values = list(p, func() []ast.Expr { return parenList(p, p.aExpr) })
		return q
	case kwTable:
		q := &ast.SelectStmt{Pos: p.tok.pos}
		p.advance()
		star := &ast.ColumnRef{Pos: -1, Star: true}
		q.Targets = []*ast.Target{{Pos: -1, Value: star}}
		q.From = []ast.TableExpr{p.temporalRelation(p.relationExpr())}
		return q
	case kwSelect:
		return p.simpleSelect()
	}
	p.syntaxError()
	return nil
}

func (p *parser) simpleSelect() *ast.SelectStmt {
	q := &ast.SelectStmt{Pos: p.tok.pos}
	p.advance()
	q.Hints = p.hintsAfter(q.Pos)
	switch {
	case p.accept(kwDistinct):
		q.Distinct = true
		if p.accept(kwOn) {
			q.DistinctOn = parenList(p, p.aExpr)
		}
		q.Targets = p.targetList()
	default:
		p.accept(kwAll)
		if !endsTargets(p.tok.cls) {
			q.Targets = p.targetList()
		}
	}
	if p.accept(kwInto) {
		q.Into = p.intoTarget()
	}
	q.From = p.fromClause()
	q.Where = p.whereClause()
	if p.accept(kwGroup) {
		p.expect(kwBy)
		if p.accept(kwDistinct) {
			q.GroupDistinct = true
		} else {
			p.accept(kwAll)
		}
		q.GroupBy = list(p, p.groupByItem)
	}
	if p.accept(kwHaving) {
		q.Having = p.aExpr()
	}
	if p.accept(kwWindow) {
		q.Windows = list(p, func() *ast.WindowDef {
			name := p.colID()
			p.expect(kwAs)
			if p.tok.cls != '(' {
				p.syntaxError()
			}
			return p.windowSpec(name)
		})
	}
	return q
}

// endsTargets tells whether a token may follow a select list.
func endsTargets(c class) bool {
	switch c {
	case tEOF, ';', ')', kwInto, kwFrom, kwWhere, kwGroup, kwHaving, kwWindow, kwUnion, kwIntersect,
		kwExcept, kwOrder, kwLimit, kwOffset, kwFetch, kwFor, kwOn, kwWith, kwReturning:
		return true
	}
	return false
}

func (p *parser) targetList() []*ast.Target { return list(p, p.target) }

// target parses an item of a select list.
func (p *parser) target() *ast.Target {
	t := &ast.Target{Pos: p.tok.pos}
	if p.tok.cls == '*' {
		t.Value = &ast.ColumnRef{Pos: t.Pos, Star: true}
		p.advance()
		return t
	}
	outer := p.labelDepth
	p.labelDepth = p.depth + 1
	t.Value = p.aExpr()
	p.labelDepth = outer
	if p.accept(kwAs) {
		t.Name = p.colLabel()
	} else if p.tok.cls.isBareLabel() {
		t.Name = p.tok.text
		p.advance()
	}
	return t
}

func (p *parser) fromClause() []ast.TableExpr {
	if !p.accept(kwFrom) {
		return nil
	}
	return p.fromList()
}

func (p *parser) fromList() []ast.TableExpr { return list(p, p.tableRef) }

func (p *parser) whereClause() ast.Expr {
	if !p.accept(kwWhere) {
		return nil
	}
	return p.aExpr()
}

// intoTarget parses SELECT INTO's table.
func (p *parser) intoTarget() *ast.Into {
	in := &ast.Into{Pos: p.tok.pos}
	persistence := ast.Permanent
	switch p.tok.cls {
	case kwTemp, kwTemporary, kwUnlogged, kwLocal, kwGlobal: // or a table of that name
		c := p.peek(1)
		if p.tok.cls == kwLocal || p.tok.cls == kwGlobal {
			if c == kwTemp || c == kwTemporary {
				persistence = p.persistence()
			}
		} else if c == kwTable || c.isColID() {
			persistence = p.persistence()
		}
	}
	p.accept(kwTable)
	in.Table = p.qualifiedName()
	in.Table.Persistence = persistence
	return in
}

// persistence parses [[LOCAL|GLOBAL] TEMP[ORARY] | UNLOGGED].
func (p *parser) persistence() ast.Persistence {
	switch p.tok.cls {
	case kwTemp, kwTemporary:
		p.advance()
		return ast.Temporary
	case kwLocal, kwGlobal:
		t := p.tok
		p.advance()
		if !p.accept(kwTemp) {
			p.expect(kwTemporary)
		}
		if t.cls == kwGlobal {
			p.notice(pgerr.New(pgcode.Warning, "GLOBAL is deprecated in temporary table creation").At(t.pos + 1))
		}
		return ast.Temporary
	case kwUnlogged:
		p.advance()
		return ast.Unlogged
	}
	return ast.Permanent
}

// notice leaves a warning for the client.
func (p *parser) notice(e *pgerr.Error) {
	if p.notices != nil {
		e.Severity = "WARNING"
		*p.notices = append(*p.notices, e)
	}
}

func (p *parser) groupByItem() ast.Expr {
	pos := p.tok.pos
	switch p.tok.cls {
	case '(':
		if p.peek(1) == ')' {
			p.advance()
			p.advance()
			return &ast.GroupingSet{Pos: pos, Kind: ast.GroupingEmpty}
		}
	case kwRollup, kwCube:
		if p.peek(1) == '(' {
			kind := ast.GroupingRollup
			if p.tok.cls == kwCube {
				kind = ast.GroupingCube
			}
			p.advance()
			return &ast.GroupingSet{Pos: pos, Kind: kind, Args: parenList(p, p.aExpr)}
		}
	case kwGrouping:
		if p.peek(1) == kwSets {
			outer := p.enter()
			p.advance()
			p.advance()
			g := &ast.GroupingSet{Pos: pos, Kind: ast.GroupingSets, Args: parenList(p, p.groupByItem)}
			p.leave(outer)
			return g
		}
	}
	return p.aExpr()
}

func (p *parser) sortClause() []*ast.SortBy {
	p.expect2(kwOrder, kwBy)
	return list(p, p.sortBy)
}

func (p *parser) sortBy() *ast.SortBy {
	s := &ast.SortBy{Pos: -1, Expr: p.aExpr()}
	if p.accept(kwUsing) {
		s.Direction = ast.SortUsing
		s.Pos = p.tok.pos
		s.Using = p.qualAllOp()
	} else {
		s.Direction = p.direction()
	}
	s.Nulls = p.nullsOrder()
	return s
}

func (p *parser) direction() ast.SortDirection {
	switch {
	case p.accept(kwAsc):
		return ast.SortAsc
	case p.accept(kwDesc):
		return ast.SortDesc
	}
	return ast.SortDefault
}

func (p *parser) nullsOrder() ast.NullsOrder {
	if !p.accept(tNullsLA) {
		return ast.NullsDefault
	}
	if p.accept(kwFirst) {
		return ast.NullsFirst
	}
	p.expect(kwLast)
	return ast.NullsLast
}

// limit collects the LIMIT, OFFSET and FETCH clauses of one query.
type limit struct {
	count, offset ast.Expr
	counted       bool // LIMIT or FETCH was written
	ties          bool
}

// selectTail parses ORDER BY, LIMIT, OFFSET, FETCH and FOR after a query. They
// join those q has from inside parentheses, as in PostgreSQL.
func (p *parser) selectTail(q *ast.SelectStmt) {
	var order []*ast.SortBy
	if p.tok.cls == kwOrder {
		order = p.sortClause()
	}
	if order != nil {
		if q.OrderBy != nil {
			p.fail(pgcode.SyntaxError, ast.Leftmost(order[0].Expr), "multiple ORDER BY clauses not allowed")
		}
		q.OrderBy = order
	}
	if p.startsLocking() {
		q.Locking = append(q.Locking, p.locking()...)
		p.addLimit(q, p.limits())
		return
	}
	l := p.limits()
	if p.startsLocking() {
		q.Locking = append(q.Locking, p.locking()...)
	}
	p.addLimit(q, l)
}

func (p *parser) startsLocking() bool {
	return p.tok.cls == kwFor && !p.peekToken(1).isWord(wordSystemTime)
}

func (p *parser) addLimit(q *ast.SelectStmt, l limit) {
	if l.offset != nil {
		if q.Offset != nil {
			p.fail(pgcode.SyntaxError, ast.Leftmost(l.offset), "multiple OFFSET clauses not allowed")
		}
		q.Offset = l.offset
	}
	if !l.counted {
		return
	}
	if q.Limit != nil {
		p.fail(pgcode.SyntaxError, ast.Leftmost(l.count), "multiple LIMIT clauses not allowed")
	}
	q.Limit = l.count
	if !l.ties {
		return
	}
	if q.OrderBy == nil {
		p.fail(pgcode.SyntaxError, -1, "WITH TIES cannot be specified without ORDER BY clause")
	}
	for _, lock := range q.Locking {
		if lock.Wait == ast.LockSkip {
			p.fail(pgcode.SyntaxError, -1, "SKIP LOCKED and WITH TIES options cannot be used together")
		}
	}
	q.WithTies = true
}

// limits parses LIMIT or FETCH and OFFSET in either order.
func (p *parser) limits() limit {
	var l limit
	for {
		switch {
		case p.tok.cls == kwLimit && !l.counted:
			pos := p.tok.pos
			p.advance()
			l.counted = true
			if p.tok.cls == kwAll {
				l.count = &ast.Const{Pos: p.tok.pos, Kind: ast.ConstNull}
				p.advance()
			} else {
				l.count = p.aExpr()
			}
			if p.accept(',') {
				p.aExpr()
				panic(pgerr.New(pgcode.SyntaxError, "LIMIT #,# syntax is not supported").
					WithHint("Use separate LIMIT and OFFSET clauses.").At(pos + 1))
			}
		case p.tok.cls == kwFetch && !l.counted:
			l.counted = true
			p.fetchFirst(&l)
		case p.tok.cls == kwOffset && l.offset == nil:
			p.advance()
			l.offset = p.offsetValue()
		default:
			return l
		}
	}
}

// offsetValue parses the number of OFFSET. ROW or ROWS may follow a simple value
// only.
func (p *parser) offsetValue() ast.Expr {
	outer := p.enter()
	simple := true
	switch p.tok.cls {
	case '+', '-':
		simple = p.peek(1) == tIconst || p.peek(1) == tFconst
	case tOp, kwNot, tNotLA, kwDefault, kwOperator:
		simple = false
	}
	start := p.tok.pos
	e := p.prefix(modeA)
	end := p.prevEnd
	if c := p.sql[start]; (c == '+' || c == '-') && simple {
		simple = isNumber(e)
	}
	e = p.operators(e, precNone, modeA)
	p.leave(outer)
	if simple && p.prevEnd == end && !p.accept(kwRow) {
		p.accept(kwRows)
	}
	return e
}

// isNumber tells whether e is a number with at most a sign.
func isNumber(e ast.Expr) bool {
	if o, ok := e.(*ast.OpExpr); ok {
		e = o.Right
	}
	_, ok := e.(*ast.Const)
	return ok
}

// fetchFirst parses FETCH FIRST|NEXT [n] ROW|ROWS ONLY|WITH TIES.
func (p *parser) fetchFirst(l *limit) {
	p.advance()
	if !p.accept(kwFirst) {
		p.expect(kwNext)
	}
	unit := p.tok.cls == kwRow || p.tok.cls == kwRows // or a column of that name
	switch next := p.peek(1); {
	case unit && (next == kwOnly || next == kwWith):
		l.count = &ast.Const{Pos: -1, Kind: ast.ConstInt, Int: 1}
	case p.tok.cls == '+' || p.tok.cls == '-':
		pos, minus := p.tok.pos, p.tok.cls == '-'
		p.advance()
		if p.tok.cls != tIconst && p.tok.cls != tFconst {
			p.syntaxError()
		}
		l.count = p.literal()
		if minus {
			l.count = negate(l.count, pos)
		} else {
			l.count = &ast.OpExpr{Pos: pos, Op: ast.Op{Name: "+"}, Right: l.count}
		}
	default:
		l.count = p.cExpr(modeA)
	}
	if !p.accept(kwRow) {
		p.expect(kwRows)
	}
	if p.accept(kwOnly) {
		return
	}
	p.expect2(kwWith, kwTies)
	l.ties = true
}

// locking parses a list of FOR UPDATE|SHARE... clauses, or FOR READ ONLY, which
// means nothing.
func (p *parser) locking() []*ast.Locking {
	var out []*ast.Locking
	for p.startsLocking() {
		l := &ast.Locking{Pos: p.tok.pos}
		p.advance()
		switch p.tok.cls {
		case kwUpdate:
			l.Strength = ast.LockForUpdate
		case kwShare:
			l.Strength = ast.LockForShare
		case kwNo:
			p.advance()
			p.expect(kwKey)
			l.Strength = ast.LockForNoKeyUpdate
			if p.tok.cls != kwUpdate {
				p.syntaxError()
			}
		case kwKey:
			p.advance()
			l.Strength = ast.LockForKeyShare
			if p.tok.cls != kwShare {
				p.syntaxError()
			}
		case kwRead:
			if len(out) > 0 {
				p.syntaxError()
			}
			p.advance()
			p.expect(kwOnly)
			return nil
		default:
			p.syntaxError()
		}
		p.advance()
		if p.accept(kwOf) {
			l.Of = list(p, p.qualifiedName)
		}
		if p.accept(kwNowait) {
			l.Wait = ast.LockNowait
		} else if p.accept(kwSkip) {
			p.expect(kwLocked)
			l.Wait = ast.LockSkip
		}
		out = append(out, l)
	}
	return out
}

// startsWith tells whether tok is WITH, whatever follows it.
func (p *parser) startsWith() bool { return p.tok.cls == kwWith || p.tok.cls == tWithLA }

// withClause parses WITH and its queries.
func (p *parser) withClause() *ast.With {
	w := &ast.With{Pos: p.tok.pos}
	p.advance()
	// a table expression may be named recursive
	if p.tok.cls == kwRecursive && p.peek(1) != kwAs && p.peek(1) != '(' {
		p.advance()
		w.Recursive = true
	}
	w.CTEs = list(p, p.cte)
	return w
}

func (p *parser) cte() *ast.CTE {
	c := &ast.CTE{Pos: p.here(), Name: p.colID(), Columns: p.optParenNames()}
	p.expect(kwAs)
	switch {
	case p.accept(kwMaterialized):
		c.Materialize = ast.MaterializeAlways
	case p.accept(kwNot):
		p.expect(kwMaterialized)
		c.Materialize = ast.MaterializeNever
	}
	p.expect('(')
	c.Query = p.preparable()
	p.expect(')')
	if p.tok.cls == kwSearch {
		c.Search = p.cteSearch()
	}
	if p.tok.cls == kwCycle {
		c.Cycle = p.cteCycle()
	}
	return c
}

func (p *parser) cteSearch() *ast.CTESearch {
	s := &ast.CTESearch{Pos: p.tok.pos}
	p.advance()
	if p.accept(kwBreadth) {
		s.BreadthFirst = true
	} else {
		p.expect(kwDepth)
	}
	p.expect2(kwFirst, kwBy)
	s.Columns = p.nameList()
	p.expect(kwSet)
	s.SetColumn = p.colID()
	return s
}

func (p *parser) cteCycle() *ast.CTECycle {
	c := &ast.CTECycle{Pos: p.tok.pos}
	p.advance()
	c.Columns = p.nameList()
	p.expect(kwSet)
	c.MarkColumn = p.colID()
	if p.accept(kwTo) {
		c.MarkValue = p.constExpr()
		p.expect(kwDefault)
		c.MarkDefault = p.constExpr()
	}
	p.expect(kwUsing)
	c.PathColumn = p.colID()
	return c
}

// constExpr parses gram.y's AexprConst: a literal, with a type or without.
func (p *parser) constExpr() ast.Expr {
	t := p.tok
	switch t.cls {
	case tIconst, tFconst, tSconst, tBconst, kwTrue, kwFalse, kwNull:
		return p.cExpr(modeB)
	}
	if p.startsConstType() {
		return p.typedLiteral()
	}
	if !t.cls.isColID() && !t.cls.isTypeFuncName() {
		p.syntaxError()
	}
	names := []string{t.text}
	p.advance()
	if t.cls.isColID() {
		names = p.attrs(names)
	}
	var mods []ast.Expr
	if (len(names) > 1 || t.cls.isTypeFuncName()) && p.tok.cls == '(' {
		f := p.funcApplication(names, t.pos)
		if !p.literalCall || len(f.Args) == 0 || p.tok.cls != tSconst {
			p.syntaxError()
		}
		mods = p.typmodsFromArgs(f)
	}
	if len(names) == 1 && !t.cls.isTypeFuncName() {
		p.syntaxError()
	}
	return p.namedLiteral(names, mods, t.pos)
}

// preparable parses a SELECT, INSERT, UPDATE, DELETE or MERGE.
func (p *parser) preparable() ast.Stmt {
	outer := p.enter()
	defer p.leave(outer)
	var with *ast.With
	if p.startsWith() {
		with = p.withClause()
	}
	switch p.tok.cls {
	case kwInsert:
		return p.insertStmt(with)
	case kwUpdate:
		return p.updateStmt(with)
	case kwDelete:
		return p.deleteStmt(with)
	case kwMerge:
		return p.mergeStmt(with)
	}
	return p.queryWith(with)
}
