// Package types names SQL types by PostgreSQL's OIDs and tells their fixed
// properties (length, category, element and array type). It is pure data: it
// knows nothing of values, storage or SQL text.
package types

import (
	"github.com/driftdb/driftdb/internal/pgdata"
)

// OID is PostgreSQL's object identifier; for types it is PostgreSQL's own number.
type OID uint32

// T is the type of a column or expression: the type's OID and its modifier
// (length, precision), -1 when there is none. T is comparable and passed by value.
type T struct {
	OID    OID
	Typmod int32
}

// Of returns the type without a modifier.
func Of(oid OID) T { return T{oid, -1} }

// OIDs of the built-in types that code refers to by name.
const (
	Bool                    OID = 16
	Bytea                   OID = 17
	Char                    OID = 18 // "char", one byte
	Name                    OID = 19
	Int8                    OID = 20
	Int2                    OID = 21
	Int2Vector              OID = 22
	Int4                    OID = 23
	RegProc                 OID = 24
	Text                    OID = 25
	Oid                     OID = 26
	Tid                     OID = 27
	Xid                     OID = 28
	Cid                     OID = 29
	OidVector               OID = 30
	JSON                    OID = 114
	XML                     OID = 142
	PgNodeTree              OID = 194
	XidArray                OID = 1011
	Float4                  OID = 700
	Float8                  OID = 701
	Unknown                 OID = 705
	Money                   OID = 790
	ACLItem                 OID = 1033
	BPChar                  OID = 1042
	VarChar                 OID = 1043
	Date                    OID = 1082
	Time                    OID = 1083
	Timestamp               OID = 1114
	TimestampTZ             OID = 1184
	Interval                OID = 1186
	TimeTZ                  OID = 1266
	Bit                     OID = 1560
	VarBit                  OID = 1562
	Numeric                 OID = 1700
	RefCursor               OID = 1790
	RegProcedure            OID = 2202
	RegOper                 OID = 2203
	RegOperator             OID = 2204
	RegClass                OID = 2205
	RegType                 OID = 2206
	Record                  OID = 2249
	CString                 OID = 2275
	Any                     OID = 2276
	AnyArray                OID = 2277
	Void                    OID = 2278
	Trigger                 OID = 2279
	Internal                OID = 2281
	AnyElement              OID = 2283
	RecordArray             OID = 2287
	AnyNonArray             OID = 2776
	UUID                    OID = 2950
	Xid8                    OID = 5069
	AnyEnum                 OID = 3500
	JSONB                   OID = 3802
	AnyRange                OID = 3831
	JSONPath                OID = 4072
	RegNamespace            OID = 4089
	RegRole                 OID = 4096
	RegCollation            OID = 4191
	AnyMultirange           OID = 4537
	AnyCompatible           OID = 5077
	AnyCompatibleArray      OID = 5078
	AnyCompatibleNonArray   OID = 5079
	AnyCompatibleRange      OID = 5080
	AnyCompatibleMultirange OID = 4538

	BoolArray        OID = 1000
	ByteaArray       OID = 1001
	CharArray        OID = 1002
	NameArray        OID = 1003
	Int2Array        OID = 1005
	Int4Array        OID = 1007
	TextArray        OID = 1009
	BPCharArray      OID = 1014
	VarCharArray     OID = 1015
	Int8Array        OID = 1016
	Float4Array      OID = 1021
	Float8Array      OID = 1022
	OidArray         OID = 1028
	TimestampArray   OID = 1115
	DateArray        OID = 1182
	TimeArray        OID = 1183
	TimestampTZArray OID = 1185
	IntervalArray    OID = 1187
	NumericArray     OID = 1231
	JSONBArray       OID = 3807
	UUIDArray        OID = 2951
)

// Info is what pg_type says of a type.
type Info struct {
	OID       OID
	Name      string
	Len       int16 // bytes; -1 varlena, -2 cstring
	ByVal     bool
	Type      byte // b base, p pseudo, r range, m multirange, c composite
	Category  byte // A array, B boolean, D date/time, N numeric, S string, T timespan, U user, X unknown ...
	Preferred bool
	Delim     byte
	Elem      OID // element type of a true array (or of int2vector and the like)
	Array     OID
	Align     byte
	Storage   byte
	Collation OID
}

var (
	byOID  = map[OID]*Info{}
	byName = map[string]*Info{}
)

func init() {
	for _, r := range pgdata.Load("pg_type").Rows {
		t := &Info{
			OID: OID(r.OID("oid")), Name: r.Text("typname"), Len: int16(r.Int("typlen")), ByVal: r.Bool("typbyval"),
			Type: r.Text("typtype")[0], Category: r.Text("typcategory")[0], Preferred: r.Bool("typispreferred"),
			Delim: r.Text("typdelim")[0], Elem: OID(r.OID("typelem")), Array: OID(r.OID("typarray")),
			Align: r.Text("typalign")[0], Storage: r.Text("typstorage")[0], Collation: OID(r.OID("typcollation")),
		}
		byOID[t.OID] = t
		byName[t.Name] = t
	}
}

// Lookup returns the built-in type of that OID, or nil.
func Lookup(oid OID) *Info { return byOID[oid] }

// ByName returns the built-in type of that pg_type.typname ("int4"), or nil.
func ByName(name string) *Info { return byName[name] }

// IsArray reports whether oid is a true array type (int2vector is not).
func IsArray(oid OID) bool {
	t := byOID[oid]
	return t != nil && t.Elem != 0 && t.Len == -1 && t.Category == 'A' && t.Storage != 'p'
}

// ElemOf returns the element type of an array type (also of int2vector and
// oidvector), or 0.
func ElemOf(oid OID) OID {
	if t := byOID[oid]; t != nil && t.Category == 'A' {
		return t.Elem
	}
	return 0
}

// ArrayOf returns the array type over oid, or 0.
func ArrayOf(oid OID) OID {
	if t := byOID[oid]; t != nil {
		return t.Array
	}
	return 0
}

// IsReg reports whether oid is one of the reg* alias types, whose values are
// oids and whose text form is a name.
func IsReg(oid OID) bool {
	switch oid {
	case RegProc, RegProcedure, RegOper, RegOperator, RegClass, RegType, RegNamespace, RegRole, RegCollation, 3734, 3769:
		return true
	}
	return false
}
