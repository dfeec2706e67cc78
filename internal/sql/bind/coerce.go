package bind

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// castContext says which casts a coercion may use, as pg_cast.castcontext.
type castContext uint8

const (
	implicit castContext = iota
	assignment
	explicit
)

// path is how a value of one type becomes another.
type path uint8

const (
	pathNone path = iota
	pathFunc
	pathRelabel
	pathArray
	pathIO
)

// findPath finds the coercion from source to target that ctx allows, as
// PostgreSQL's find_coercion_pathway.
func findPath(target, source types.OID, ctx castContext) (path, *builtin.Proc) {
	if target == source {
		return pathRelabel, nil
	}
	if c := builtin.FindCast(source, target); c != nil {
		allowed := explicit
		switch c.Context {
		case 'i':
			allowed = implicit
		case 'a':
			allowed = assignment
		}
		if ctx < allowed {
			return pathNone, nil
		}
		switch c.Method {
		case 'f':
			return pathFunc, c.Proc
		case 'i':
			return pathIO, nil
		}
		return pathRelabel, nil
	}
	// The vector types are arrays in form, but are not made from arrays.
	if target != types.OidVector && target != types.Int2Vector {
		te, se := types.ElemOf(target), types.ElemOf(source)
		if te != 0 && se != 0 && isArray(target) {
			if p, _ := findPath(te, se, ctx); p != pathNone {
				return pathArray, nil
			}
		}
	}
	if ctx >= assignment && category(target) == 'S' {
		return pathIO, nil
	}
	if ctx >= explicit && category(source) == 'S' {
		return pathIO, nil
	}
	return pathNone, nil
}

func category(oid types.OID) byte {
	if info := types.Lookup(oid); info != nil {
		return info.Category
	}
	return 'X'
}

func isPreferred(cat byte, oid types.OID) bool {
	info := types.Lookup(oid)
	return info != nil && info.Preferred && info.Category == cat
}

// binaryCoercible reports whether a value of source is a value of target without
// conversion, as IsBinaryCoercible.
func binaryCoercible(source, target types.OID) bool {
	switch {
	case source == target, target == types.Any, target == types.AnyElement, target == types.AnyCompatible:
		return true
	case (target == types.AnyArray || target == types.AnyCompatibleArray) && isArray(source):
		return true
	case (target == types.AnyNonArray || target == types.AnyCompatibleNonArray) && !isArray(source):
		return true
	case (target == types.AnyRange || target == types.AnyCompatibleRange) && typtype(source) == 'r':
		return true
	case (target == types.AnyMultirange || target == types.AnyCompatibleMultirange) && typtype(source) == 'm':
		return true
	}
	c := builtin.FindCast(source, target)
	return c != nil && c.Method == 'b' && c.Context == 'i'
}

func typtype(oid types.OID) byte {
	if info := types.Lookup(oid); info != nil {
		return info.Type
	}
	return 'b'
}

// canCoerce reports whether values of the source types can become the targets.
func canCoerce(sources, targets []types.OID, ctx castContext) bool {
	generics := false
	for i, source := range sources {
		target := targets[i]
		switch {
		case source == target, target == types.Any:
		case isPolymorphic(target):
			generics = true
		case source == types.Unknown:
		default:
			if p, _ := findPath(target, source, ctx); p != pathNone {
				continue
			}
			if source == types.RecordArray && isArray(target) && typtype(types.ElemOf(target)) == 'c' {
				continue
			}
			return false
		}
	}
	return !generics || genericsConsistent(sources, targets)
}

func canCoerce1(source, target types.OID, ctx castContext) bool {
	return canCoerce([]types.OID{source}, []types.OID{target}, ctx)
}

// coerceToTarget converts e to a type with its modifier, or returns nil when
// there is no way; as coerce_to_target_type.
func (b *binder) coerceToTarget(e plan.Expr, target types.T, ctx castContext, form plan.CastForm, pos int) plan.Expr {
	source := e.Type().OID
	if !canCoerce1(source, target.OID, ctx) {
		return nil
	}
	inner := b.coerce(e, target, ctx, form, pos)
	return b.applyTypmod(inner, target, ctx, form, pos, inner != e)
}

