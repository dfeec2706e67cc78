package parse

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// windowSpec parses ( [name] [PARTITION BY ..] [ORDER BY ..] [frame] ).
func (p *parser) windowSpec(name string) *ast.WindowDef {
	outer := p.enter()
	w := &ast.WindowDef{Pos: p.tok.pos, Name: name}
	p.expect('(')
	switch p.tok.cls {
	case kwPartition, kwRange, kwRows, kwGroups:
	default:
		if p.tok.cls.isColID() {
			w.Ref = p.colID()
		}
	}
	if p.accept(kwPartition) {
		p.expect(kwBy)
		w.PartitionBy = p.exprList()
	}
	if p.tok.cls == kwOrder {
		w.OrderBy = p.sortClause()
	}
	switch p.tok.cls {
	case kwRange, kwRows, kwGroups:
		w.Frame = p.frame()
	}
	p.expect(')')
	p.leave(outer)
	return w
}

func (p *parser) frame() *ast.Frame {
	f := &ast.Frame{Pos: p.tok.pos}
	switch p.tok.cls {
	case kwRows:
		f.Mode = ast.FrameRows
	case kwGroups:
		f.Mode = ast.FrameGroups
	}
	p.advance()
	var startPos, endPos int
	if p.accept(kwBetween) {
		f.Between = true
		f.Start, startPos = p.frameBound()
		p.expect(kwAnd)
		f.End, endPos = p.frameBound()
	} else {
		f.Start, startPos = p.frameBound()
		f.End.Kind = ast.CurrentRow
	}
	p.checkFrame(f, startPos, endPos)
	if p.accept(kwExclude) {
		f.Exclude = p.frameExclude()
	}
	return f
}

func (p *parser) frameExclude() ast.FrameExclude {
	switch {
	case p.accept(kwCurrent):
		p.expect(kwRow)
		return ast.ExcludeCurrentRow
	case p.accept(kwGroup):
		return ast.ExcludeGroup
	case p.accept(kwTies):
		return ast.ExcludeTies
	}
	p.expect2(kwNo, kwOthers)
	return ast.ExcludeNone
}

// frameBound parses one end of a frame and returns its position too.
func (p *parser) frameBound() (ast.FrameBound, int) {
	pos := p.tok.pos
	switch p.tok.cls {
	case kwUnbounded:
		switch p.peek(1) {
		case kwPreceding:
			p.advance()
			p.advance()
			return ast.FrameBound{Kind: ast.UnboundedPreceding}, pos
		case kwFollowing:
			p.advance()
			p.advance()
			return ast.FrameBound{Kind: ast.UnboundedFollowing}, pos
		}
	case kwCurrent:
		if p.peek(1) == kwRow {
			p.advance()
			p.advance()
			return ast.FrameBound{Kind: ast.CurrentRow}, pos
		}
	}
	b := ast.FrameBound{Kind: ast.OffsetPreceding, Offset: p.aExpr()}
	if !p.accept(kwPreceding) {
		p.expect(kwFollowing)
		b.Kind = ast.OffsetFollowing
	}
	return b, pos
}

// checkFrame refuses the frames that make no sense, as PostgreSQL's grammar does.
func (p *parser) checkFrame(f *ast.Frame, startPos, endPos int) {
	start, end := f.Start.Kind, f.End.Kind
	switch {
	case start == ast.UnboundedFollowing:
		p.fail(pgcode.WindowingError, startPos, "frame start cannot be UNBOUNDED FOLLOWING")
	case !f.Between && start == ast.OffsetFollowing:
		p.fail(pgcode.WindowingError, startPos, "frame starting from following row cannot end with current row")
	case !f.Between:
	case end == ast.UnboundedPreceding:
		p.fail(pgcode.WindowingError, endPos, "frame end cannot be UNBOUNDED PRECEDING")
	case start == ast.CurrentRow && end == ast.OffsetPreceding:
		p.fail(pgcode.WindowingError, endPos, "frame starting from current row cannot have preceding rows")
	case start == ast.OffsetFollowing && (end == ast.OffsetPreceding || end == ast.CurrentRow):
		p.fail(pgcode.WindowingError, endPos, "frame starting from following row cannot have preceding rows")
	}
}
