package bind

import (
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// exprKind is the place of a statement that an expression stands in: it decides
// what may occur there.
type exprKind uint8

const (
	kindNone exprKind = iota
	kindOther
	kindJoinOn
	kindFromSubselect
	kindFromFunction
	kindWhere
	kindHaving
	kindFilter
	kindWindowPartition
	kindWindowOrder
	kindFrameRange
	kindFrameRows
	kindFrameGroups
	kindSelect
	kindInsertTarget
	kindUpdateSource
	kindUpdateTarget
	kindGroupBy
	kindOrderBy
	kindDistinctOn
	kindLimit
	kindOffset
	kindReturning
	kindValues
	kindValuesSingle
	kindCheck
	kindDefault
	kindIndexExpr
	kindIndexPredicate
	kindTransform
	kindExecute
	kindGenerated
	kindCopyWhere
	kindMoment
)

// rule says what may stand in a kind of place. name is the clause as messages
// name it; the others are complete phrases where PostgreSQL has special ones
// ("check constraints"), empty for name, and "ok" where it is allowed.
type rule struct {
	name    string
	agg     string
	window  string
	set     string
	subplan string // what "cannot use subquery in ..." says; empty: allowed
}

const ok = "ok"

var rules = map[exprKind]rule{
	kindOther:           {name: "other", set: ok, agg: ok, window: ok},
	kindJoinOn:          {name: "JOIN/ON", agg: "JOIN conditions", window: "JOIN conditions", set: "JOIN conditions"},
	kindFromSubselect:   {name: "sub-SELECT in FROM", agg: "FROM clause of their own query level", window: ok, set: ok},
	kindFromFunction:    {name: "function in FROM", agg: "functions in FROM", window: "functions in FROM", set: ok},
	kindWhere:           {name: "WHERE"},
	kindHaving:          {name: "HAVING", agg: ok},
	kindFilter:          {name: "FILTER"},
	kindWindowPartition: {name: "window PARTITION BY", agg: ok, window: "window definitions", set: ok},
	kindWindowOrder:     {name: "window ORDER BY", agg: ok, window: "window definitions", set: ok},
	kindFrameRange:      {name: "window RANGE", window: "window definitions", set: "window definitions"},
	kindFrameRows:       {name: "window ROWS", window: "window definitions", set: "window definitions"},
	kindFrameGroups:     {name: "window GROUPS", window: "window definitions", set: "window definitions"},
	kindSelect:          {name: "SELECT", agg: ok, window: ok, set: ok},
	kindInsertTarget:    {name: "INSERT", set: ok},
	kindUpdateSource:    {name: "UPDATE"},
	kindUpdateTarget:    {name: "UPDATE"},
	kindGroupBy:         {name: "GROUP BY", set: ok},
	kindOrderBy:         {name: "ORDER BY", agg: ok, window: ok, set: ok},
	kindDistinctOn:      {name: "DISTINCT ON", agg: ok, window: ok, set: ok},
	kindLimit:           {name: "LIMIT"},
	kindOffset:          {name: "OFFSET"},
	kindReturning:       {name: "RETURNING"},
	kindValues:          {name: "VALUES"},
	kindValuesSingle:    {name: "VALUES", set: ok},
	kindCheck: {name: "CHECK", agg: "check constraints", window: "check constraints", set: "check constraints",
		subplan: "check constraint"},
	kindDefault: {name: "DEFAULT", agg: "DEFAULT expressions", window: "DEFAULT expressions", set: "DEFAULT expressions",
		subplan: "DEFAULT expression"},
	kindIndexExpr: {name: "index expression", agg: "index expressions", window: "index expressions", set: "index expressions",
		subplan: "index expression"},
	kindIndexPredicate: {name: "index predicate", agg: "index predicates", window: "index predicates", set: "index predicates",
		subplan: "index predicate"},
	kindTransform: {name: "USING", agg: "transform expressions", window: "transform expressions", set: "transform expressions",
		subplan: "transform expression"},
	kindExecute: {name: "EXECUTE", agg: "EXECUTE parameters", window: "EXECUTE parameters", set: "EXECUTE parameters",
		subplan: "EXECUTE parameter"},
	kindGenerated: {name: "GENERATED AS", agg: "column generation expressions", window: "column generation expressions",
		set: "column generation expressions", subplan: "column generation expression"},
	kindCopyWhere: {name: "WHERE", agg: "COPY FROM WHERE conditions", window: "COPY FROM WHERE conditions",
		set: "COPY FROM WHERE conditions", subplan: "COPY FROM WHERE condition"},
	kindMoment: {name: "FOR SYSTEM_TIME", subplan: "FOR SYSTEM_TIME"},
}

func phrase(special, name string) string {
	if special != "" {
		return special
	}
	return name
}

// checkAggPlacement refuses an aggregate where there may be none. what is
// "aggregate functions" or "grouping operations".
func (b *binder) checkAggPlacement(owner *block, what string, pos int) {
	r := rules[owner.kind]
	if r.agg != ok {
		b.failf(pos, pgcode.GroupingError, "%s are not allowed in %s", what, phrase(r.agg, r.name))
	}
	if !owner.hasAggs {
		owner.hasAggs, owner.aggPos = true, pos
	}
}

func (b *binder) checkWindowPlacement(blk *block, pos int) {
	r := rules[blk.kind]
	if r.window != ok {
		b.failf(pos, pgcode.WindowingError, "window functions are not allowed in %s", phrase(r.window, r.name))
	}
}

func (b *binder) checkSetPlacement(blk *block, pos int) {
	r := rules[blk.kind]
	if r.set != ok {
		b.failf(pos, pgcode.FeatureNotSupported, "set-returning functions are not allowed in %s", phrase(r.set, r.name))
	}
	if blk.kind == kindFromFunction && blk.depthInFunction > 0 {
		b.failf(pos, pgcode.FeatureNotSupported, "set-returning functions must appear at top level of FROM")
	}
	blk.sets++
	blk.lastSet = pos
}