// coerce converts e to a type without applying the modifier; the caller has
// checked that it can be done. As coerce_type.
func (b *binder) coerce(e plan.Expr, target types.T, ctx castContext, form plan.CastForm, pos int) plan.Expr {
	source := e.Type().OID
	if source == target.OID {
		return e
	}
	switch target.OID {
	case types.Any, types.AnyElement, types.AnyNonArray, types.AnyCompatible, types.AnyCompatibleNonArray:
		return e
	case types.AnyArray, types.AnyEnum, types.AnyRange, types.AnyMultirange, types.AnyCompatibleArray,
		types.AnyCompatibleRange, types.AnyCompatibleMultirange:
		if source != types.Unknown {
			return e
		}
	}
	if source == types.Unknown {
		switch x := e.(type) {
		case *plan.Const:
			return b.literal(x, target, ctx, form, pos)
		case *plan.Param:
			if p := b.params.coerce(b, x, target.OID); p != nil {
				return p
			}
		}
	}
	p, proc := findPath(target.OID, source, ctx)
	switch p {
	case pathRelabel:
		return &plan.Relabel{Loc: plan.Loc(pos), Typ: plan.Typ(types.Of(target.OID)), Arg: e, Form: form}
	case pathNone:
		if source == types.Unknown || target.OID == types.Unknown {
			return &plan.CoerceViaIO{Loc: plan.Loc(pos), Typ: plan.Typ(types.Of(target.OID)), Arg: e, Form: form}
		}
		b.fail(pgerr.Internal("failed to find conversion function from %s to %s",
			typeText(source), typeText(target.OID)))
	}
	mod := int32(-1)
	if p == pathArray {
		mod = target.Typmod
	}
	return b.buildCoercion(e, p, proc, types.T{OID: target.OID, Typmod: mod}, ctx, form, pos)
}

// literal reads a string literal as a value of the target type. Modifiers are
// not given to the type's input, but for interval, whose fields decide how the
// text is read.
func (b *binder) literal(c *plan.Const, target types.T, ctx castContext, form plan.CastForm, pos int) plan.Expr {
	in := types.Of(target.OID)
	if target.OID == types.Interval {
		in.Typmod = target.Typmod
	}
	out := &plan.Const{Loc: c.Loc, Typ: plan.Typ(types.Of(target.OID))}
	if typtype(target.OID) == 'p' && target.OID != types.CString && target.OID != types.Record {
		b.failPseudoInput(target.OID, int(c.Loc))
	}
	if c.Value.IsNull() {
		return out
	}
	v, err := b.input(in, c.Value.Str())
	if err != nil {
		b.fail(pgerr.From(err).At(bytePos(int(c.Loc))))
	}
	out.Value = v
	return out
}

func (b *binder) failPseudoInput(oid types.OID, pos int) {
	b.failf(pos, pgcode.FeatureNotSupported, "cannot accept a value of type %s", typeText(oid))
}

// buildCoercion makes the node for a path.
func (b *binder) buildCoercion(e plan.Expr, p path, proc *builtin.Proc, target types.T, ctx castContext, form plan.CastForm, pos int) plan.Expr {
	switch p {
	case pathFunc:
		args := []plan.Expr{e}
		if len(proc.Args) >= 2 {
			args = append(args, intConst(int64(target.Typmod), types.Int4))
		}
		if len(proc.Args) == 3 {
			args = append(args, boolConst(ctx == explicit))
		}
		typ := types.Of(target.OID)
		if len(args) > 1 {
			typ.Typmod = target.Typmod
		}
		b.requireBody(proc, pos)
		return &plan.FuncCall{Loc: plan.Loc(pos), Typ: plan.Typ(typ), Proc: proc, Args: args, Cast: form}
	case pathArray:
		elem := types.ElemOf(e.Type().OID)
		value := &plan.ElemValue{Loc: -1, Typ: plan.Typ(types.T{OID: elem, Typmod: e.Type().Typmod})}
		conv := b.coerceToTarget(value, types.T{OID: types.ElemOf(target.OID), Typmod: target.Typmod}, ctx, form, pos)
		if conv == nil {
			b.fail(pgerr.Internal("failed to coerce array element type as expected"))
		}
		typ := types.T{OID: target.OID, Typmod: conv.Type().Typmod}
		return &plan.ArrayCoerce{Loc: plan.Loc(pos), Typ: plan.Typ(typ), Arg: e, Elem: conv, Form: form}
	case pathIO:
		return &plan.CoerceViaIO{Loc: plan.Loc(pos), Typ: plan.Typ(types.Of(target.OID)), Arg: e, Form: form}
	}
	b.fail(pgerr.Internal("unsupported coercion pathtype %d", p))
	return nil
}

// applyTypmod enforces a type's modifier (length, precision), as
// coerce_type_typmod. When e is itself a cast made for the same conversion it is
// hidden: the pair prints as one cast.
func (b *binder) applyTypmod(e plan.Expr, target types.T, ctx castContext, form plan.CastForm, pos int, hide bool) plan.Expr {
	if target.Typmod == e.Type().Typmod {
		return e
	}
	if hide {
		e = hideCast(e)
	}
	if target.Typmod >= 0 {
		if p, proc := typmodPath(target.OID); p != pathNone {
			return b.buildCoercion(e, p, proc, target, ctx, form, pos)
		}
	}
	return &plan.Relabel{Loc: plan.Loc(pos), Typ: plan.Typ(target), Arg: e, Form: form}
}

// typmodPath finds the cast of a type to itself that applies a modifier.
func typmodPath(oid types.OID) (path, *builtin.Proc) {
	if isArray(oid) {
		if c := builtin.FindCast(types.ElemOf(oid), types.ElemOf(oid)); c != nil && c.Proc != nil {
			return pathArray, nil
		}
		return pathNone, nil
	}
	if c := builtin.FindCast(oid, oid); c != nil && c.Proc != nil {
		return pathFunc, c.Proc
	}
	return pathNone, nil
}

