package types

// Goal: the constants carry PostgreSQL's OIDs and the relations between types
// hold. Method: compare with the embedded pg_type rows.

import "testing"

func TestConstants(t *testing.T) {
	for oid, name := range map[OID]string{
		Bool: "bool", Int8: "int8", Int4: "int4", Int2: "int2", Text: "text", Numeric: "numeric", JSONB: "jsonb", UUID: "uuid",
		TimestampTZ: "timestamptz", Interval: "interval", BPChar: "bpchar", VarChar: "varchar", Char: "char", Name: "name",
		RegClass: "regclass", Int4Array: "_int4", JSONBArray: "_jsonb", Record: "record", AnyElement: "anyelement", Xid8: "xid8",
	} {
		if info := Lookup(oid); info == nil || info.Name != name {
			t.Errorf("%d is %+v, want %s", oid, info, name)
		}
		if info := ByName(name); info == nil || info.OID != oid {
			t.Errorf("%s is %+v, want %d", name, info, oid)
		}
	}
}

func TestArrays(t *testing.T) {
	for _, elem := range []OID{Bool, Int4, Text, Numeric, JSONB, TimestampTZ, UUID, Bytea} {
		array := ArrayOf(elem)
		if !IsArray(array) || ElemOf(array) != elem || IsArray(elem) {
			t.Errorf("%d and its array %d", elem, array)
		}
	}
	for _, vector := range []OID{Int2Vector, OidVector} {
		if IsArray(vector) || ElemOf(vector) == 0 {
			t.Errorf("%d must have elements but be no true array", vector)
		}
	}
	if !IsReg(RegClass) || IsReg(Oid) {
		t.Error("IsReg")
	}
}
