package catalog

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// Stored form: the key is the OID, big endian; the tuple is one kind byte and
// the descriptor in JSON. A bootstrap object that was dropped keeps a tuple of
// its kind byte alone, because its absence would mean that it still exists.

// Key returns the key of an object in the catalog's storage.
func Key(oid uint32) []byte { return binary.BigEndian.AppendUint32(nil, oid) }

// Encode returns the tuple of a descriptor.
func Encode(d Desc) ([]byte, error) {
	body, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("catalog object %d: %w", d.Head().OID, err)
	}
	return append([]byte{byte(d.Kind())}, body...), nil
}

// Tombstone returns the tuple that hides a dropped bootstrap object; ok is
// false for an object that needs none.
func Tombstone(d Desc) (tuple []byte, ok bool) {
	if bootstrap.Get(d.Head().OID) == nil {
		return nil, false
	}
	return []byte{byte(d.Kind())}, true
}

// decode returns the descriptor of a tuple, or nil for a tombstone.
func decode(tuple []byte) (Desc, error) {
	if len(tuple) == 0 {
		return nil, fmt.Errorf("empty catalog tuple")
	}
	if len(tuple) == 1 {
		return nil, nil
	}
	var d Desc
	switch Kind(tuple[0]) {
	case KindTable:
		d = &Table{}
	case KindView:
		d = &View{}
	case KindIndex:
		d = &Index{}
	case KindSequence:
		d = &Sequence{}
	case KindSchema:
		d = &Schema{}
	case KindRole:
		d = &Role{}
	case KindDatabase:
		d = &Database{}
	default:
		return nil, fmt.Errorf("unknown catalog object kind %q", tuple[0])
	}
	if err := json.Unmarshal(tuple[1:], d); err != nil {
		return nil, fmt.Errorf("catalog object: %w", err)
	}
	return d, nil
}

// Rows yields stored catalog rows until it returns false; see Load.
type Rows func(yield func(key, tuple []byte) bool) error

// Load builds the Snapshot of the moment whose catalog rows it is given: the
// bootstrap objects, overridden by what is stored.
func Load(rows Rows) (*Snapshot, error) {
	s := bootstrap.copy()
	var bad error
	err := rows(func(key, tuple []byte) bool {
		if len(key) != 4 {
			bad = fmt.Errorf("catalog key of %d bytes", len(key))
			return false
		}
		var d Desc
		if d, bad = decode(tuple); bad != nil {
			return false
		}
		oid := binary.BigEndian.Uint32(key)
		if d == nil {
			s.remove(oid)
		} else {
			s.put(d)
		}
		return true
	})
	if bad != nil {
		return nil, bad
	}
	return s, err
}

// bootstrap holds the objects every database has before its first commit. They
// are not stored, so the first user commit is seq 1.
var bootstrap = newBootstrap()

func newBootstrap() *Snapshot {
	s := newSnapshot()
	for _, n := range []struct {
		oid  uint32
		name string
	}{{SchemaPgCatalog, "pg_catalog"}, {SchemaPublic, "public"}, {SchemaInfo, "information_schema"}, {SchemaDrift, "drift"}} {
		d := &Schema{Object{OID: n.oid, Name: n.name, Owner: RoleBootstrap}}
		switch n.oid {
		case SchemaPublic:
			d.Comment = "standard public schema"
		case SchemaPgCatalog:
			d.Comment = "system catalog schema"
		case SchemaDrift:
			d.Comment = "history and time travel"
		}
		s.put(d)
	}
	s.put(&Role{
		Object: Object{OID: RoleBootstrap, Name: "driftdb"}, Super: true, Inherit: true, CreateRole: true, CreateDB: true,
		Login: true, Replication: true, BypassRLS: true, ConnLimit: -1,
	})
	s.put(&Database{Object: Object{OID: DatabaseOID, Name: "driftdb", Owner: RoleBootstrap}, ConnLimit: -1})
	return s
}

// Bootstrap returns the catalog of a database before its first commit.
func Bootstrap() *Snapshot { return bootstrap }
