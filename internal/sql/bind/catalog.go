package bind

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/sql/plan"
)

// Catalog is what binding reads of the database: the objects of one moment, seen
// through one search path. It is used by one goroutine at a time.
type Catalog interface {
	// Relation returns the relation of that name, searching the path (pg_catalog
	// first, unless the path names it) when schema is "". It returns nil when
	// there is none.
	Relation(schema, name string) *Relation
	// RelationByOID returns a relation, or nil.
	RelationByOID(oid uint32) *Relation
	// HasSchema reports whether a schema exists.
	HasSchema(name string) bool
	// InPath reports whether a schema is in the search path.
	InPath(schema string) bool
	// Database is the current database's name.
	Database() string
}

// Relation is a relation as binding sees it.
type Relation struct {
	Desc   catalog.Desc // *catalog.Table, *catalog.View, *catalog.Sequence or *catalog.Index
	Schema string
	// Virtual marks a table whose rows are computed from the catalog.
	Virtual bool
}

// Moments resolves the instants of temporal clauses.
type Moments interface {
	// Resolve evaluates an instant's expression and returns it with Resolved (or
	// Null) set. It returns it unchanged when it cannot be known yet, because a
	// parameter has no value. Errors are those of the expression, 22023 for a time
	// in the future or before the first commit.
	Resolve(ctx context.Context, i plan.Instant) (plan.Instant, error)
	// CatalogAt returns the catalog as of a commit.
	CatalogAt(ctx context.Context, at uint64) (Catalog, error)
}

// SnapshotCatalog is a Catalog over a catalog.Snapshot.
type SnapshotCatalog struct {
	Snapshot *catalog.Snapshot
	// Path are the schemas searched, in order, without the implicit pg_catalog.
	Path []string
	// Virtual returns the relation of a schema whose rows are computed (pg_class),
	// or nil. It may be nil itself.
	Virtual func(schema, name string) *Relation
	// VirtualByOID is Virtual by oid.
	VirtualByOID func(oid uint32) *Relation
}

// Relation implements Catalog.
func (c *SnapshotCatalog) Relation(schema, name string) *Relation {
	if schema != "" {
		return c.in(schema, name)
	}
	explicit := false
	for _, s := range c.Path {
		explicit = explicit || s == "pg_catalog"
	}
	if !explicit {
		if r := c.in("pg_catalog", name); r != nil {
			return r
		}
	}
	for _, s := range c.Path {
		if r := c.in(s, name); r != nil {
			return r
		}
	}
	return nil
}

func (c *SnapshotCatalog) in(schema, name string) *Relation {
	if c.Virtual != nil {
		if r := c.Virtual(schema, name); r != nil {
			return r
		}
	}
	s := c.Snapshot.SchemaByName(schema)
	if s == nil {
		return nil
	}
	if d := c.Snapshot.Relation(s.OID, name); d != nil {
		return &Relation{Desc: d, Schema: schema}
	}
	return nil
}

// RelationByOID implements Catalog.
func (c *SnapshotCatalog) RelationByOID(oid uint32) *Relation {
	if d := c.Snapshot.Get(oid); d != nil {
		switch d.Kind() {
		case catalog.KindTable, catalog.KindView, catalog.KindIndex, catalog.KindSequence:
			if s := c.Snapshot.Schema(d.Head().Schema); s != nil {
				return &Relation{Desc: d, Schema: s.Name}
			}
		}
	}
	if c.VirtualByOID != nil {
		return c.VirtualByOID(oid)
	}
	return nil
}

// HasSchema implements Catalog.
func (c *SnapshotCatalog) HasSchema(name string) bool {
	switch name {
	case "pg_catalog", "information_schema", "drift":
		return true
	}
	return c.Snapshot.SchemaByName(name) != nil
}

// InPath implements Catalog.
func (c *SnapshotCatalog) InPath(schema string) bool {
	for _, s := range c.Path {
		if s == schema {
			return true
		}
	}
	return schema == "pg_catalog"
}

// Database implements Catalog.
func (c *SnapshotCatalog) Database() string { return c.Snapshot.Database().Name }
