package agg

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Accumulator is the state of one aggregate call for all groups. It belongs to
// one goroutine.
type Accumulator interface {
	// Grow makes room for groups 0..n-1.
	Grow(n int) error
	// Add adds the rows that exist in b: groups[i] is the i-th row's group, nil
	// means group 0 for all. args are the arguments' vectors over b.
	Add(c *builtin.Context, args []*vec.Vec, b *vec.Batch, groups []int32) error
	// Finish ends the input; it must be called once before Result.
	Finish(c *builtin.Context) error
	// Result returns a group's value.
	Result(c *builtin.Context, group int) (datum.Datum, error)
	// Reset forgets all groups.
	Reset()
}

// Merger is an Accumulator that can take over what another of the same call
// accumulated in another goroutine.
type Merger interface {
	Accumulator
	// Merge adds group g of other to group into[g].
	Merge(c *builtin.Context, other Accumulator, into []int32) error
}

// Call is an aggregate call: its function, the types of its arguments and what
// was written around it. Order are sort keys over the arguments followed by
// OrderTypes' columns, which Add then expects behind the arguments.
type Call struct {
	Proc       *builtin.Proc
	Args       []types.T
	Star       bool
	Distinct   bool
	Order      []rows.Key
	OrderTypes []types.T
}

// New returns an empty accumulator for a call. DISTINCT and ORDER BY use the disk
// when the space's memory does not suffice.
func New(call Call, space *spill.Space) (Accumulator, error) {
	if len(call.Order) > 0 || call.Distinct && !orderFree(call) {
		return newOrdered(call, space)
	}
	inner, err := plain(call, space.Memory())
	if err != nil || !call.Distinct {
		return inner, err
	}
	return newDistinct(call, inner, space), nil
}

// orderFree reports whether the aggregate's value does not depend on the order
// of its input, so that DISTINCT may hash where PostgreSQL sorts.
func orderFree(call Call) bool {
	switch call.Proc.Name {
	case "count", "min", "max", "bool_and", "bool_or", "every", "bit_and", "bit_or", "bit_xor":
		return true
	case "sum", "avg":
		k := datum.KindOf(call.Args[0].OID)
		return k == datum.Int || k == datum.Numeric
	}
	return false
}

// plain returns the accumulator of a call without DISTINCT and ORDER BY.
func plain(call Call, account *mem.Account) (Accumulator, error) {
	held := mem.Holder{Account: account}
	if call.Proc.Schema == "pg_catalog" {
		if a := typed(call, held); a != nil {
			return a, nil
		}
	}
	if call.Proc.Agg == nil {
		return nil, pgerr.NotSupported("This PostgreSQL aggregate is not built yet.", "aggregate %s is not supported", call.Proc.Name)
	}
	args := make([]types.OID, len(call.Args))
	for i, t := range call.Args {
		args[i] = t.OID
	}
	return &generic{proc: call.Proc, args: args, keepNulls: keepsNulls(call.Proc.Name), collects: collects(call.Proc.Name), held: held}, nil
}

func typed(call Call, held mem.Holder) Accumulator {
	if call.Proc.Name == "count" {
		return &count{held: held}
	}
	if len(call.Args) != 1 {
		return nil
	}
	t := call.Args[0].OID
	layout := vec.LayoutOf(datum.KindOf(t))
	switch call.Proc.Name {
	case "sum", "avg":
		avg := call.Proc.Name == "avg"
		switch t {
		case types.Int2, types.Int4, types.Int8:
			return &intSum{avg: avg, wide: t == types.Int8, held: held}
		case types.Float4, types.Float8:
			return &floatSum{avg: avg, single: t == types.Float4 && !avg, held: held}
		case types.Numeric:
			return &numericSum{avg: avg, held: held}
		}
	case "min", "max":
		greatest := call.Proc.Name == "max"
		switch layout {
		case vec.I64:
			return &intExtreme{greatest: greatest, kind: datum.KindOf(t), held: held}
		case vec.F64:
			return &floatExtreme{greatest: greatest, held: held}
		}
		return &datumExtreme{greatest: greatest, held: held}
	}
	return nil
}

// keepsNulls reports whether NULL arguments take part.
func keepsNulls(name string) bool {
	switch name {
	case "array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg",
		"rank", "dense_rank", "percent_rank", "cume_dist", "string_agg":
		return true
	}
	return false
}

// collects reports whether the state keeps its input, so that its size must be
// told as it grows.
func collects(name string) bool {
	switch name {
	case "array_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg", "string_agg",
		"percentile_cont", "percentile_disc", "mode":
		return true
	}
	return false
}

// groupOf returns the group of the i-th row.
func groupOf(groups []int32, i int) int32 {
	if groups == nil {
		return 0
	}
	return groups[i]
}

// grown returns list with at least n entries, telling the account.
func grown[T any](list []T, n int, bytes int64, held *mem.Holder) ([]T, error) {
	if n <= len(list) {
		return list, nil
	}
	if n > cap(list) {
		size := max(n, 2*cap(list))
		if err := held.Grow(int64(size-cap(list)) * bytes); err != nil {
			return list, err
		}
		bigger := make([]T, len(list), size)
		copy(bigger, list)
		list = bigger
	}
	return list[:n], nil
}
