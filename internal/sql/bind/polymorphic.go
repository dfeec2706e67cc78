package bind

import (
	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

func isPolymorphic(oid types.OID) bool {
	return isSimplePolymorphic(oid) || isCompatible(oid)
}

// isSimplePolymorphic tells the family of anyelement, whose actual types must
// agree exactly.
func isSimplePolymorphic(oid types.OID) bool {
	switch oid {
	case types.AnyElement, types.AnyArray, types.AnyNonArray, types.AnyEnum, types.AnyRange, types.AnyMultirange:
		return true
	}
	return false
}

// isCompatible tells the family of anycompatible, whose actual types are
// promoted to a common one.
func isCompatible(oid types.OID) bool {
	switch oid {
	case types.AnyCompatible, types.AnyCompatibleArray, types.AnyCompatibleNonArray,
		types.AnyCompatibleRange, types.AnyCompatibleMultirange:
		return true
	}
	return false
}

// rangeTypes tells the element type of each range and multirange type, and back.
type rangeTypes struct {
	subtype    map[types.OID]types.OID // range -> element
	multirange map[types.OID]types.OID // range -> multirange
	rangeOf    map[types.OID]types.OID // multirange -> range
}

var ranges = loadRanges()

func loadRanges() rangeTypes {
	r := rangeTypes{map[types.OID]types.OID{}, map[types.OID]types.OID{}, map[types.OID]types.OID{}}
	for _, row := range pgdata.Load("pg_range").Rows {
		oid, multi := types.OID(row.OID("rngtypid")), types.OID(row.OID("rngmultitypid"))
		r.subtype[oid] = types.OID(row.OID("rngsubtype"))
		r.multirange[oid], r.rangeOf[multi] = multi, oid
	}
	return r
}

// generics collects what the arguments of a call say of its polymorphic types.
type generics struct {
	elem, array, rng, multi types.OID
	compatible              []types.OID
	compatibleRange         types.OID
	compatibleMultirange    types.OID
	nonArray, enum          bool
	compatibleNonArray      bool
	simple, anyCompatible   bool // whether a declared type is of the family
}

// mismatch describes why arguments contradict each other.
type mismatch struct {
	message, detail string
}

func (m *mismatch) err() *pgerr.Error {
	e := pgerr.New(pgcode.DatatypeMismatch, "%s", m.message)
	if m.detail != "" {
		e = e.WithDetail("%s", m.detail)
	}
	return e
}

func alike(family string, old, actual types.OID) *mismatch {
	return &mismatch{`arguments declared "` + family + `" are not all alike`, typeText(old) + " versus " + typeText(actual)}
}

// settle stores the actual type of a family, or reports that it differs from an
// earlier argument's.
func settle(slot *types.OID, actual types.OID, family string) *mismatch {
	if *slot != 0 && *slot != actual {
		return alike(family, *slot, actual)
	}
	*slot = actual
	return nil
}

// note takes one argument.
func (g *generics) note(declared, actual types.OID) *mismatch {
	g.simple = g.simple || isSimplePolymorphic(declared)
	g.anyCompatible = g.anyCompatible || isCompatible(declared)
	switch declared {
	case types.AnyNonArray:
		g.nonArray = true
	case types.AnyEnum:
		g.enum = true
	case types.AnyCompatibleNonArray:
		g.compatibleNonArray = true
	}
	if actual == types.Unknown {
		return nil
	}
	switch declared {
	case types.AnyElement, types.AnyNonArray, types.AnyEnum:
		return settle(&g.elem, actual, "anyelement")
	case types.AnyArray:
		return settle(&g.array, actual, "anyarray")
	case types.AnyRange:
		return settle(&g.rng, actual, "anyrange")
	case types.AnyMultirange:
		return settle(&g.multi, actual, "anymultirange")
	case types.AnyCompatible, types.AnyCompatibleNonArray:
		g.compatible = append(g.compatible, actual)
	case types.AnyCompatibleArray:
		elem := types.ElemOf(actual)
		if !isArray(actual) {
			return notArray("anycompatiblearray", actual)
		}
		g.compatible = append(g.compatible, elem)
	case types.AnyCompatibleRange:
		return g.noteRange(&g.compatibleRange, "anycompatiblerange", actual, actual, "range")
	case types.AnyCompatibleMultirange:
		return g.noteRange(&g.compatibleMultirange, "anycompatiblemultirange", actual, ranges.rangeOf[actual], "multirange")
	}
	return nil
}

func (g *generics) noteRange(slot *types.OID, family string, actual, rng types.OID, kind string) *mismatch {
	if *slot != 0 {
		return settle(slot, actual, family)
	}
	sub, ok := ranges.subtype[rng]
	if !ok {
		return &mismatch{"argument declared " + family + " is not a " + kind + " type but type " + typeText(actual), ""}
	}
	*slot = actual
	g.compatible = append(g.compatible, sub)
	return nil
}

func notArray(family string, actual types.OID) *mismatch {
	return &mismatch{"argument declared " + family + " is not an array but type " + typeText(actual), ""}
}

func inconsistent(a, b string) *mismatch {
	return &mismatch{"argument declared " + a + " is not consistent with argument declared " + b, ""}
}

// resolveSimple derives the element type from arrays and ranges.
func (g *generics) resolveSimple() *mismatch {
	if g.array != 0 && g.array != types.AnyArray {
		if !isArray(g.array) {
			return notArray("anyarray", g.array)
		}
		elem := types.ElemOf(g.array)
		if g.elem == 0 {
			g.elem = elem
		} else if g.elem != elem {
			m := inconsistent("anyarray", "anyelement")
			m.detail = typeText(g.array) + " versus " + typeText(g.elem)
			return m
		}
	}
	if g.multi != 0 {
		rng, ok := ranges.rangeOf[g.multi]
		if !ok {
			return &mismatch{"argument declared anymultirange is not a multirange type but type " + typeText(g.multi), ""}
		}
		if g.rng != 0 && g.rng != rng {
			m := inconsistent("anymultirange", "anyrange")
			m.detail = typeText(g.multi) + " versus " + typeText(g.rng)
			return m
		}
		g.rng = rng
	} else if g.rng != 0 {
		g.multi = ranges.multirange[g.rng]
	}
	if g.rng != 0 {
		sub, ok := ranges.subtype[g.rng]
		if !ok {
			return &mismatch{"argument declared anyrange is not a range type but type " + typeText(g.rng), ""}
		}
		if g.elem == 0 {
			g.elem = sub
		} else if g.elem != sub {
			m := inconsistent("anyrange", "anyelement")
			m.detail = typeText(g.rng) + " versus " + typeText(g.elem)
			return m
		}
	}
	if g.nonArray && g.elem != 0 && isArray(g.elem) {
		return &mismatch{"type matched to anynonarray is an array type: " + typeText(g.elem), ""}
	}
	if g.enum && typtype(g.elem) != 'e' {
		return &mismatch{"type matched to anyenum is not an enum type: " + typeText(g.elem), ""}
	}
	return nil
}

// commonOf is commonType over bare types; 0 when there is none. All must be
// able to become it.
func commonOf(list []types.OID) types.OID {
	ptype := list[0]
	for _, ntype := range list[1:] {
		switch {
		case ntype == ptype:
		case category(ntype) != category(ptype):
			return 0
		case !isPreferred(category(ptype), ptype) && canCoerce1(ptype, ntype, implicit) && !canCoerce1(ntype, ptype, implicit):
			ptype = ntype
		}
	}
	for _, t := range list {
		if !canCoerce1(t, ptype, implicit) {
			return 0
		}
	}
	return ptype
}

// resolveCompatible chooses the common type of the anycompatible family; 0 when
// nothing is known of it.
func (g *generics) resolveCompatible() (types.OID, *mismatch) {
	if len(g.compatible) == 0 {
		return 0, nil
	}
	common := commonOf(g.compatible)
	if common == 0 {
		return 0, &mismatch{"arguments of anycompatible family cannot be cast to a common type", ""}
	}
	if g.compatibleNonArray && isArray(common) {
		return 0, &mismatch{"type matched to anycompatiblenonarray is an array type: " + typeText(common), ""}
	}
	return common, nil
}

// genericsConsistent reports whether actual types fit polymorphic declared ones,
// as check_generic_type_consistency.
func genericsConsistent(actual, declared []types.OID) bool {
	var g generics
	for i := range declared {
		if g.note(declared[i], actual[i]) != nil {
			return false
		}
	}
	if g.resolveSimple() != nil {
		return false
	}
	_, m := g.resolveCompatible()
	return m == nil
}

// enforceGenerics replaces polymorphic types among declared by actual ones and
// returns the actual result type, as enforce_generic_type_consistency.
func enforceGenerics(actual, declared []types.OID, result types.OID) (types.OID, *pgerr.Error) {
	var g generics
	for i := range declared {
		if m := g.note(declared[i], actual[i]); m != nil {
			return 0, m.err()
		}
	}
	if !g.simple && !g.anyCompatible {
		return result, nil
	}
	if g.simple {
		if m := g.resolveSimple(); m != nil {
			return 0, m.err()
		}
		if g.elem == 0 && g.array == 0 {
			return 0, pgerr.New(pgcode.DatatypeMismatch, "could not determine polymorphic type because input has type %s", "unknown")
		}
	}
	common, m := g.resolveCompatible()
	if m != nil {
		return 0, m.err()
	}
	if common == 0 {
		common = types.Text
	}
	for i, d := range declared {
		t, err := g.actual(d, common)
		if err != nil {
			return 0, err
		}
		declared[i] = t
	}
	return g.actual(result, common)
}

// actual returns the actual type for a declared one.
func (g *generics) actual(declared, common types.OID) (types.OID, *pgerr.Error) {
	switch declared {
	case types.AnyElement, types.AnyNonArray, types.AnyEnum:
		if g.elem == 0 {
			return types.AnyElement, nil
		}
		return g.elem, nil
	case types.AnyArray:
		if g.array != 0 {
			return g.array, nil
		}
		return arrayOf(g.elem)
	case types.AnyRange:
		return g.rng, needRange(g.rng, "anyrange")
	case types.AnyMultirange:
		return g.multi, needRange(g.multi, "anymultirange")
	case types.AnyCompatible, types.AnyCompatibleNonArray:
		return common, nil
	case types.AnyCompatibleArray:
		return arrayOf(common)
	case types.AnyCompatibleRange:
		if g.compatibleRange == 0 {
			return ranges.rangeOf[g.compatibleMultirange], needRange(g.compatibleMultirange, "anycompatiblerange")
		}
		return g.compatibleRange, nil
	case types.AnyCompatibleMultirange:
		if g.compatibleMultirange == 0 {
			return ranges.multirange[g.compatibleRange], needRange(g.compatibleRange, "anycompatiblemultirange")
		}
		return g.compatibleMultirange, nil
	}
	return declared, nil
}

func arrayOf(elem types.OID) (types.OID, *pgerr.Error) {
	if array := types.ArrayOf(elem); array != 0 {
		return array, nil
	}
	return 0, pgerr.New(pgcode.UndefinedObject, "could not find array type for data type %s", typeText(elem))
}

func needRange(oid types.OID, family string) *pgerr.Error {
	if oid != 0 {
		return nil
	}
	return pgerr.New(pgcode.DatatypeMismatch, "could not determine polymorphic type %s because input has type %s", family, "unknown")
}