// hideCast marks a cast node as implicit, so that it does not print.
func hideCast(e plan.Expr) plan.Expr {
	switch x := e.(type) {
	case *plan.FuncCall:
		c := *x
		c.Cast = plan.ImplicitCast
		return &c
	case *plan.Relabel:
		c := *x
		c.Form = plan.ImplicitCast
		return &c
	case *plan.CoerceViaIO:
		c := *x
		c.Form = plan.ImplicitCast
		return &c
	case *plan.ArrayCoerce:
		c := *x
		c.Form = plan.ImplicitCast
		return &c
	}
	return e
}

// toBoolean converts a condition; what names the clause ("WHERE").
func (b *binder) toBoolean(e plan.Expr, what string) plan.Expr {
	if e.Type().OID != types.Bool {
		c := b.coerceToTarget(e, types.Of(types.Bool), assignment, plan.ImplicitCast, -1)
		if c == nil {
			b.failf(exprPos(e), pgcode.DatatypeMismatch, "argument of %s must be type %s, not type %s",
				what, "boolean", typeText(e.Type().OID))
		}
		e = c
	}
	if returnsSet(e) {
		b.failf(exprPos(e), pgcode.DatatypeMismatch, "argument of %s must not return a set", what)
	}
	return e
}

// toSpecific converts to one type by assignment; as coerce_to_specific_type.
func (b *binder) toSpecific(e plan.Expr, target types.OID, what string) plan.Expr {
	if e.Type().OID != target {
		c := b.coerceToTarget(e, types.Of(target), assignment, plan.ImplicitCast, -1)
		if c == nil {
			b.failf(exprPos(e), pgcode.DatatypeMismatch, "argument of %s must be type %s, not type %s",
				what, typeText(target), typeText(e.Type().OID))
		}
		e = c
	}
	if returnsSet(e) {
		b.failf(exprPos(e), pgcode.DatatypeMismatch, "argument of %s must not return a set", what)
	}
	return e
}

// toCommon converts to a type chosen by commonType; as coerce_to_common_type.
func (b *binder) toCommon(e plan.Expr, target types.OID, what string) plan.Expr {
	if e.Type().OID == target {
		return e
	}
	if !canCoerce1(e.Type().OID, target, implicit) {
		b.failf(exprPos(e), pgcode.CannotCoerce, "%s could not convert type %s to %s",
			what, typeText(e.Type().OID), typeText(target))
	}
	return b.coerce(e, types.Of(target), implicit, plan.ImplicitCast, -1)
}

// commonType chooses the type that UNION, CASE and their like resolve to, as
// select_common_type. With what empty it returns 0 instead of failing.
func (b *binder) commonType(exprs []plan.Expr, what string) types.OID {
	first := exprs[0]
	ptype := first.Type().OID
	if ptype != types.Unknown {
		same := true
		for _, e := range exprs[1:] {
			same = same && e.Type().OID == ptype
		}
		if same {
			return ptype
		}
	}
	pcat := category(ptype)
	for _, e := range exprs[1:] {
		ntype := e.Type().OID
		if ntype == types.Unknown || ntype == ptype {
			continue
		}
		ncat := category(ntype)
		switch {
		case ptype == types.Unknown:
			first, ptype, pcat = e, ntype, ncat
		case ncat != pcat:
			if what == "" {
				return 0
			}
			b.failf(exprPos(e), pgcode.DatatypeMismatch, "%s types %s and %s cannot be matched",
				what, typeText(ptype), typeText(ntype))
		case !isPreferred(pcat, ptype) && canCoerce1(ptype, ntype, implicit) && !canCoerce1(ntype, ptype, implicit):
			first, ptype, pcat = e, ntype, ncat
		}
	}
	if ptype == types.Unknown {
		return types.Text
	}
	return ptype
}

// commonTypmod is the modifier that all expressions have, if they have one type.
func commonTypmod(exprs []plan.Expr, common types.OID) int32 {
	for _, e := range exprs {
		if t := e.Type(); t.OID != common || t.Typmod != exprs[0].Type().Typmod {
			return -1
		}
	}
	if len(exprs) == 0 {
		return -1
	}
	return exprs[0].Type().Typmod
}

func intConst(n int64, oid types.OID) *plan.Const {
	return &plan.Const{Loc: -1, Typ: plan.Typ(types.Of(oid)), Value: datum.NewInt(n)}
}

func boolConst(v bool) *plan.Const {
	return &plan.Const{Loc: -1, Typ: plan.Typ(types.Of(types.Bool)), Value: datum.NewBool(v)}
}

func nullConst(t types.T, pos int) *plan.Const {
	return &plan.Const{Loc: plan.Loc(pos), Typ: plan.Typ(t)}
}

// unify converts expressions to their common type.
func (b *binder) unify(exprs []plan.Expr, what string) (types.OID, []plan.Expr) {
	common := b.commonType(exprs, what)
	out := make([]plan.Expr, len(exprs))
	for i, e := range exprs {
		out[i] = b.toCommon(e, common, what)
	}
	return common, out
}
