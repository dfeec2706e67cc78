package exec

import (
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// compiler builds a Program.
type compiler struct {
	prog    *Program
	exprs   *expr.Compiler
	ctes    map[*phys.CTE]int
	cteInfo map[*phys.CTE]*nodeInfo
	unions  map[any]int // *plan.CTE -> spec id of its recursive union
}

func (c *compiler) compile() (*Program, error) {
	p := c.prog
	for i, cte := range p.plan.CTEs {
		c.ctes[cte] = i
		s, err := c.node(cte.Root)
		if err != nil {
			return nil, err
		}
		p.ctes = append(p.ctes, s)
		c.cteInfo[cte] = s.info()
		if cte.Modifies {
			p.writes = append(p.writes, i)
		}
	}
	root, err := c.node(p.plan.Root)
	if err != nil {
		return nil, err
	}
	p.root = root
	for _, col := range p.plan.Stmt.Output {
		ord, ok := root.info().scope.Ord(col.ID)
		if !ok {
			return nil, pgerr.Internal("output column %q is not produced by the plan", col.Name)
		}
		p.out = append(p.out, ord)
		p.types = append(p.types, root.info().types[ord])
	}
	p.sizes = c.exprs.Sizes()
	p.short = c.shortPath()
	p.sizes, p.early = c.exprs.Sizes(), c.exprs.Early()
	return p, nil
}

// base makes the common part of a spec and registers it under its number.
func (c *compiler) base(n phys.Node) nodeInfo {
	props := n.Properties()
	return nodeInfo{node: n, id: -1, types: props.Types, scope: expr.NewScope(props.Cols, props.Types)}
}

// done registers a finished spec.
func (c *compiler) done(s spec) (spec, error) {
	if info := s.info(); info.id < 0 {
		info.id = len(c.prog.specs)
		c.prog.specs = append(c.prog.specs, s)
	}
	return s, nil
}

// reserve gives a spec its number before its inputs are compiled.
func (c *compiler) reserve(s spec) {
	s.info().id = len(c.prog.specs)
	c.prog.specs = append(c.prog.specs, s)
}

func (c *compiler) node(n phys.Node) (spec, error) {
	switch n := n.(type) {
	case *phys.Result:
		s := &resultSpec{nodeInfo: c.base(n)}
		return c.finish(s, c.optional(n.Cond, nil, &s.cond))
	case *phys.Values:
		return c.values(n)
	case *phys.Scan:
		return c.scan(n)
	case *phys.VirtualScan:
		return c.virtualScan(n)
	case *phys.FunctionScan:
		return c.functionScan(n)
	case *phys.CTEScan:
		return c.cteScan(n)
	case *phys.WorkTableScan:
		return c.workScan(n)
	case *phys.Filter:
		return c.filter(n)
	case *phys.Project:
		return c.project(n)
	case *phys.ProjectSet:
		return c.projectSet(n)
	case *phys.NestLoop, *phys.HashJoin, *phys.MergeJoin:
		return c.join(n)
	case *phys.Materialize:
		in, err := c.node(n.Input)
		return c.finish(&materializeSpec{nodeInfo: c.base(n), input: in}, err)
	case *phys.Sort:
		return c.sort(n)
	case *phys.Limit:
		return c.limit(n)
	case *phys.Distinct:
		return c.distinct(n)
	case *phys.Agg:
		return c.agg(n)
	}
	return c.nodeRest(n)
}

func (c *compiler) nodeRest(n phys.Node) (spec, error) {
	switch n := n.(type) {
	case *phys.Window:
		return c.window(n)
	case *phys.Append:
		return c.append(n)
	case *phys.SetOp:
		return c.setOp(n)
	case *phys.RecursiveUnion:
		return c.recursiveUnion(n)
	case *phys.LockRows:
		return c.lockRows(n)
	case *phys.Insert:
		return c.insert(n)
	case *phys.Update:
		return c.update(n)
	case *phys.Delete:
		return c.delete(n)
	}
	return nil, pgerr.Internal("unknown plan node %T", n)
}

func (c *compiler) finish(s spec, err error) (spec, error) {
	if err != nil {
		return nil, err
	}
	return c.done(s)
}

// optional compiles e into dst unless it is nil.
func (c *compiler) optional(e plan.Expr, scope *expr.Scope, dst *expr.Node) error {
	if e == nil {
		return nil
	}
	n, err := c.exprs.Compile(e, scope)
	*dst = n
	return err
}

// ords returns the ordinals of columns in a scope.
func ords(scope *expr.Scope, ids []plan.ColID) ([]int, error) {
	list := make([]int, len(ids))
	for i, id := range ids {
		ord, ok := scope.Ord(id)
		if !ok {
			return nil, pgerr.Internal("column %d of the plan is not among its inputs", id)
		}
		list[i] = ord
	}
	return list, nil
}

func pick(all []types.T, ords []int) []types.T {
	list := make([]types.T, len(ords))
	for i, ord := range ords {
		list[i] = all[ord]
	}
	return list
}

func sortKeys(scope *expr.Scope, keys []plan.SortKey) ([]rows.Key, error) {
	list := make([]rows.Key, len(keys))
	for i, k := range keys {
		ord, ok := scope.Ord(k.ID)
		if !ok {
			return nil, pgerr.Internal("sort column %d is not among the inputs", k.ID)
		}
		list[i] = rows.Key{Col: ord, Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	return list, nil
}

func (c *compiler) values(n *phys.Values) (spec, error) {
	s := &valuesSpec{nodeInfo: c.base(n)}
	for _, row := range n.Rows {
		nodes, err := c.exprs.CompileAll(row, nil)
		if err != nil {
			return nil, err
		}
		s.rows = append(s.rows, nodes)
	}
	return c.done(s)
}

func (c *compiler) filter(n *phys.Filter) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &filterSpec{nodeInfo: c.base(n), input: in, slot: c.exprs.NewSlot()}
	s.cond, err = c.exprs.Compile(n.Cond, in.info().scope)
	return c.finish(s, err)
}

func (c *compiler) project(n *phys.Project) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &projectSpec{nodeInfo: c.base(n), input: in}
	for _, it := range n.Items {
		node, err := c.exprs.Compile(it.Expr, in.info().scope)
		if err != nil {
			return nil, err
		}
		s.items = append(s.items, node)
	}
	return c.done(s)
}

func (c *compiler) sort(n *phys.Sort) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &sortSpec{nodeInfo: c.base(n), input: in}
	if s.keys, err = sortKeys(in.info().scope, n.Keys); err != nil {
		return nil, err
	}
	if err := c.optional(n.Top, nil, &s.top); err != nil {
		return nil, err
	}
	return c.finish(s, c.optional(n.Skip, nil, &s.skip))
}

