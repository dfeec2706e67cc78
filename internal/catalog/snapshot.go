package catalog

import (
	"sync"

	"github.com/tidwall/btree"
)

// name is a key of the name index: relations share one name space per schema,
// every other kind has one of its own.
type name struct {
	space  Kind
	schema uint32
	text   string
}

func (n name) less(o name) bool {
	if n.space != o.space {
		return n.space < o.space
	}
	if n.schema != o.schema {
		return n.schema < o.schema
	}
	return n.text < o.text
}

func nameOf(d Desc) name {
	h := d.Head()
	switch d.Kind() {
	case KindSchema, KindRole, KindDatabase:
		return name{space: d.Kind(), text: h.Name}
	}
	return name{space: KindTable, schema: h.Schema, text: h.Name}
}

// Snapshot is the catalog as of one moment: every descriptor, by OID and by
// name. It is immutable and may be shared between goroutines.
type Snapshot struct {
	mu     sync.Mutex // guards Copy of the maps, which marks them shared
	byOID  *btree.Map[uint32, Desc]
	byName *btree.BTreeG[named]
}

type named struct {
	name name
	oid  uint32
}

func newSnapshot() *Snapshot {
	return &Snapshot{
		byOID: &btree.Map[uint32, Desc]{},
		byName: btree.NewBTreeGOptions(func(a, b named) bool { return a.name.less(b.name) },
			btree.Options{NoLocks: true}),
	}
}

// Get returns the object of that OID, or nil.
func (s *Snapshot) Get(oid uint32) Desc {
	d, _ := s.byOID.Get(oid)
	return d
}

// Table returns the table of that OID, or nil.
func (s *Snapshot) Table(oid uint32) *Table { return get[*Table](s, oid) }

// Index returns the index of that OID, or nil.
func (s *Snapshot) Index(oid uint32) *Index { return get[*Index](s, oid) }

// View returns the view of that OID, or nil.
func (s *Snapshot) View(oid uint32) *View { return get[*View](s, oid) }

// Sequence returns the sequence of that OID, or nil.
func (s *Snapshot) Sequence(oid uint32) *Sequence { return get[*Sequence](s, oid) }

// Schema returns the schema of that OID, or nil.
func (s *Snapshot) Schema(oid uint32) *Schema { return get[*Schema](s, oid) }

// Role returns the role of that OID, or nil.
func (s *Snapshot) Role(oid uint32) *Role { return get[*Role](s, oid) }

// Database returns the database.
func (s *Snapshot) Database() *Database { return get[*Database](s, DatabaseOID) }

func get[D Desc](s *Snapshot, oid uint32) D {
	d, _ := s.byOID.Get(oid)
	typed, _ := d.(D)
	return typed
}

// Relation returns the relation (table, view, index or sequence) of that name
// in a schema, or nil.
func (s *Snapshot) Relation(schema uint32, text string) Desc {
	return s.named(name{KindTable, schema, text})
}

// SchemaByName returns the schema of that name, or nil.
func (s *Snapshot) SchemaByName(text string) *Schema {
	d, _ := s.named(name{space: KindSchema, text: text}).(*Schema)
	return d
}

// RoleByName returns the role of that name, or nil.
func (s *Snapshot) RoleByName(text string) *Role {
	d, _ := s.named(name{space: KindRole, text: text}).(*Role)
	return d
}

func (s *Snapshot) named(n name) Desc {
	found, ok := s.byName.Get(named{name: n})
	if !ok {
		return nil
	}
	return s.Get(found.oid)
}

// All calls yield for every object in OID order until it returns false.
func (s *Snapshot) All(yield func(Desc) bool) {
	s.byOID.Scan(func(_ uint32, d Desc) bool { return yield(d) })
}

// InSchema calls yield for every relation of a schema in name order until it
// returns false.
func (s *Snapshot) InSchema(schema uint32, yield func(Desc) bool) {
	s.byName.Ascend(named{name: name{space: KindTable, schema: schema}}, func(n named) bool {
		if n.name.space != KindTable || n.name.schema != schema {
			return false
		}
		return yield(s.Get(n.oid))
	})
}

// copy returns a snapshot that can be changed without touching s.
func (s *Snapshot) copy() *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Snapshot{byOID: s.byOID.Copy(), byName: s.byName.Copy()}
}

func (s *Snapshot) put(d Desc) {
	oid := d.Head().OID
	s.unname(oid)
	s.byOID.Set(oid, d)
	s.byName.Set(named{nameOf(d), oid})
}

func (s *Snapshot) remove(oid uint32) {
	s.unname(oid)
	s.byOID.Delete(oid)
}

// unname takes an object's name out of the index, unless another object has the
// name by now: changes of one transaction come in any order.
func (s *Snapshot) unname(oid uint32) {
	old, ok := s.byOID.Get(oid)
	if !ok {
		return
	}
	if at, ok := s.byName.Get(named{name: nameOf(old)}); ok && at.oid == oid {
		s.byName.Delete(at)
	}
}
