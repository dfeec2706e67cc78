package opt

import (
	"slices"

	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

func (p *planner) join(r *plan.Join, need colSet, conds []plan.Expr) (phys.Node, error) {
	kind, left, right := r.Kind, r.Left, r.Right
	lc, rc := setOf(left.Columns()), setOf(right.Columns())
	if kind = reduced(kind, lc, rc, stable(conds)); kind == plan.JoinInner {
		inner := *r
		inner.Kind = kind
		return p.innerJoins(&inner, need, conds)
	}
	if kind == plan.JoinRight && !r.Lateral {
		kind, left, right, lc, rc = plan.JoinLeft, right, left, rc, lc
	}
	if kind == plan.JoinLeft {
		if at := antiTest(conds, stable(conjuncts(r.On, nil)), rc); at >= 0 && !r.Lateral {
			others := slices.Delete(slices.Clone(conds), at, at+1)
			if !need.withExprs(others...).meets(rc) {
				kind, conds = plan.JoinAnti, others
			}
		}
	}
	var toLeft, toRight, on, above []plan.Expr
	for _, e := range conds {
		if kind != plan.JoinFull && !exprCols(e).meets(rc) && pushable(e) {
			toLeft = append(toLeft, e)
		} else {
			above = append(above, e)
		}
	}
	for _, e := range conjuncts(r.On, nil) {
		if kind != plan.JoinFull && !exprCols(e).meets(lc) && pushable(e) {
			toRight = append(toRight, e)
		} else {
			on = append(on, e)
		}
	}
	inner := need.withExprs(above...).withExprs(on...)
	if r.Lateral {
		for id := range plan.FreeColumns(right) {
			inner.add(id)
		}
	}
	leftNode, err := p.rel(left, inner, toLeft)
	if err != nil {
		return nil, err
	}
	n, err := p.joinWith(kind, leftNode, right, inner, on, toRight, rc, r.Lateral)
	if err != nil {
		return nil, err
	}
	return p.filtered(n, above)
}

// stable returns the conditions that are not volatile.
func stable(conds []plan.Expr) []plan.Expr {
	return slices.DeleteFunc(slices.Clone(conds), isVolatile)
}

// pushable reports whether a condition may be evaluated below a join.
func pushable(e plan.Expr) bool { return !isVolatile(e) }

// joinWith joins a planned left side with a right one: by an index of the right
// side, by hash, or in a nested loop.
func (p *planner) joinWith(kind plan.JoinKind, left phys.Node, right plan.Rel, need colSet, on, toRight []plan.Expr, rc colSet, lateral bool) (phys.Node, error) {
	if lateral {
		return p.lateral(kind, left, right, need, on, toRight)
	}
	lc := setOf(left.Properties().Cols)
	var pairs []equi
	var rest []plan.Expr
	for _, e := range on {
		if eq, ok := equiBetween(e, lc, rc); ok {
			pairs = append(pairs, eq)
		} else {
			rest = append(rest, e)
		}
	}
	if kind != plan.JoinFull && len(pairs) > 0 {
		n, err := p.indexLoop(kind, left, right, need, on, toRight)
		if n != nil || err != nil {
			return n, err
		}
	}
	rightNode, err := p.rel(right, need, toRight)
	if err != nil {
		return nil, err
	}
	if n, err := p.mergeJoin(kind, left, rightNode, pairs, rest); n != nil || err != nil {
		return n, err
	}
	if len(pairs) > 0 && (!p.set.NoHashJoin || kind == plan.JoinFull) {
		return p.hashJoin(kind, left, rightNode, pairs, rest)
	}
	return p.nestLoop(kind, left, rightNode, on, nil)
}

// mergeJoin joins inputs in the order of the join's columns: when both come so by
// themselves, or with sorts when hashing is disabled. It returns nil otherwise.
func (p *planner) mergeJoin(kind plan.JoinKind, left, right phys.Node, pairs []equi, rest []plan.Expr) (phys.Node, error) {
	if p.set.NoMergeJoin {
		return nil, nil
	}
	n := &phys.MergeJoin{Kind: kind}
	rest = slices.Clone(rest)
	for _, e := range pairs {
		l, okLeft := e.left.(*plan.ColRef)
		r, okRight := e.right.(*plan.ColRef)
		if !okLeft || !okRight || !comparable(e.cond) {
			rest = append(rest, e.cond)
			continue
		}
		n.LeftKeys, n.RightKeys = append(n.LeftKeys, plan.SortKey{ID: l.ID}), append(n.RightKeys, plan.SortKey{ID: r.ID})
		n.Conds = append(n.Conds, e.cond)
	}
	if len(n.Conds) == 0 {
		return nil, nil
	}
	presorted := inOrder(left, n.LeftKeys, once, false) && inOrder(right, n.RightKeys, once, false)
	if !presorted && !p.set.NoHashJoin {
		return nil, nil
	}
	left, right = p.sorted(left, n.LeftKeys), p.sorted(right, n.RightKeys)
	l, r := left.Properties(), right.Properties()
	n.Binary = phys.Binary{Left: left, Right: right}
	n.Props, n.On = p.joinProps(kind, left, right), and(rest)
	n.Rows = p.joinRows(kind, l.Rows, r.Rows, pairs, rest)
	n.Startup = l.Startup + r.Total
	n.Total = l.Total + r.Total + (l.Rows+r.Rows)*operatorCost + n.Rows*tupleCost
	return n, p.subqueries(rest...)
}

// comparable reports whether an equality is that of an order.
func comparable(e plan.Expr) bool {
	c, ok := e.(*plan.FuncCall)
	return ok && c.Op != nil && c.Op.CanMerge
}

func (p *planner) joinProps(kind plan.JoinKind, left, right phys.Node) phys.Props {
	l, r := left.Properties(), right.Properties()
	cols := slices.Clone(l.Cols)
	types := slices.Clone(l.Types)
	if kind != plan.JoinSemi && kind != plan.JoinAnti {
		cols, types = append(cols, r.Cols...), append(types, r.Types...)
	}
	out := p.props(cols)
	out.Types = types
	return out
}

func (p *planner) hashJoin(kind plan.JoinKind, left, right phys.Node, pairs []equi, rest []plan.Expr) (phys.Node, error) {
	l, r := left.Properties(), right.Properties()
	if kind == plan.JoinInner && r.Rows > l.Rows {
		left, right, l, r = right, left, r, l
		for i, e := range pairs {
			pairs[i] = equi{e.right, e.left, e.cond}
		}
	}
	n := &phys.HashJoin{Props: p.joinProps(kind, left, right), Binary: phys.Binary{Left: left, Right: right}, Kind: kind, On: and(rest)}
	for _, e := range pairs {
		n.LeftKeys, n.RightKeys, n.Conds = append(n.LeftKeys, e.left), append(n.RightKeys, e.right), append(n.Conds, e.cond)
	}
	n.Rows = p.joinRows(kind, l.Rows, r.Rows, pairs, rest)
	n.Startup = l.Startup + r.Total + r.Rows*(operatorCost+tupleCost)
	n.Total = n.Startup + l.Total - l.Startup + l.Rows*operatorCost*2 + n.Rows*tupleCost
	return n, p.subqueries(rest...)
}

// joinRows estimates a join's rows.
func (p *planner) joinRows(kind plan.JoinKind, l, r float64, pairs []equi, rest []plan.Expr) float64 {
	share := p.selectivity(rest)
	partners := 1.0 // of the left rows, the share that has a partner
	for _, e := range pairs {
		dl, dr := min(p.distinctOf(e.left), l), min(p.distinctOf(e.right), r)
		share /= max(dl, dr, 1)
		partners = min(partners, dr/max(dl, 1))
	}
	rows := l * r * share
	switch kind {
	case plan.JoinLeft:
		rows = max(rows, l)
	case plan.JoinFull:
		rows = max(rows, l, r)
	case plan.JoinSemi:
		rows = min(l*partners, rows)
	case plan.JoinAnti:
		rows = l - min(l*partners, rows)
	}
	return clampRows(rows)
}

func (p *planner) nestLoop(kind plan.JoinKind, left, right phys.Node, on []plan.Expr, params []plan.ColID) (phys.Node, error) {
	n := &phys.NestLoop{Props: p.joinProps(kind, left, right), Binary: phys.Binary{Left: left, Right: right}, Kind: kind, On: and(on), Params: params}
	l, r := left.Properties(), right.Properties()
	n.Rows = p.joinRows(kind, l.Rows, r.Rows, nil, on)
	n.Startup = l.Startup + r.Startup
	if params == nil {
		n.Total = l.Total + r.Total + l.Rows*r.Rows*operatorCost*float64(1+len(on))
	} else {
		n.Total = l.Total + l.Rows*r.Total + n.Rows*tupleCost
	}
	return n, p.subqueries(on...)
}

func (p *planner) lateral(kind plan.JoinKind, left phys.Node, right plan.Rel, need colSet, on, toRight []plan.Expr) (phys.Node, error) {
	var params []plan.ColID
	have := setOf(left.Properties().Cols)
	for id := range plan.FreeColumns(right) {
		if have[id] {
			params = append(params, id)
		}
	}
	for id := range (colSet{}).withExprs(toRight...) {
		if have[id] && !slices.Contains(params, id) {
			params = append(params, id)
		}
	}
	sortCols(params)
	rightNode, err := p.relAgain(right, need, toRight)
	if err != nil {
		return nil, err
	}
	return p.nestLoop(kind, left, rightNode, on, params)
}

// indexLoop joins by looking each left row up in an index of the right side, if
// that is a table with a fitting one and the left side is small enough for it to
// pay. It returns nil when it is not.
func (p *planner) indexLoop(kind plan.JoinKind, left phys.Node, right plan.Rel, need colSet, on, toRight []plan.Expr) (phys.Node, error) {
	if p.set.NoNestLoop || p.set.NoIndexScan || kind == plan.JoinRight {
		return nil, nil
	}
	conds := slices.Clone(toRight)
	for {
		f, ok := right.(*plan.Filter)
		if !ok {
			break
		}
		conds, right = conjuncts(f.Cond, conds), f.Input
	}
	scan, ok := right.(*plan.Scan)
	if !ok || slices.ContainsFunc(conds, isVolatile) || slices.ContainsFunc(on, isVolatile) {
		return nil, nil
	}
	have := setOf(left.Properties().Cols)
	node, err := p.scan(scan, need, append(conds, on...), have)
	if err != nil {
		return nil, err
	}
	n := node.(*phys.Scan)
	var params []plan.ColID
	for id := range (colSet{}).withExprs(append(keyExprs(n), n.Filter)...) {
		if have[id] {
			params = append(params, id)
		}
	}
	if n.Index == nil || !keysUse(n, have) {
		return nil, nil
	}
	rows := p.tableRows(scan.Table)
	l := left.Properties()
	if l.Rows*n.Total > rows*(tupleCost+2*operatorCost)+max(rows*float64(n.Width)/pageBytes, 1) {
		return nil, nil
	}
	sortCols(params)
	return p.nestLoop(kind, left, n, nil, params)
}

func keyExprs(n *phys.Scan) []plan.Expr {
	var list []plan.Expr
	for _, k := range n.Keys {
		list = append(list, k.Value)
	}
	return list
}

func keysUse(n *phys.Scan, have colSet) bool {
	for _, e := range keyExprs(n) {
		if e != nil && exprCols(e).meets(have) {
			return true
		}
	}
	return false
}

// member is one relation of a group of inner joins.
type member struct {
	rel     plan.Rel
	cols    colSet
	lateral colSet // columns of other members it refers to
	conds   []plan.Expr
	rows    float64
	done    bool
}

// innerJoins plans a group of nested inner joins in the order that joinOrder
// finds.
func (p *planner) innerJoins(r *plan.Join, need colSet, conds []plan.Expr) (phys.Node, error) {
	var members []*member
	var joins []plan.Expr
	p.flatten(r, &members, &joins)
	members, joins = p.reduce(members, joins, conds)
	var late []plan.Expr
	for _, e := range append(joins, conds...) {
		if isVolatile(e) {
			late = append(late, e)
		}
	}
	all := derive(slices.DeleteFunc(append(slices.Clone(joins), conds...), isVolatile))
	inner := need.withExprs(all...).withExprs(late...)
	for _, m := range members {
		for id := range m.lateral {
			inner.add(id)
		}
	}
	all = slices.DeleteFunc(all, func(e plan.Expr) bool { return p.assign(e, members) })
	for _, m := range members {
		m.rows = p.guess(m)
	}
	rest := links(all)
	order := p.newJoinOrder(members, rest).order()
	first := members[order[0]]
	first.done = true
	node, err := p.rel(first.rel, inner, first.conds)
	if err != nil {
		return nil, err
	}
	for _, i := range order[1:] {
		if node, rest, err = p.addMember(node, members, members[i], inner, rest); err != nil {
			return nil, err
		}
	}
	all = nil
	for _, k := range rest {
		all = append(all, k.cond)
	}
	return p.filtered(node, append(all, late...))
}

// flatten collects the members and conditions of nested inner joins.
func (p *planner) flatten(r plan.Rel, members *[]*member, conds *[]plan.Expr) {
	switch n := r.(type) {
	case *plan.Join:
		if n.Kind == plan.JoinInner {
			p.flatten(n.Left, members, conds)
			p.flatten(n.Right, members, conds)
			*conds = conjuncts(n.On, *conds)
			return
		}
	case *plan.Filter:
		if j, ok := n.Input.(*plan.Join); ok && j.Kind == plan.JoinInner && !isVolatile(n.Cond) {
			p.flatten(j, members, conds)
			*conds = conjuncts(n.Cond, *conds)
			return
		}
	}
	*members = append(*members, newMember(r, *members))
}

// reduce takes apart members that are outer joins only in name, given the
// conditions over all members.
func (p *planner) reduce(members []*member, conds []plan.Expr, above []plan.Expr) ([]*member, []plan.Expr) {
	for again := true; again; {
		again = false
		for i, m := range members {
			j, ok := m.rel.(*plan.Join)
			if !ok || j.Lateral {
				continue
			}
			all := stable(append(slices.Clone(conds), above...))
			if reduced(j.Kind, setOf(j.Left.Columns()), setOf(j.Right.Columns()), all) != plan.JoinInner {
				continue
			}
			inner := *j
			inner.Kind = plan.JoinInner
			var list []*member
			for k, o := range members {
				if k == i {
					p.flatten(&inner, &list, &conds)
				} else {
					list = append(list, newMember(o.rel, list))
				}
			}
			members, again = list, true
			break
		}
	}
	return members, conds
}

func newMember(r plan.Rel, before []*member) *member {
	m := &member{rel: r, cols: setOf(r.Columns()), lateral: colSet{}}
	for id := range plan.FreeColumns(r) {
		for _, o := range before {
			if o.cols[id] {
				m.lateral.add(id)
			}
		}
	}
	return m
}

// assign gives a condition over one member to it.
func (p *planner) assign(e plan.Expr, members []*member) bool {
	cols := exprCols(e)
	var only *member
	for _, m := range members {
		if cols.meets(m.cols) {
			if only != nil {
				return false
			}
			only = m
		}
	}
	if only == nil {
		return false
	}
	only.conds = append(only.conds, e)
	return true
}

// guess estimates a member's rows without planning it.
func (p *planner) guess(m *member) float64 {
	rel, conds := m.rel, m.conds
	for {
		f, ok := rel.(*plan.Filter)
		if !ok {
			break
		}
		rel, conds = f.Input, conjuncts(f.Cond, slices.Clone(conds))
	}
	switch r := rel.(type) {
	case *plan.Scan:
		n := &phys.Scan{Table: r.Table, Moment: r.Moment}
		p.accessPath(n, r, conds, nil)
		return n.Rows
	case *plan.Values:
		return clampRows(float64(len(r.Rows)))
	case *plan.Result:
		return 1
	}
	return clampRows(defaultRows * p.selectivity(conds))
}

// addMember joins one more member to a node.
func (p *planner) addMember(node phys.Node, members []*member, best *member, need colSet, conds []link) (phys.Node, []link, error) {
	have := setOf(node.Properties().Cols)
	// Columns nobody needs are missing from the node; what counts is whose they are.
	for _, m := range members {
		if m.done {
			for id := range m.cols {
				have.add(id)
			}
		}
	}
	best.done = true
	reach := have.with()
	for id := range best.cols {
		reach.add(id)
	}
	mine := memberColumns(members)
	var on []plan.Expr
	var rest []link
	for _, k := range conds {
		ready := true
		for id := range k.cols {
			if mine[id] && !reach[id] {
				ready = false
			}
		}
		if ready {
			on = append(on, k.cond)
		} else {
			rest = append(rest, k)
		}
	}
	n, err := p.joinWith(plan.JoinInner, node, best.rel, need, on, best.conds, best.cols, len(best.lateral) > 0)
	return n, rest, err
}

func memberColumns(members []*member) colSet {
	all := colSet{}
	for _, m := range members {
		for id := range m.cols {
			all.add(id)
		}
	}
	return all
}

// link is a join condition with the columns it refers to, looked up once.
type link struct {
	cond        plan.Expr
	cols        colSet
	left, right colSet // of an equality's sides; nil for other conditions
}

func links(conds []plan.Expr) []link {
	list := make([]link, len(conds))
	for i, e := range conds {
		list[i] = link{cond: e, cols: exprCols(e)}
		if x, y, ok := equality(e); ok && !hasSubquery(e) {
			list[i].left, list[i].right = exprCols(x), exprCols(y)
		}
	}
	return list
}
