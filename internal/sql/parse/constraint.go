package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// columnConstraints parses the constraints, attributes and collation behind a
// column's type into d.
func (p *parser) columnConstraints(d *ast.ColumnDef) {
	a := attributes{}
	for {
		pos := p.tok.pos
		switch p.tok.cls {
		case kwCollate:
			c := p.collateClause()
			if d.Collate != nil {
				p.fail(pgcode.SyntaxError, c.Pos, "multiple COLLATE clauses not allowed")
			}
			d.Collate = c
			continue
		case kwConstraint:
			p.advance()
			name := p.colID()
			c := p.columnConstraint(pos)
			if c == nil {
				p.syntaxError()
			}
			c.Name = name
			d.Constraints = append(d.Constraints, c)
			a = attributes{}
			continue
		}
		if p.constraintAttribute(d, &a) {
			continue
		}
		c := p.columnConstraint(pos)
		if c == nil {
			return
		}
		d.Constraints = append(d.Constraints, c)
		a = attributes{}
	}
}

// columnConstraint parses one constraint of a column without its name; nil when
// tok begins none.
func (p *parser) columnConstraint(pos int) *ast.Constraint {
	c := &ast.Constraint{Pos: pos}
	switch p.tok.cls {
	case kwNot:
		p.advance()
		p.expect(kwNull)
		c.Kind = ast.ConstraintNotNull
	case kwNull:
		p.advance()
		c.Kind = ast.ConstraintNull
	case kwUnique:
		p.advance()
		c.Kind = ast.ConstraintUnique
		c.NullsNotDistinct = p.nullTreatment()
		p.indexConstraintOptions(c)
	case kwPrimary:
		p.advance()
		p.expect(kwKey)
		c.Kind = ast.ConstraintPrimaryKey
		p.indexConstraintOptions(c)
	case kwCheck:
		p.checkConstraint(c)
		if p.accept(kwNo) {
			p.expect(kwInherit)
			c.NoInherit = true
		}
	case kwDefault:
		p.advance()
		c.Kind = ast.ConstraintDefault
		c.Expr = p.bExpr()
	case kwGenerated:
		p.generated(c)
	case kwReferences:
		p.references(c)
	default:
		return nil
	}
	return c
}

func (p *parser) checkConstraint(c *ast.Constraint) {
	c.Kind = ast.ConstraintCheck
	p.expect2(kwCheck, '(')
	c.Expr = p.aExpr()
	p.expect(')')
}

// indexConstraintOptions parses [WITH (...)] [USING INDEX TABLESPACE name].
func (p *parser) indexConstraintOptions(c *ast.Constraint) {
	if p.accept(kwWith) {
		c.Options = p.definition()
	}
	if p.accept(kwUsing) {
		p.expect2(kwIndex, kwTablespace)
		c.Tablespace = p.colID()
	}
}

// generatedWhen parses ALWAYS or BY DEFAULT.
func (p *parser) generatedWhen() (always bool) {
	if p.accept(kwAlways) {
		return true
	}
	p.expect2(kwBy, kwDefault)
	return false
}

func (p *parser) generated(c *ast.Constraint) {
	p.advance()
	whenPos := p.tok.pos
	c.Always = p.generatedWhen()
	p.expect(kwAs)
	if p.accept(kwIdentity) {
		c.Kind = ast.ConstraintIdentity
		c.Options = p.optParenSeqOptions()
		return
	}
	c.Kind = ast.ConstraintGenerated
	p.expect('(')
	c.Expr = p.aExpr()
	p.expect(')')
	p.expect(kwStored)
	if !c.Always {
		p.fail(pgcode.SyntaxError, whenPos, "for a generated column, GENERATED ALWAYS must be specified")
	}
}

