package expr

import (
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// kernelInfo is what a kernel needs to know of its function.
type kernelInfo struct {
	rel    relation
	arith  arith
	limits bounds
}

// Prefixes of the prosrc of functions with kernels; the rest of the name is the
// operation. Comparisons across types of one layout share a kernel.
var (
	intComparisons = strings.Fields("int2 int4 int8 int24 int42 int28 int82 int48 int84 oid bool date_ time_ timestamp_")
	fltComparisons = strings.Fields("float4 float8 float48 float84")
	datComparisons = strings.Fields("text text_ bpchar bytea numeric_ uuid_ name")
	intArithmetic  = strings.Fields("int2 int4 int8 int24 int42 int28 int82 int48 int84")
	fltArithmetic  = strings.Fields("float8 float48 float84")
)

type kernelEntry struct {
	kernel kernel
	filter filterKernel
	info   kernelInfo
}

var kernels = buildKernels()

func buildKernels() map[string]kernelEntry {
	m := map[string]kernelEntry{}
	for op, rel := range relations {
		for _, p := range intComparisons {
			m[p+op] = kernelEntry{compareKernel, filterCompare, kernelInfo{rel: rel}}
		}
		for _, p := range fltComparisons {
			m[p+op] = kernelEntry{compareKernel, filterCompare, kernelInfo{rel: rel}}
		}
		for _, p := range datComparisons {
			m[p+op] = kernelEntry{kernel: compareKernel, info: kernelInfo{rel: rel}}
		}
	}
	for op, a := range map[string]arith{"pl": opAdd, "mi": opSub, "mul": opMul} {
		for _, p := range intArithmetic {
			m[p+op] = kernelEntry{kernel: arithKernel, info: kernelInfo{arith: a}}
		}
		for _, p := range fltArithmetic {
			m[p+op] = kernelEntry{kernel: arithKernel, info: kernelInfo{arith: a}}
		}
	}
	for _, p := range intArithmetic {
		m[p+"div"] = kernelEntry{kernel: divKernel}
	}
	for _, p := range []string{"int2mod", "int4mod", "int8mod"} {
		m[p] = kernelEntry{kernel: modKernel}
	}
	m["numeric_add"] = kernelEntry{kernel: numericKernel(numeric.Add)}
	m["numeric_sub"] = kernelEntry{kernel: numericKernel(numeric.Sub)}
	m["numeric_mul"] = kernelEntry{kernel: numericKernel(numeric.Mul)}
	for _, p := range strings.Fields("i2toi4 int28 int48") {
		m[p] = kernelEntry{kernel: sameIntsKernel}
	}
	for _, p := range strings.Fields("i2tod i4tod i8tod") {
		m[p] = kernelEntry{kernel: intToFloatKernel}
	}
	return m
}

// chooseKernel gives the call its vectorised form, if its function has one and
// the layouts of the arguments are what the kernel expects.
func chooseKernel(n *call) {
	e, ok := kernels[n.proc.Source]
	if !ok || n.proc.Lang != langInternal || !sameLayouts(n.args) {
		return
	}
	n.kernel, n.filter, n.info = e.kernel, e.filter, e.info
	switch n.proc.Ret {
	case types.Int2:
		n.info.limits = bounds2
	case types.Int4:
		n.info.limits = bounds4
	default:
		n.info.limits = bounds8
	}
}

const langInternal = 12 // pg_language.oid of internal

func sameLayouts(args []Node) bool {
	for _, a := range args[1:] {
		if vec.LayoutOf(datum.KindOf(a.Type().OID)) != vec.LayoutOf(datum.KindOf(args[0].Type().OID)) {
			return false
		}
	}
	return true
}

// single returns the value of a rowless argument; ok is false for others and
// for NULL.
func single(c *Ctx, n Node) (d datum.Datum, ok bool) {
	r, isSingle := n.(rowless)
	if !isSingle {
		return d, false
	}
	d, err := r.Row(c, nil)
	return d, err == nil && !d.IsNull()
}

func compareKernel(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec {
	x, y := args[0], args[1]
	out := c.out(n.slot, boolType, b.Rows)
	out.Nulls.Or(&x.Nulls, &y.Nulls)
	rel := n.info.rel
	switch x.Layout {
	case vec.I64:
		if k, ok := single(c, n.args[1]); ok {
			compareIntsConst(rel, x.Ints, k.Int(), out.Ints, sel, b.Rows)
		} else {
			compareInts(rel, x.Ints, y.Ints, out.Ints, sel, b.Rows)
		}
	case vec.F64:
		if k, ok := single(c, n.args[1]); ok {
			compareFloatsConst(rel, x.Floats, k.Float(), out.Ints, sel, b.Rows)
		} else {
			compareFloats(rel, x.Floats, y.Floats, out.Ints, sel, b.Rows)
		}
	default:
		compareData(rel, x, y, &out.Nulls, out.Ints, sel, b.Rows)
	}
	return out
}

// filterCompare handles a comparison of a column with one value.
func filterCompare(c *Ctx, n *call, b *vec.Batch, sel, out []int32) ([]int32, bool, error) {
	left, right, rel := n.args[0], n.args[1], n.info.rel
	k, ok := single(c, right)
	if !ok {
		if k, ok = single(c, left); !ok {
			return nil, false, nil
		}
		left, rel = right, rel.swap()
	}
	v, err := left.Vec(c, b, sel)
	if err != nil {
		return nil, false, err
	}
	if v.Layout == vec.F64 {
		return filterFloatsConst(rel, v.Floats, k.Float(), &v.Nulls, sel, b.Rows, out), true, nil
	}
	return filterIntsConst(rel, v.Ints, k.Int(), &v.Nulls, sel, b.Rows, out), true, nil
}

func arithKernel(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec {
	x, y := args[0], args[1]
	out := c.out(n.slot, n.typ, b.Rows)
	out.Nulls.Or(&x.Nulls, &y.Nulls)
	rows := all(b, sel)
	suspect := false
	if x.Layout == vec.I64 {
		suspect = arithInts(n.info.arith, x.Ints, y.Ints, out.Ints, n.info.limits, rows)
	} else {
		suspect = arithFloats(n.info.arith, x.Floats, y.Floats, out.Floats, rows)
	}
	if suspect {
		return nil
	}
	return out
}

// safeDivisor reports whether no selected row divides by 0 or -1, the only
// divisors that can fail.
func safeDivisor(y []int64, sel []int32) bool {
	bad := int64(0)
	for _, i := range sel {
		bad |= bit(uint64(y[i]+1) <= 1)
	}
	return bad == 0
}

func divKernel(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec {
	x, y, rows := args[0], args[1], all(b, sel)
	if y.Nulls.Any() || !safeDivisor(y.Ints, rows) {
		return nil
	}
	out := c.out(n.slot, n.typ, b.Rows)
	out.Nulls.Or(&x.Nulls, &y.Nulls)
	for _, i := range rows {
		out.Ints[i] = x.Ints[i] / y.Ints[i]
	}
	return out
}

func modKernel(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec {
	x, y, rows := args[0], args[1], all(b, sel)
	if y.Nulls.Any() || !safeDivisor(y.Ints, rows) {
		return nil
	}
	out := c.out(n.slot, n.typ, b.Rows)
	out.Nulls.Or(&x.Nulls, &y.Nulls)
	for _, i := range rows {
		out.Ints[i] = x.Ints[i] % y.Ints[i]
	}
	return out
}

func numericKernel(op func(a, b datum.Datum) (datum.Datum, error)) kernel {
	return func(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec {
		x, y := args[0], args[1]
		out := c.out(n.slot, n.typ, b.Rows)
		out.Nulls.Or(&x.Nulls, &y.Nulls)
		for _, i := range all(b, sel) {
			if out.Nulls.Get(int(i)) {
				continue
			}
			d, err := op(x.Data[i], y.Data[i])
			if err != nil {
				return nil
			}
			out.Data[i] = d
		}
		return out
	}
}

func sameIntsKernel(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec {
	return args[0]
}

func intToFloatKernel(c *Ctx, n *call, args []*vec.Vec, b *vec.Batch, sel []int32) *vec.Vec {
	out := c.out(n.slot, n.typ, b.Rows)
	out.Nulls = args[0].Nulls
	for _, i := range all(b, sel) {
		out.Floats[i] = float64(args[0].Ints[i])
	}
	return out
}
