package explain

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// Format is the form of the output.
type Format uint8

// The forms.
const (
	Text Format = iota
	JSON
	YAML
)

// Options are those of EXPLAIN. Costs and, under Analyze, Timing and Summary are
// on by default in SQL; here they are as given.
type Options struct {
	Analyze bool
	Verbose bool
	Costs   bool
	Timing  bool
	Summary bool
	Format  Format

	PlanningMillis  float64 // printed under Summary
	ExecutionMillis float64 // printed under Analyze and Summary
}

// Stats is what an execution measured of one node.
type Stats struct {
	StartupMillis float64 // per loop
	TotalMillis   float64 // per loop
	Rows          float64 // per loop
	Loops         int64
	Removed       int64 // rows removed by its filter, all loops
	Space         Space
	Segments      Segments
}

// Plan prints a plan, one string per row of EXPLAIN's result. stats may be nil
// when nothing was measured; its ok is false for a node never executed.
func Plan(p *phys.Plan, o Options, stats func(phys.Node) (s Stats, ok bool)) []string {
	b := &builder{plan: p, opts: o, stats: stats, deparser: newDeparser(p), ctes: map[*phys.CTE]bool{}}
	root := b.node(p.Root, "")
	for _, c := range p.CTEs {
		if !b.ctes[c] {
			b.cte(root, c)
		}
	}
	switch o.Format {
	case JSON:
		return []string{b.json(root)}
	case YAML:
		return []string{b.yaml(root)}
	}
	return b.text(root)
}

// item is a printed node.
type item struct {
	label    string   // in text: "Seq Scan on t"
	typ      string   // in JSON: "Seq Scan"
	relation string   // "Outer", "Inner", "SubPlan", ...
	subplan  string   // "InitPlan 1 (returns $0)", "CTE x"
	fields   []attr   // of JSON only: Relation Name, Alias ...
	props    []attr   // Filter, Sort Key ...
	text     []string // lines behind props, in text
	data     []attr   // the same in structured forms
	costs    *phys.Props
	stats    *Stats
	never    bool
	children []*item
}

type attr struct {
	name  string
	value any // string, []string, int64
}

func (it *item) prop(name string, value any) { it.props = append(it.props, attr{name, value}) }

type builder struct {
	plan     *phys.Plan
	opts     Options
	stats    func(phys.Node) (Stats, bool)
	deparser *deparser
	ctes     map[*phys.CTE]bool
}

// node prints a node. Projections and filters have no line of their own: they
// belong to the node below.
func (b *builder) node(n phys.Node, relation string) *item {
	switch n := n.(type) {
	case *phys.Project:
		it := b.node(n.Input, relation)
		b.subplans(it, exprs(n)...)
		it.costs = &n.Props
		return it
	case *phys.Filter:
		it := b.node(n.Input, relation)
		it.prop("Filter", b.deparser.expr(n.Cond))
		b.subplans(it, n.Cond)
		it.costs = &n.Props
		b.measure(it, n)
		return it
	}
	it := &item{relation: relation, costs: n.Properties()}
	b.measure(it, n)
	b.describe(it, n)
	b.subplans(it, exprs(n)...)
	switch n := n.(type) {
	case *phys.HashJoin:
		left, hash := b.node(n.Left, "Outer"), b.hash(n.Right)
		hash.hashSpace(it.stats)
		it.children = append(it.children, left, hash)
	default:
		for i, in := range n.Inputs() {
			it.children = append(it.children, b.node(in, inputRelation(n, i)))
		}
	}
	if scan, ok := n.(*phys.CTEScan); ok {
		b.cte(it, scan.CTE)
	}
	return it
}

func inputRelation(n phys.Node, i int) string {
	if _, ok := n.(*phys.Append); ok {
		return "Member"
	}
	if i == 0 {
		return "Outer"
	}
	return "Inner"
}

// hash prints the hash table PostgreSQL has a node for.
func (b *builder) hash(right phys.Node) *item {
	in := b.node(right, "Outer")
	return &item{label: "Hash", typ: "Hash", relation: "Inner", costs: in.costs, stats: in.stats, never: in.never, children: []*item{in}}
}

func (b *builder) cte(it *item, c *phys.CTE) {
	if b.ctes[c] {
		return
	}
	b.ctes[c] = true
	sub := b.node(c.Root, "InitPlan")
	sub.subplan = "CTE " + c.Name
	it.children = append([]*item{sub}, it.children...)
}

func (b *builder) measure(it *item, n phys.Node) {
	if b.stats == nil {
		return
	}
	s, ok := b.stats(n)
	if !ok {
		it.never = true
		return
	}
	it.stats, it.never = &s, false
}

