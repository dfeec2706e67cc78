package session

import (
	"strconv"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/syscat"
	"github.com/driftdb/driftdb/internal/types"
)

// names is a catalog as binding sees it, with the computed relations.
func names(snapshot *catalog.Snapshot, path []string) *bind.SnapshotCatalog {
	return &bind.SnapshotCatalog{
		Snapshot: snapshot, Path: path,
		Virtual: func(schema, name string) *bind.Relation {
			if d := syscat.Lookup(schema, name); d != nil {
				return &bind.Relation{Desc: d, Schema: schema, Virtual: true}
			}
			return nil
		},
		VirtualByOID: func(oid uint32) *bind.Relation {
			if d, schema, ok := syscat.LookupOID(oid); ok {
				return &bind.Relation{Desc: d, Schema: schema, Virtual: true}
			}
			return nil
		},
	}
}

// names is the catalog through the session's search path.
func (s *Session) names(snapshot *catalog.Snapshot) *bind.SnapshotCatalog {
	return names(snapshot, s.effectivePath(snapshot))
}

// effectivePath is the search path with "$user" replaced, of schemas that exist.
func (s *Session) effectivePath(snapshot *catalog.Snapshot) []string {
	var list []string
	for _, name := range s.cfg.SearchPath() {
		if name == "$user" {
			r := snapshot.Role(s.user)
			if r == nil {
				continue
			}
			name = r.Name
		}
		if snapshot.SchemaByName(name) != nil {
			list = append(list, name)
		}
	}
	return list
}

// roleName is a role's name in the present catalog.
func (s *Session) roleName(oid uint32) string {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return ""
	}
	if r := snapshot.Role(oid); r != nil {
		return r.Name
	}
	return ""
}

// RegOut implements pgfmt.Names.
func (s *Session) RegOut(regtype, oid uint32) string {
	if oid == 0 {
		return "-"
	}
	snapshot, err := s.presentCatalog()
	if err != nil {
		return strconv.FormatUint(uint64(oid), 10)
	}
	return syscat.RegOut(s.names(snapshot), types.OID(regtype), oid)
}

// RegIn implements pgfmt.Names.
func (s *Session) RegIn(regtype uint32, name string) (uint32, error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return 0, err
	}
	return syscat.RegIn(s.names(snapshot), types.OID(regtype), name)
}

// CurrentUser implements builtin.Session.
func (s *Session) CurrentUser() string { return s.roleName(s.user) }

// SessionUser implements builtin.Session.
func (s *Session) SessionUser() string { return s.roleName(s.sessionUser) }

// CurrentDatabase implements builtin.Session.
func (s *Session) CurrentDatabase() string { return s.database }

// BackendPID implements builtin.Session.
func (s *Session) BackendPID() int32 { return s.pid }

// SearchPath implements builtin.Session.
func (s *Session) SearchPath(implicit bool) []string {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return nil
	}
	list := s.effectivePath(snapshot)
	if !implicit {
		return list
	}
	for _, name := range list {
		if name == "pg_catalog" {
			return list
		}
	}
	return append([]string{"pg_catalog"}, list...)
}

// GetSetting implements builtin.Session.
func (s *Session) GetSetting(name string) (string, bool) { return s.cfg.Get(name) }

// SetSetting implements builtin.Session.
func (s *Session) SetSetting(name, value string, local bool) (string, error) {
	if err := s.assign(name, value, local); err != nil {
		return "", err
	}
	v, _ := s.cfg.Get(name)
	return v, nil
}

// sequence finds a sequence by oid.
func (s *Session) sequence(oid uint32) (*catalog.Sequence, error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return nil, err
	}
	if s.asOf != nil {
		// Sequence values are outside history: they are those of now.
		v := s.srv.DB.View()
		defer v.Release()
		if snapshot, _, err = s.srv.Catalog.At(v.Reader); err != nil {
			return nil, err
		}
	}
	q := snapshot.Sequence(oid)
	if q == nil {
		if d := snapshot.Get(oid); d != nil {
			return nil, pgerr.New(pgcode.WrongObjectType, "%q is not a sequence", d.Head().Name)
		}
		return nil, pgerr.New(pgcode.UndefinedTable, "relation with OID %d does not exist", oid)
	}
	return q, nil
}

var _ builtin.Session = (*Session)(nil)