// references parses REFERENCES table ... of a foreign key.
func (p *parser) references(c *ast.Constraint) {
	c.Kind = ast.ConstraintForeignKey
	p.expect(kwReferences)
	c.RefTable = p.qualifiedName()
	c.RefColumns = p.optParenNames()
	if pos := p.tok.pos; p.accept(kwMatch) {
		switch {
		case p.accept(kwFull):
			c.Match = ast.MatchFull
		case p.accept(kwPartial):
			p.fail(pgcode.FeatureNotSupported, pos, "MATCH PARTIAL not yet implemented")
		default:
			p.expect(kwSimple)
		}
	}
	update, del := false, false
	for p.tok.cls == kwOn {
		switch next := p.peek(1); {
		case next == kwUpdate && !update:
			pos := p.tok.pos
			p.advance()
			p.advance()
			update = true
			var what string
			var columns []string
			c.OnUpdate, columns, what = p.keyAction()
			if columns != nil {
				p.fail(pgcode.FeatureNotSupported, pos, "a column list with %s is only supported for ON DELETE actions", what)
			}
		case next == kwDelete && !del:
			p.advance()
			p.advance()
			del = true
			c.OnDelete, c.OnDeleteCols, _ = p.keyAction()
		default:
			p.advance()
			p.syntaxError()
		}
	}
}

func (p *parser) keyAction() (_ ast.FKAction, columns []string, what string) {
	switch {
	case p.accept(kwNo):
		p.expect(kwAction)
		return ast.FKNoAction, nil, ""
	case p.accept(kwRestrict):
		return ast.FKRestrict, nil, ""
	case p.accept(kwCascade):
		return ast.FKCascade, nil, ""
	}
	p.expect(kwSet)
	if p.accept(kwNull) {
		return ast.FKSetNull, p.optParenNames(), "SET NULL"
	}
	p.expect(kwDefault)
	return ast.FKSetDefault, p.optParenNames(), "SET DEFAULT"
}

// attributes tells what was written about the last constraint of a column.
type attributes struct {
	deferrability, initially bool
}