// subplans prints the subqueries of a node's expressions under it.
func (b *builder) subplans(it *item, list ...plan.Expr) {
	for _, e := range list {
		plan.Walk(e, func(x plan.Expr) bool {
			q, ok := x.(*plan.Subquery)
			if !ok {
				return true
			}
			sub := b.plan.Subplans[q]
			if sub == nil || b.deparser.printed[q] {
				return false
			}
			b.deparser.printed[q] = true
			child := b.node(sub.Root, "SubPlan")
			child.subplan = fmt.Sprintf("SubPlan %d", sub.Number)
			if sub.Mode == phys.InitPlan {
				child.relation = "InitPlan"
				child.subplan = fmt.Sprintf("InitPlan %d (returns $%d)", sub.Number, sub.Number-1)
			}
			it.children = append(it.children, child)
			return false
		})
	}
}

// describe sets a node's label and properties.
func (b *builder) describe(it *item, n phys.Node) {
	d := b.deparser
	switch n := n.(type) {
	case *phys.Scan:
		b.scan(it, n)
	case *phys.VirtualScan:
		it.name("Seq Scan", n.Table.Name, n.Alias)
		it.filter(d, n.Filter)
	case *phys.FunctionScan:
		it.name("Function Scan", functionNames(n), n.Alias)
		it.filter(d, n.Filter)
	case *phys.CTEScan:
		it.name("CTE Scan", n.CTE.Name, n.Alias)
		it.filter(d, n.Filter)
	case *phys.WorkTableScan:
		it.name("WorkTable Scan", n.CTE.Name, n.Alias)
		it.filter(d, n.Filter)
	case *phys.Values:
		it.name("Values Scan", `"*VALUES*"`, "")
	case *phys.Result:
		it.plain("Result")
		if n.Cond != nil {
			it.prop("One-Time Filter", d.expr(n.Cond))
		}
	case *phys.NestLoop:
		it.plain("Nested Loop" + joinSuffix(n.Kind))
		if n.On != nil {
			it.prop("Join Filter", d.expr(n.On))
		}
	case *phys.HashJoin:
		it.plain("Hash" + joinWord(n.Kind))
		it.prop("Hash Cond", d.all(n.Conds))
		if n.On != nil {
			it.prop("Join Filter", d.expr(n.On))
		}
	case *phys.MergeJoin:
		it.plain("Merge" + joinWord(n.Kind))
		it.prop("Merge Cond", d.all(n.Conds))
		if n.On != nil {
			it.prop("Join Filter", d.expr(n.On))
		}
	default:
		b.describeRest(it, n)
	}
}

func (b *builder) describeRest(it *item, n phys.Node) {
	d := b.deparser
	switch n := n.(type) {
	case *phys.Sort:
		it.plain("Sort")
		it.prop("Sort Key", d.sortKeys(n.Keys))
		it.sortSpace()
	case *phys.Agg:
		b.agg(it, n)
	case *phys.Distinct:
		it.plain("HashAggregate")
		if n.On {
			it.label, it.typ = "Unique", "Unique"
		} else {
			it.prop("Group Key", d.cols(n.Keys))
			it.aggSpace()
		}
	case *phys.SetOp:
		it.plain(setOpName(n))
	case *phys.Window:
		it.plain("WindowAgg")
	case *phys.Materialize:
		it.plain("Materialize")
	case *phys.Limit:
		it.plain("Limit")
	case *phys.Append:
		it.plain("Append")
	case *phys.ProjectSet:
		it.plain("ProjectSet")
	case *phys.RecursiveUnion:
		it.plain("Recursive Union")
	case *phys.LockRows:
		it.plain("LockRows")
	case *phys.Insert:
		it.name("Insert", n.Op.Table.Name, "")
		it.typ = "ModifyTable"
		if c := n.Op.OnConflict; c != nil {
			it.prop("Conflict Resolution", map[bool]string{true: "UPDATE", false: "NOTHING"}[c.DoUpdate])
		}
	case *phys.Update:
		it.name("Update", n.Op.Table.Name, n.Op.Target.Alias)
		it.typ = "ModifyTable"
	case *phys.Delete:
		it.name("Delete", n.Op.Table.Name, n.Op.Target.Alias)
		it.typ = "ModifyTable"
	default:
		it.plain(strings.TrimPrefix(fmt.Sprintf("%T", n), "*phys."))
	}
}

func (it *item) plain(name string) { it.label, it.typ = name, name }

func (it *item) name(kind, relation, alias string) {
	it.typ, it.label = kind, kind+" on "+relation
	it.fields = append(it.fields, attr{"Relation Name", strings.Trim(relation, `"`)})
	if alias == "" {
		alias = strings.Trim(relation, `"`)
	} else if alias != relation {
		it.label += " " + alias
	}
	it.fields = append(it.fields, attr{"Alias", alias})
}

