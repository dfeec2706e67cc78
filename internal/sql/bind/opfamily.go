package bind

import (
	"strconv"

	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
)

// Strategy numbers of btree operators, with PostgreSQL's convention for <>.
const (
	strategyLess         = 1
	strategyLessEqual    = 2
	strategyEqual        = 3
	strategyGreaterEqual = 4
	strategyGreater      = 5
	strategyNotEqual     = 6
)

const (
	accessBtree = 403
	accessHash  = 405
)

// opFamilies is what binding needs of pg_amop and pg_opclass: which operators
// order and compare a type.
type opFamilies struct {
	// member lists the btree families and strategies an operator belongs to.
	member map[uint32][]familyStrategy
	// class is the default operator class of a type, by access method.
	class map[classKey]opClass
	// operator finds a family's operator.
	operator map[familyKey]uint32
}

type familyStrategy struct {
	family   uint32
	strategy int
}

type classKey struct {
	method uint32
	typ    types.OID
}

type opClass struct {
	family uint32
	input  types.OID
}

type familyKey struct {
	family      uint32
	left, right types.OID
	strategy    int
}

var families = loadFamilies()

func loadFamilies() opFamilies {
	f := opFamilies{map[uint32][]familyStrategy{}, map[classKey]opClass{}, map[familyKey]uint32{}}
	for _, r := range pgdata.Load("pg_amop").Rows {
		if m := r.OID("amopmethod"); m != accessBtree && m != accessHash {
			continue
		}
		family, op, strategy := r.OID("amopfamily"), r.OID("amopopr"), int(r.Int("amopstrategy"))
		f.operator[familyKey{family, types.OID(r.OID("amoplefttype")), types.OID(r.OID("amoprighttype")), strategy}] = op
		if r.OID("amopmethod") == accessBtree {
			f.member[op] = append(f.member[op], familyStrategy{family, strategy})
		}
	}
	for _, r := range pgdata.Load("pg_opclass").Rows {
		if r.Bool("opcdefault") {
			input := types.OID(r.OID("opcintype"))
			f.class[classKey{r.OID("opcmethod"), input}] = opClass{r.OID("opcfamily"), input}
		}
	}
	return f
}

// defaultClass finds a type's default operator class, directly or through a
// binary-coercible type, as GetDefaultOpClass.
func defaultClass(method uint32, oid types.OID) (opClass, bool) {
	if c, ok := families.class[classKey{method, oid}]; ok {
		return c, true
	}
	if isArray(oid) {
		return families.class[classKey{method, types.AnyArray}], true
	}
	switch typtype(oid) {
	case 'r':
		return families.class[classKey{method, types.AnyRange}], true
	case 'm':
		return families.class[classKey{method, types.AnyMultirange}], true
	}
	var found opClass
	matches := 0
	for k, c := range families.class {
		if k.method != method || !binaryCoercible(oid, k.typ) || isPolymorphic(k.typ) || k.typ == types.Any {
			continue
		}
		if isPreferred(category(oid), k.typ) {
			return c, true
		}
		found = c
		matches++
	}
	return found, matches == 1
}

// sortOperator returns a type's operator of a btree strategy, nil when the type
// has no order. As get_sort_group_operators; arrays and records depend on their
// elements, which the caller checks.
func sortOperator(oid types.OID, strategy int) *builtin.Operator {
	if isArray(oid) && sortOperator(types.ElemOf(oid), strategy) == nil {
		return nil
	}
	c, ok := defaultClass(accessBtree, oid)
	if !ok {
		if strategy == strategyEqual {
			return hashEquality(oid)
		}
		return nil
	}
	return builtin.OperatorByOID(families.operator[familyKey{c.family, c.input, c.input, strategy}])
}

// hashEquality is the equality of types that hash but have no order (xid).
func hashEquality(oid types.OID) *builtin.Operator {
	c, ok := defaultClass(accessHash, oid)
	if !ok {
		return nil
	}
	return builtin.OperatorByOID(families.operator[familyKey{c.family, c.input, c.input, 1}])
}

// strategies lists the btree strategies an operator stands for, <> included.
func strategies(op *builtin.Operator) []int {
	var out []int
	for _, m := range families.member[op.OID] {
		out = append(out, m.strategy)
	}
	if len(out) == 0 && op.Negator != 0 {
		for _, m := range families.member[op.Negator] {
			if m.strategy == strategyEqual {
				out = append(out, strategyNotEqual)
			}
		}
	}
	return out
}

// SortOperator returns the default operator of a type for a btree strategy
// number (1 <, 2 <=, 3 =, 4 >=, 5 >), nil when it has none.
func SortOperator(oid types.OID, strategy int) *builtin.Operator { return sortOperator(oid, strategy) }

// KeyComparable reports whether a column of type referencing can have a foreign key
// to one of type referenced: the referenced type's default btree class has an
// equality of the two, or the referencing type converts implicitly to the class's
// type. As ATAddForeignKeyConstraint decides.
func KeyComparable(referenced, referencing types.OID) bool {
	c, ok := defaultClass(accessBtree, referenced)
	if !ok {
		return false
	}
	if families.operator[familyKey{c.family, c.input, referencing, strategyEqual}] != 0 {
		return true
	}
	return canCoerce([]types.OID{referenced, referencing}, []types.OID{c.input, c.input}, implicit)
}

// needEquality fails when a type cannot be compared for equality.
func (b *binder) needEquality(oid types.OID, pos int) *builtin.Operator {
	op := sortOperator(oid, strategyEqual)
	if op == nil {
		b.fail(pgerr.New(pgcode.UndefinedFunction, "could not identify an equality operator for type %s", typeText(oid)).At(bytePos(pos)))
	}
	return op
}

// needOrder fails when a type has no order.
func (b *binder) needOrder(oid types.OID, pos int) {
	if sortOperator(oid, strategyLess) == nil {
		b.fail(pgerr.New(pgcode.UndefinedFunction, "could not identify an ordering operator for type %s", typeText(oid)).
			WithHint("Use an explicit ordering operator or modify the query.").At(bytePos(pos)))
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func newError(code pgcode.Code, format string, args ...any) *pgerr.Error {
	return pgerr.New(code, format, args...)
}