// constraintAttribute parses [NOT] DEFERRABLE or INITIALLY ... of the last
// constraint; false when tok begins none.
func (p *parser) constraintAttribute(d *ast.ColumnDef, a *attributes) bool {
	pos := p.tok.pos
	var clause string
	switch {
	case p.tok.cls == kwDeferrable:
		clause = "DEFERRABLE"
	case p.tok.cls == kwNot && p.peek(1) == kwDeferrable:
		clause = "NOT DEFERRABLE"
		p.advance()
	case p.tok.cls == kwInitially:
		p.advance()
		clause = "INITIALLY DEFERRED"
		if p.tok.cls == kwImmediate {
			clause = "INITIALLY IMMEDIATE"
		} else if p.tok.cls != kwDeferred {
			p.syntaxError()
		}
	default:
		return false
	}
	p.advance()
	var last *ast.Constraint
	if n := len(d.Constraints); n > 0 {
		last = d.Constraints[n-1]
	}
	if last == nil || !deferrable(last.Kind) {
		p.fail(pgcode.SyntaxError, pos, "misplaced %s clause", clause)
	}
	switch clause {
	case "DEFERRABLE", "NOT DEFERRABLE":
		if a.deferrability {
			p.fail(pgcode.SyntaxError, pos, "multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed")
		}
		a.deferrability = true
		last.Deferrable = clause == "DEFERRABLE"
		last.NotDeferrable = !last.Deferrable
	default:
		if a.initially {
			p.fail(pgcode.SyntaxError, pos, "multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed")
		}
		a.initially = true
		last.InitDeferred = clause == "INITIALLY DEFERRED"
		last.InitImmediate = !last.InitDeferred
	}
	if last.InitDeferred {
		if last.NotDeferrable {
			p.fail(pgcode.SyntaxError, pos, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
		}
		last.Deferrable = true
	}
	return true
}

func deferrable(k ast.ConstraintKind) bool {
	switch k {
	case ast.ConstraintPrimaryKey, ast.ConstraintUnique, ast.ConstraintExclude, ast.ConstraintForeignKey:
		return true
	}
	return false
}

func (p *parser) startsTableConstraint() bool {
	switch p.tok.cls {
	case kwConstraint, kwCheck, kwUnique, kwPrimary, kwForeign:
		return true
	case kwExclude: // a column may have that name
		return p.peek(1) == kwUsing || p.peek(1) == '('
	}
	return false
}

// tableConstraint parses a table's constraint with its name.
func (p *parser) tableConstraint() *ast.Constraint {
	c := &ast.Constraint{Pos: p.tok.pos}
	if p.accept(kwConstraint) {
		c.Name = p.colID()
	}
	what := p.constraintBody(c)
	p.constraintAttributes(c, what)
	return c
}

// constraintBody parses a constraint up to its attributes and returns its kind
// as messages name it.
func (p *parser) constraintBody(c *ast.Constraint) string {
	switch p.tok.cls {
	case kwCheck:
		p.checkConstraint(c)
		return "CHECK"
	case kwUnique:
		p.advance()
		c.Kind = ast.ConstraintUnique
		if p.existingIndex(c) {
			return "UNIQUE"
		}
		c.NullsNotDistinct = p.nullTreatment()
		p.keyColumns(c)
		return "UNIQUE"
	case kwPrimary:
		p.advance()
		p.expect(kwKey)
		c.Kind = ast.ConstraintPrimaryKey
		if !p.existingIndex(c) {
			p.keyColumns(c)
		}
		return "PRIMARY KEY"
	case kwExclude:
		p.excludeConstraint(c)
		return "EXCLUDE"
	case kwForeign:
		p.advance()
		p.expect(kwKey)
		c.Columns = p.parenNames()
		p.references(c)
		return "FOREIGN KEY"
	}
	p.syntaxError()
	return ""
}

func (p *parser) existingIndex(c *ast.Constraint) bool {
	if !p.accept(kwUsing) {
		return false
	}
	p.expect(kwIndex)
	c.UsingIndex = p.colID()
	return true
}

func (p *parser) keyColumns(c *ast.Constraint) {
	c.Columns = p.parenNames()
	if p.accept(kwInclude) {
		c.Including = p.parenNames()
	}
	p.indexConstraintOptions(c)
}

func (p *parser) excludeConstraint(c *ast.Constraint) {
	c.Kind = ast.ConstraintExclude
	p.advance()
	c.AccessMethod = p.optUsingName()
	c.Exclusions = parenList(p, func() ast.ExcludeElem {
		e := ast.ExcludeElem{Elem: p.indexElem()}
		p.expect(kwWith)
		if p.tok.cls == kwOperator && p.peek(1) == '(' {
			e.Op = p.qualOp()
		} else {
			e.Op = p.anyOperator()
		}
		return e
	})
	if p.accept(kwInclude) {
		c.Including = p.parenNames()
	}
	p.indexConstraintOptions(c)
	if p.accept(kwWhere) {
		p.expect('(')
		c.Where = p.aExpr()
		p.expect(')')
	}
}

// constraintAttributes parses the attributes of a table constraint and refuses
// those its kind cannot have.
func (p *parser) constraintAttributes(c *ast.Constraint, what string) {
	for p.oneAttribute(c) {
	}
	cannot := func(property string) { // PostgreSQL gives no position
		p.fail(pgcode.FeatureNotSupported, -1, "%s constraints cannot be marked %s", what, property)
	}
	if c.InitDeferred {
		c.Deferrable = true
	}
	check, fk := c.Kind == ast.ConstraintCheck, c.Kind == ast.ConstraintForeignKey
	switch {
	case c.Deferrable && check:
		cannot("DEFERRABLE")
	case c.NotValid && !check && !fk:
		cannot("NOT VALID")
	case c.NoInherit && !check:
		cannot("NO INHERIT")
	}
}

func (p *parser) oneAttribute(c *ast.Constraint) bool {
	pos := p.tok.pos
	switch p.tok.cls {
	case kwDeferrable:
		c.Deferrable = true
	case kwInitially:
		p.advance()
		switch p.tok.cls {
		case kwDeferred:
			c.InitDeferred = true
		case kwImmediate:
			c.InitImmediate = true
		default:
			p.syntaxError()
		}
	case kwNot:
		p.advance()
		switch p.tok.cls {
		case kwDeferrable:
			c.NotDeferrable = true
		case kwValid:
			c.NotValid = true
		default:
			p.syntaxError()
		}
	case kwNo:
		p.advance()
		if p.tok.cls != kwInherit {
			p.syntaxError()
		}
		c.NoInherit = true
	default:
		return false
	}
	p.advance()
	switch {
	case c.NotDeferrable && c.InitDeferred:
		p.fail(pgcode.SyntaxError, pos, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
	case c.Deferrable && c.NotDeferrable, c.InitDeferred && c.InitImmediate:
		panic(pgerr.New(pgcode.SyntaxError, "conflicting constraint properties").At(pos + 1))
	}
	return true
}