func (it *item) filter(d *deparser, e plan.Expr) {
	if e == nil {
		return
	}
	it.prop("Filter", d.expr(e))
	if it.stats != nil && it.stats.Removed > 0 {
		it.prop("Rows Removed by Filter", it.stats.Removed/max(it.stats.Loops, 1))
	}
}

func (b *builder) scan(it *item, n *phys.Scan) {
	kind := "Seq Scan"
	index := ""
	if n.Index != nil {
		kind = "Index Scan"
		if n.IndexOnly {
			kind = "Index Only Scan"
		}
		if index = n.Index.Name; index == "" {
			index = n.Table.Name + "_pkey"
		}
	} else if n.Ordered && len(n.Table.PrimaryKey) > 0 {
		kind, index = "Index Scan", n.Table.Name+"_pkey"
	}
	it.name(kind, n.Table.Name, n.Alias)
	if index != "" {
		rest := strings.TrimPrefix(it.label, kind)
		if n.Backward {
			kind += " Backward"
		}
		it.label = kind + " using " + index + rest
		it.fields = append(it.fields, attr{"Index Name", index})
	}
	var conds []plan.Expr
	for _, k := range n.Keys {
		conds = append(conds, k.Cond)
	}
	if len(conds) > 0 {
		it.prop("Index Cond", b.deparser.all(conds))
	}
	it.filter(b.deparser, n.Filter)
	it.segments()
	if n.Moment.Kind != plan.Present {
		it.prop("System Time", b.deparser.moment(n.Moment))
	}
}

func (b *builder) agg(it *item, n *phys.Agg) {
	name := "Aggregate"
	switch {
	case n.Sets != nil:
		name = "MixedAggregate"
	case n.Strategy == phys.AggHashed:
		name = "HashAggregate"
	case n.Strategy == phys.AggSorted:
		name = "GroupAggregate"
	}
	it.plain(name)
	if n.Sets != nil {
		for _, set := range n.Sets {
			var cols []plan.ColID
			for _, k := range set {
				cols = append(cols, n.Keys[k])
			}
			it.prop("Group Key", strings.TrimSpace(b.deparser.cols(cols)+map[bool]string{true: "()"}[len(cols) == 0]))
		}
	} else if len(n.Keys) > 0 {
		it.prop("Group Key", b.deparser.cols(n.Keys))
	}
	it.filter(b.deparser, n.Having)
	it.aggSpace()
}

func joinWord(k plan.JoinKind) string {
	return joinSuffix(k) + map[bool]string{true: " Join"}[k == plan.JoinInner]
}

func joinSuffix(k plan.JoinKind) string {
	switch k {
	case plan.JoinLeft:
		return " Left Join"
	case plan.JoinRight:
		return " Right Join"
	case plan.JoinFull:
		return " Full Join"
	case plan.JoinSemi:
		return " Semi Join"
	case plan.JoinAnti:
		return " Anti Join"
	}
	return ""
}

func setOpName(n *phys.SetOp) string {
	name := "HashSetOp " + map[plan.SetOpKind]string{plan.Union: "Union", plan.Intersect: "Intersect", plan.Except: "Except"}[n.Kind]
	if n.All {
		name += " All"
	}
	return name
}

func functionNames(n *phys.FunctionScan) string {
	if len(n.Funcs) == 1 {
		if c, ok := n.Funcs[0].Call.(*plan.FuncCall); ok {
			return c.Proc.Name
		}
	}
	return "ROWS FROM"
}

// exprs lists a node's expressions that may hold subqueries.
func exprs(n phys.Node) []plan.Expr {
	var list []plan.Expr
	switch n := n.(type) {
	case *phys.Project:
		for _, it := range n.Items {
			list = append(list, it.Expr)
		}
	case *phys.ProjectSet:
		for _, it := range n.Items {
			list = append(list, it.Expr)
		}
	case *phys.Scan:
		for _, k := range n.Keys {
			list = append(list, k.Cond)
		}
		list = append(list, n.Filter)
	case *phys.VirtualScan:
		list = append(list, n.Filter)
	case *phys.FunctionScan:
		for _, f := range n.Funcs {
			list = append(list, f.Call)
		}
		list = append(list, n.Filter)
	case *phys.CTEScan:
		list = append(list, n.Filter)
	case *phys.Values:
		for _, row := range n.Rows {
			list = append(list, row...)
		}
	case *phys.Result:
		list = append(list, n.Cond)
	case *phys.NestLoop:
		list = append(list, n.On)
	case *phys.HashJoin:
		list = append(list, n.On)
	case *phys.Agg:
		for _, a := range n.Aggs {
			list = append(list, a.Call)
		}
		list = append(list, n.Having)
	case *phys.Limit:
		list = append(list, n.Count, n.Offset)
	}
	return list
}

func float(f float64, digits int) string { return strconv.FormatFloat(f, 'f', digits, 64) }
