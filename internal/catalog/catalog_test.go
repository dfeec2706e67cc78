package catalog

import (
	"testing"

	"github.com/driftdb/driftdb/internal/types"
)

// table makes a small table for tests.
func table(oid uint32, name string) *Table {
	return &Table{
		Object:  Object{OID: oid, Name: name, Schema: SchemaPublic, Owner: RoleBootstrap},
		Columns: []Column{{Attnum: 1, Name: "a", Type: types.Of(types.Int4)}},
		Layouts: []Layout{{Version: 1, Columns: []LayoutColumn{{1, types.Of(types.Int4)}}}},
		Storage: 100,
	}
}

// An Edit must not show in its base (I1), and a rename must move the name.
func TestEditLeavesBaseAlone(t *testing.T) {
	base := Bootstrap()
	e := base.Edit()
	e.Put(table(20000, "t"))
	before := e.Snapshot()
	renamed := e.Snapshot().Table(20000).Clone()
	renamed.Name = "u"
	e.Put(renamed)
	if base.Relation(SchemaPublic, "t") != nil || base.Get(20000) != nil {
		t.Error("the base changed")
	}
	if before.Relation(SchemaPublic, "t") == nil || before.Relation(SchemaPublic, "u") != nil {
		t.Error("a snapshot of the edit changed after it was taken")
	}
	after := e.Snapshot()
	if after.Relation(SchemaPublic, "t") != nil || after.Relation(SchemaPublic, "u") == nil {
		t.Error("the rename did not move the name")
	}
}

func TestEditNetEffect(t *testing.T) {
	e := Bootstrap().Edit()
	e.Put(table(20000, "t"))
	saved := e.Clone()
	e.Put(table(20001, "u"))
	e.Remove(20000)
	changes := e.Changes()
	if len(changes) != 1 || changes[0].OID != 20001 || changes[0].Old != nil {
		t.Errorf("net effect = %+v, want the creation of 20001 alone", changes)
	}
	if got := saved.Changes(); len(got) != 1 || got[0].OID != 20000 {
		t.Errorf("the clone's net effect = %+v, want the creation of 20000 alone", got)
	}
}

// Every kind survives encoding, and tombstones hide bootstrap objects.
func TestStoredForm(t *testing.T) {
	descs := []Desc{
		table(20000, "t"),
		&View{Object: Object{OID: 20001, Name: "v", Schema: SchemaPublic}, Query: "SELECT 1"},
		&Index{Object: Object{OID: 20002, Name: "i", Schema: SchemaPublic}, Table: 20000, Keys: []IndexKey{{Attnum: 1}}},
		&Sequence{Object: Object{OID: 20003, Name: "s", Schema: SchemaPublic}, Increment: 1},
		&Schema{Object{OID: 20004, Name: "n"}},
		&Role{Object: Object{OID: 20005, Name: "r"}, ConnLimit: -1},
	}
	hidden, ok := Tombstone(Bootstrap().Schema(SchemaPublic))
	if !ok {
		t.Fatal("no tombstone for a bootstrap object")
	}
	if _, ok := Tombstone(descs[0]); ok {
		t.Error("a tombstone for a user object")
	}
	s, err := Load(func(yield func(key, tuple []byte) bool) error {
		for _, d := range descs {
			tuple, err := Encode(d)
			if err != nil {
				return err
			}
			yield(Key(d.Head().OID), tuple)
		}
		yield(Key(SchemaPublic), hidden)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range descs {
		got := s.Get(d.Head().OID)
		if got == nil || got.Kind() != d.Kind() || got.Head().Name != d.Head().Name {
			t.Errorf("object %d came back as %v", d.Head().OID, got)
		}
	}
	if s.SchemaByName("public") != nil {
		t.Error("the dropped schema public is still there")
	}
	if s.RoleByName("driftdb") == nil {
		t.Error("the bootstrap role is missing")
	}
}