func (c *compiler) limit(n *phys.Limit) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &limitSpec{nodeInfo: c.base(n), input: in}
	if err := c.optional(n.Count, nil, &s.count); err != nil {
		return nil, err
	}
	if err := c.optional(n.Offset, nil, &s.offset); err != nil {
		return nil, err
	}
	if n.WithTies {
		s.ties, err = sortKeys(in.info().scope, n.Ties)
	}
	return c.finish(s, err)
}

func (c *compiler) distinct(n *phys.Distinct) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &distinctSpec{nodeInfo: c.base(n), input: in, sorted: n.Sorted}
	s.keys, err = ords(in.info().scope, n.Keys)
	if err == nil {
		s.keyTypes = pick(in.info().types, s.keys)
	}
	return c.finish(s, err)
}

func (c *compiler) append(n *phys.Append) (spec, error) {
	s := &appendSpec{nodeInfo: c.base(n)}
	for i, child := range n.Children {
		in, err := c.node(child)
		if err != nil {
			return nil, err
		}
		list, err := ords(in.info().scope, n.ChildCols[i])
		if err != nil {
			return nil, err
		}
		s.children, s.ords = append(s.children, in), append(s.ords, list)
	}
	return c.done(s)
}

func (c *compiler) setOp(n *phys.SetOp) (spec, error) {
	s := &setOpSpec{nodeInfo: c.base(n), kind: n.Kind, all: n.All}
	err := c.sides(n.Binary, n.LeftCols, n.RightCols, &s.left, &s.right, &s.lords, &s.rords)
	return c.finish(s, err)
}

