package opt

import (
	"math"

	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// dynamicLimit is up to how many members the order of inner joins is found by
// dynamic programming; beyond, the cheapest next member is taken again and again.
const dynamicLimit = 10

// joinOrder estimates orders of a group of inner joins, in which every member is
// joined to the result of those before it.
type joinOrder struct {
	members []*member
	links   []orderLink
	scans   []float64 // cost of reading a member, its own conditions applied
	needs   [][]int   // the members a lateral one refers to
	lookups [][]lookup
}

// orderLink is a join condition: the members it is over and the share of
// combinations it leaves.
type orderLink struct {
	over  []int
	share float64
	equal bool
}

// lookup says that a member can be read through an index for each row of a
// result that has member with, at a cost for each.
type lookup struct {
	with int
	cost float64
}

func (p *planner) newJoinOrder(members []*member, conds []link) *joinOrder {
	o := &joinOrder{members: members, scans: make([]float64, len(members)), needs: make([][]int, len(members)), lookups: make([][]lookup, len(members))}
	owner := map[plan.ColID]int{}
	for i, m := range members {
		for id := range m.cols {
			owner[id] = i
		}
	}
	over := func(cols colSet) (list []int) {
		seen := make([]bool, len(members))
		for id := range cols {
			if i, ok := owner[id]; ok && !seen[i] {
				seen[i] = true
				list = append(list, i)
			}
		}
		return list
	}
	for i, m := range members {
		o.scans[i] = p.scanCost(m)
		o.needs[i] = over(m.lateral)
	}
	for i := range conds {
		l := orderLink{over: over(conds[i].cols), share: p.selectivityOf(conds[i].cond), equal: conds[i].left != nil}
		o.links = append(o.links, l)
		if l.equal && len(l.over) == 2 {
			for k, m := range l.over {
				if cost, ok := p.lookupCost(members[m], conds[i].cond); ok {
					o.lookups[m] = append(o.lookups[m], lookup{l.over[1-k], cost})
				}
			}
		}
	}
	return o
}

// scanCost estimates what reading a member costs.
func (p *planner) scanCost(m *member) float64 {
	if r, conds := scanOf(m); r != nil {
		n := &phys.Scan{Table: r.Table, Moment: r.Moment}
		p.accessPath(n, r, conds, nil)
		return n.Total
	}
	return m.rows * tupleCost * 10
}

// scanOf returns the table scan that a member is, with its conditions, or nil.
func scanOf(m *member) (*plan.Scan, []plan.Expr) {
	rel, conds := m.rel, append([]plan.Expr(nil), m.conds...)
	for {
		f, ok := rel.(*plan.Filter)
		if !ok {
			break
		}
		rel, conds = f.Input, conjuncts(f.Cond, conds)
	}
	r, _ := rel.(*plan.Scan)
	return r, conds
}

// lookupCost estimates what finding a member's rows through an index costs, for
// one value of a join condition's other side.
func (p *planner) lookupCost(m *member, cond plan.Expr) (float64, bool) {
	r, _ := scanOf(m)
	if r == nil || p.set.NoNestLoop || p.set.NoIndexScan {
		return 0, false
	}
	n := &phys.Scan{Table: r.Table, Moment: r.Moment}
	c := p.bestIndex(n, r, []plan.Expr{cond}, nil, p.tableRows(r.Table))
	if c == nil {
		return 0, false
	}
	return c.cost, true
}

// step is the result of joining one more member.
type step struct {
	rows, cost float64
	linked     bool
}

// first begins an order with a member.
func (o *joinOrder) first(i int) step {
	return step{rows: o.members[i].rows, cost: o.scans[i], linked: true}
}

// add joins member m to a result of the members in have.
func (o *joinOrder) add(s step, have []bool, m int) step {
	rows := s.rows * o.members[m].rows
	linked := false
	for i := range o.links {
		l := &o.links[i]
		mine, complete := false, true
		for _, k := range l.over {
			if k == m {
				mine = true
			} else if !have[k] {
				complete = false
			}
		}
		if mine && complete {
			rows *= l.share
			linked = linked || l.equal
		}
	}
	rows = clampRows(rows)
	right := o.members[m].rows
	join := o.scans[m] + (s.rows+right)*2*operatorCost + min(s.rows, right)*tupleCost
	if !linked {
		join = o.scans[m] + s.rows*right*operatorCost
	}
	for _, l := range o.lookups[m] {
		if have[l.with] {
			join = min(join, s.rows*l.cost)
		}
	}
	return step{rows: rows, cost: s.cost + join + rows*tupleCost, linked: s.linked && linked}
}

// ready reports whether what a lateral member refers to is there.
func (o *joinOrder) ready(have []bool, m int) bool {
	for _, k := range o.needs[m] {
		if !have[k] {
			return false
		}
	}
	return true
}

// order returns the members in the cheapest order found.
func (o *joinOrder) order() []int {
	if len(o.members) <= dynamicLimit {
		if list := o.dynamic(); list != nil {
			return list
		}
	}
	return o.greedy()
}

// dynamic tries every order, keeping the cheapest for each set of members.
func (o *joinOrder) dynamic() []int {
	n := len(o.members)
	best := make([]step, 1<<n)
	last := make([]int8, 1<<n)
	for set := range best {
		best[set].cost = math.Inf(1)
	}
	have := make([]bool, n)
	for i := range n {
		if len(o.needs[i]) == 0 {
			best[1<<i], last[1<<i] = o.first(i), int8(i)
		}
	}
	for set := 1; set < 1<<n; set++ {
		if math.IsInf(best[set].cost, 1) {
			continue
		}
		for i := range n {
			have[i] = set>>i&1 == 1
		}
		for m := range n {
			if have[m] || !o.ready(have, m) {
				continue
			}
			to := set | 1<<m
			if s := o.add(best[set], have, m); s.cost < best[to].cost {
				best[to], last[to] = s, int8(m)
			}
		}
	}
	set := 1<<n - 1
	if math.IsInf(best[set].cost, 1) {
		return nil
	}
	list := make([]int, n)
	for i := n - 1; i >= 0; i-- {
		list[i] = int(last[set])
		set &^= 1 << last[set]
	}
	return list
}

// greedy begins with the smallest member and takes the cheapest next one, those
// tied by an equality first.
func (o *joinOrder) greedy() []int {
	n := len(o.members)
	have := make([]bool, n)
	start := -1
	for i, m := range o.members {
		if len(o.needs[i]) == 0 && (start < 0 || m.rows < o.members[start].rows) {
			start = i
		}
	}
	start = max(start, 0)
	list, s := []int{start}, o.first(start)
	have[start] = true
	for len(list) < n {
		next, found := -1, step{}
		for m := range n {
			if have[m] || !o.ready(have, m) {
				continue
			}
			t := o.add(step{s.rows, s.cost, true}, have, m)
			if next < 0 || t.linked && !found.linked || t.linked == found.linked && t.cost < found.cost {
				next, found = m, t
			}
		}
		if next < 0 { // lateral members that refer to one another: as written
			for m := range n {
				if !have[m] {
					next, found = m, o.add(s, have, m)
					break
				}
			}
		}
		have[next] = true
		list, s = append(list, next), found
	}
	return list
}
