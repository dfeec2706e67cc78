package exec

import (
	"math"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/exec/expr"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// momentSpec is a compiled plan.Moment.
type momentSpec struct {
	kind     plan.MomentKind
	from, to instantSpec
}

type instantSpec struct {
	plan.Instant
	value expr.Node
}

// momentExtent is a moment in one execution.
type momentExtent struct {
	past     bool // as of from
	history  bool // the versions whose period meets [from, to)
	from, to store.Seq
	empty    bool // a bound is NULL: no rows
}

func (c *compiler) moment(m plan.Moment) (out momentSpec, err error) {
	out.kind = m.Kind
	if out.from, err = c.instant(m.From); err == nil {
		out.to, err = c.instant(m.To)
	}
	return out, err
}

func (c *compiler) instant(i plan.Instant) (out instantSpec, err error) {
	out.Instant = i
	err = c.optional(i.Expr, nil, &out.value)
	return out, err
}

// resolve finds the commits a moment stands for; the present needs nothing: the
// statement itself reads as of the transaction's moment.
func (m *momentSpec) resolve(env *Env, c *expr.Ctx, t *table.Table) (out momentExtent, err error) {
	if m.kind == plan.Present {
		return out, nil
	}
	if !t.HasHistory() {
		return out, pgerr.NotSupported("Create it WITH (system_versioning = on).", "table %q keeps no history", t.Desc.Name)
	}
	switch m.kind {
	case plan.AsOf:
		out.past = true
		out.from, out.empty, err = m.from.seq(env, c)
		return out, err
	case plan.AllVersions:
		out.history, out.to = true, math.MaxInt64
		return out, nil
	}
	out.history = true
	var none bool
	if out.from, out.empty, err = m.from.seq(env, c); err != nil || out.empty {
		return out, err
	}
	// FROM..TO leaves out the upper moment itself, BETWEEN takes it in.
	if m.kind == plan.BetweenAnd {
		out.to, none, err = m.to.seq(env, c)
		out.to++
	} else {
		out.to, none, err = m.to.seqBefore(env, c)
	}
	if err != nil {
		return out, err
	}
	if !none {
		none, err = m.reversed(c)
	}
	out.empty = none || out.to <= out.from
	return out, err
}

// reversed reports whether the bounds are times in the wrong order, or equal ones
// of FROM..TO. The commits they stand for may be in order all the same.
func (m *momentSpec) reversed(c *expr.Ctx) (bool, error) {
	if m.from.Seq || m.to.Seq || m.from.value == nil || m.to.value == nil {
		return false, nil
	}
	from, err := m.from.value.Row(c, nil)
	if err != nil {
		return false, err
	}
	to, err := m.to.value.Row(c, nil)
	if err != nil || from.IsNull() || to.IsNull() {
		return false, err
	}
	return from.Int() > to.Int() || m.kind == plan.FromTo && from.Int() == to.Int(), nil
}

// seq returns the commit of an instant.
func (i *instantSpec) seq(env *Env, c *expr.Ctx) (seq store.Seq, null bool, err error) {
	if i.Resolved && (i.Fixed || i.value == nil) {
		return store.Seq(i.At), i.Null, nil
	}
	d, err := i.value.Row(c, nil)
	if err != nil || d.IsNull() {
		return 0, true, err
	}
	if env.Moments == nil {
		return 0, false, pgerr.Internal("no moments to resolve")
	}
	if i.Seq {
		if d.Int() < 0 {
			return 0, false, pgerr.New(pgcode.InvalidParameterValue, "sequence number %d is negative", d.Int())
		}
		return store.Seq(d.Int()), false, env.Moments.CheckSeq(store.Seq(d.Int()))
	}
	seq, err = env.Moments.SeqAt(env.Ctx, d.Int())
	return seq, false, err
}

// seqBefore returns the least commit that is not before the instant: versions
// that start before the instant start before that commit.
func (i *instantSpec) seqBefore(env *Env, c *expr.Ctx) (seq store.Seq, null bool, err error) {
	if i.Seq || i.value == nil {
		return i.seq(env, c)
	}
	d, err := i.value.Row(c, nil)
	if err != nil || d.IsNull() {
		return 0, true, err
	}
	if d.Int() == math.MinInt64 || env.Moments == nil {
		return i.seq(env, c)
	}
	seq, err = env.Moments.SeqAt(env.Ctx, d.Int()-1)
	return seq + 1, false, err
}

// statement returns what a scan at this moment reads through.
func (m *momentExtent) statement(st *txn.Statement) *txn.Statement {
	if m.past {
		return st.At(m.from)
	}
	return st
}