func (c *compiler) sides(b phys.Binary, lcols, rcols []plan.ColID, left, right *spec, lords, rords *[]int) (err error) {
	if *left, err = c.node(b.Left); err != nil {
		return err
	}
	if *right, err = c.node(b.Right); err != nil {
		return err
	}
	if *lords, err = ords((*left).info().scope, lcols); err != nil {
		return err
	}
	*rords, err = ords((*right).info().scope, rcols)
	return err
}

func (c *compiler) recursiveUnion(n *phys.RecursiveUnion) (spec, error) {
	s := &recursiveSpec{nodeInfo: c.base(n), all: n.All}
	c.reserve(s)
	c.unions[n.CTE] = s.id
	err := c.sides(n.Binary, n.LeftCols, n.RightCols, &s.left, &s.right, &s.lords, &s.rords)
	return c.finish(s, err)
}

func (c *compiler) workScan(n *phys.WorkTableScan) (spec, error) {
	id, ok := c.unions[n.CTE]
	if !ok {
		return nil, pgerr.Internal("work table %q is read outside of its recursive query", n.Alias)
	}
	s := &workScanSpec{nodeInfo: c.base(n), union: id, slot: c.exprs.NewSlot()}
	var err error
	if s.ords, err = ords(c.prog.specs[id].info().scope, n.From); err != nil {
		return nil, err
	}
	return c.finish(s, c.optional(n.Filter, s.scope, &s.filter))
}

func (c *compiler) cteScan(n *phys.CTEScan) (spec, error) {
	i, ok := c.ctes[n.CTE]
	if !ok || c.cteInfo[n.CTE] == nil {
		return nil, pgerr.Internal("common table expression %q is not part of the plan", n.CTE.Name)
	}
	s := &cteScanSpec{nodeInfo: c.base(n), cte: i, slot: c.exprs.NewSlot()}
	var err error
	if s.ords, err = ords(c.cteInfo[n.CTE].scope, n.From); err != nil {
		return nil, err
	}
	return c.finish(s, c.optional(n.Filter, s.scope, &s.filter))
}

// setFunc compiles a call that may return a set.
func (c *compiler) setFunc(e plan.Expr, cols []types.T, scope *expr.Scope, fields, record bool) (*setCall, error) {
	out := &setCall{types: cols, fields: fields, record: record}
	call, ok := e.(*plan.FuncCall)
	if !ok || !call.Proc.RetSet {
		n, err := c.exprs.Compile(e, scope)
		out.scalar = n
		return out, err
	}
	if call.Proc.Set == nil {
		return nil, pgerr.NotSupported("This PostgreSQL function is not built yet.", "function %s is not supported", expr.Signature(call.Proc))
	}
	out.proc = call.Proc
	var err error
	out.args, err = c.exprs.CompileAll(call.Args, scope)
	return out, err
}

func (c *compiler) functionScan(n *phys.FunctionScan) (spec, error) {
	s := &funcScanSpec{nodeInfo: c.base(n), ordinality: n.Ordinality, slot: c.exprs.NewSlot()}
	for _, f := range n.Funcs {
		call, err := c.setFunc(f.Call, f.Types, nil, f.Fields, false)
		if err != nil {
			return nil, err
		}
		s.funcs = append(s.funcs, call)
	}
	return c.finish(s, c.optional(n.Filter, s.scope, &s.filter))
}

func (c *compiler) projectSet(n *phys.ProjectSet) (spec, error) {
	in, err := c.node(n.Input)
	if err != nil {
		return nil, err
	}
	s := &projectSetSpec{nodeInfo: c.base(n), input: in}
	for _, it := range n.Items {
		t := it.Expr.Type()
		cols, record := []types.T{t}, false
		if call, ok := it.Expr.(*plan.FuncCall); ok && t.OID == types.Record {
			cols, record = outTypes(call), true
		}
		item, err := c.setFunc(it.Expr, cols, in.info().scope, false, record)
		if err != nil {
			return nil, err
		}
		s.items = append(s.items, item)
	}
	return c.done(s)
}

// outTypes returns the types of a function's OUT columns.
func outTypes(call *plan.FuncCall) []types.T {
	var list []types.T
	for i, mode := range call.Proc.ArgModes {
		if mode == 'o' || mode == 'b' || mode == 't' {
			list = append(list, types.Of(call.Proc.AllArgs[i]))
		}
	}
	if len(list) == 0 {
		return []types.T{types.Of(types.Record)}
	}
	return list
}
