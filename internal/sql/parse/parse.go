package parse

import (
	"strings"
	"sync"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// Options are the settings of a session that the parser depends on, and where it
// leaves notices. The zero value is PostgreSQL's default.
type Options struct {
	// BackslashStrings treats plain '...' like E'...':
	// standard_conforming_strings = off.
	BackslashStrings bool
	// Notices, if not nil, collects notices and warnings (truncated names); their
	// Severity is set.
	Notices *[]*pgerr.Error
}

var parsers = sync.Pool{New: func() any { return new(parser) }}

// run parses sql with f, which must leave the parser at the end of the string.
func run(sql string, o *Options, f func(*parser)) error {
	p := parsers.Get().(*parser)
	*p = parser{}
	err := p.guard(func() {
		p.init(sql, o)
		f(p)
		if p.tok.cls != tEOF {
			p.syntaxError()
		}
	})
	*p = parser{} // keeps nothing of the statement alive
	parsers.Put(p)
	return err
}

// Statements parses a query string into its statements; empty ones are dropped,
// so an empty string gives no statement and no error. Nothing is returned with
// an error, even when it is in a later statement, as in PostgreSQL.
//
// An error is a *pgerr.Error with PostgreSQL's code and text; its Position is a
// byte offset plus one, which the caller converts to characters.
//
// Trees hold parts of sql. Safe for concurrent use.
func Statements(sql string) ([]ast.RawStmt, error) { return StatementsWith(sql, nil) }

// StatementsWith is Statements under options.
func StatementsWith(sql string, o *Options) ([]ast.RawStmt, error) {
	var out []ast.RawStmt
	err := run(sql, o, func(p *parser) { out = p.statements() })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Expr parses a single expression, such as a stored default or check.
func Expr(sql string) (ast.Expr, error) {
	var e ast.Expr
	err := run(sql, nil, func(p *parser) { e = p.aExpr() })
	if err != nil {
		return nil, err
	}
	return e, nil
}

// TypeName parses a type, with SETOF and array bounds.
func TypeName(sql string) (*ast.TypeName, error) {
	var t *ast.TypeName
	err := run(sql, nil, func(p *parser) { t = p.typename() })
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (p *parser) statements() []ast.RawStmt {
	var out []ast.RawStmt
	end := 0
	for {
		for p.accept(';') {
			end = p.prevEnd
		}
		if p.tok.cls == tEOF {
			return out
		}
		start := p.tok.pos
		p.stmtStart, p.stmtHint = start, ""
		if p.hint != "" && p.hintPos >= end {
			p.stmtHint = p.hint
		}
		s := p.stmt(true)
		if p.tok.cls != tEOF && p.tok.cls != ';' {
			p.syntaxError()
		}
		if out == nil {
			out = make([]ast.RawStmt, 0, 1)
		}
		out = append(out, ast.RawStmt{Stmt: s, Start: start, Len: p.prevEnd - start})
		end = p.prevEnd
	}
}

// hintsAfter returns the hints that stand behind the keyword at pos, which was
// just taken, or before it when it begins the statement.
func (p *parser) hintsAfter(pos int) string {
	switch {
	case p.hint == "":
		return ""
	case p.hintPos > pos && p.hintPos < p.tok.pos:
		return strings.TrimSpace(p.hint)
	case pos == p.stmtStart:
		return strings.TrimSpace(p.stmtHint)
	}
	return ""
}

// stmt parses one statement; top allows BEGIN and END, which are no transaction
// statements inside a function's body.
func (p *parser) stmt(top bool) ast.Stmt {
	switch p.tok.cls {
	case kwSelect, kwWith, tWithLA, kwInsert, kwUpdate, kwDelete, kwMerge, kwValues, kwTable, '(':
		return p.preparable()
	case kwBegin, kwEnd:
		if !top {
			p.syntaxError()
		}
	}
	if f := statementParsers[p.tok.cls]; f != nil {
		return f(p)
	}
	p.syntaxError()
	return nil
}

// statementParsers holds the parser of every statement that its first keyword
// decides. It is filled by init because the parsers refer to stmt.
var statementParsers map[class]func(*parser) ast.Stmt

func init() {
	statementParsers = map[class]func(*parser) ast.Stmt{
		kwAbort:      (*parser).endTransaction,
		kwAlter:      (*parser).alterStmt,
		kwAnalyse:    (*parser).analyzeStmt,
		kwAnalyze:    (*parser).analyzeStmt,
		kwBegin:      (*parser).beginStmt,
		kwCall:       (*parser).callStmt,
		kwCheckpoint: (*parser).checkpointStmt,
		kwClose:      (*parser).closeStmt,
		kwCluster:    (*parser).clusterStmt,
		kwComment:    (*parser).commentStmt,
		kwCommit:     (*parser).endTransaction,
		kwCopy:       (*parser).copyStmt,
		kwCreate:     (*parser).createStmt,
		kwDeallocate: (*parser).deallocateStmt,
		kwDeclare:    (*parser).declareStmt,
		kwDiscard:    (*parser).discardStmt,
		kwDo:         (*parser).doStmt,
		kwDrop:       (*parser).dropStmt,
		kwEnd:        (*parser).endTransaction,
		kwExecute:    func(p *parser) ast.Stmt { return p.executeStmt() },
		kwExplain:    (*parser).explainStmt,
		kwFetch:      (*parser).fetchStmt,
		kwGrant:      (*parser).grantStmt,
		kwImport:     (*parser).otherStmt,
		kwListen:     (*parser).notifyStmt,
		kwLoad:       (*parser).otherStmt,
		kwLock:       (*parser).lockStmt,
		kwMove:       (*parser).fetchStmt,
		kwNotify:     (*parser).notifyStmt,
		kwPrepare:    (*parser).prepareStmt,
		kwReassign:   (*parser).reassignStmt,
		kwRefresh:    (*parser).refreshStmt,
		kwReindex:    (*parser).reindexStmt,
		kwRelease:    (*parser).savepointStmt,
		kwReset:      func(p *parser) ast.Stmt { return p.resetStmt() },
		kwRevoke:     (*parser).grantStmt,
		kwRollback:   (*parser).endTransaction,
		kwSavepoint:  (*parser).savepointStmt,
		kwSecurity:   (*parser).securityLabelStmt,
		kwSet:        (*parser).setStmt,
		kwShow:       (*parser).showStmt,
		kwStart:      (*parser).beginStmt,
		kwTruncate:   (*parser).truncateStmt,
		kwUnlisten:   (*parser).notifyStmt,
		kwVacuum:     (*parser).vacuumStmt,
	}
}
