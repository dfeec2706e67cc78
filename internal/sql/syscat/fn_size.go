package syscat

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/store"
)

func init() {
	size := func(f func(*Env, catalog.Desc) (int64, error)) builtin.Func {
		return withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
			d := e.relation(oidArg(args[0]))
			if d == nil {
				return datum.Datum{}, nil
			}
			n, err := f(e, d)
			return datum.NewInt(n), err
		})
	}
	for source, f := range map[string]func(*Env, catalog.Desc) (int64, error){
		"pg_table_size":          (*Env).ownSize,
		"pg_indexes_size":        (*Env).indexesSize,
		"pg_total_relation_size": (*Env).totalSize,
	} {
		builtin.Register(source, size(f))
	}
	main := size((*Env).ownSize)
	for _, p := range builtin.ProcsByName("pg_relation_size") {
		builtin.RegisterOID(p.OID, func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
			if len(args) > 1 {
				switch args[1].Str() {
				case "main":
				case "fsm", "vm", "init":
					return datum.NewInt(0), nil // PostgreSQL's other forks do not exist here
				default:
					return datum.Datum{}, pgerr.New(pgcode.InvalidParameterValue, "invalid fork name").
						WithHint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".")
				}
			}
			return main(c, args)
		})
	}
	builtin.Register("pg_database_size_oid", withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
		if oidArg(args[0]) != catalog.DatabaseOID {
			return datum.Datum{}, nil
		}
		return e.databaseSize()
	}))
	builtin.Register("pg_database_size_name", withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
		if _, err := databaseByName(e, args[0].Str()); err != nil {
			return datum.Datum{}, err
		}
		return e.databaseSize()
	}))
	builtin.Register("pg_tablespace_size_oid", withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
		return e.tablespaceSize(oidArg(args[0]))
	}))
	builtin.Register("pg_tablespace_size_name", withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
		oid, err := tablespaceByName(e, args[0].Str())
		if err != nil {
			return datum.Datum{}, err
		}
		return e.tablespaceSize(oid)
	}))
	builtin.Register("pg_tablespace_location", func(*builtin.Context, []datum.Datum) (datum.Datum, error) {
		return datum.NewText(""), nil
	})
}

// storageSize is the bytes a storage takes on disk; 0 has none.
func (e *Env) storageSize(id uint64) (int64, error) {
	if id == 0 {
		return 0, nil
	}
	n, err := e.DB.EstimateBytes(store.StorageID(id), nil, nil)
	return int64(n), err
}

// ownSize is the size of a relation without its indexes.
func (e *Env) ownSize(d catalog.Desc) (int64, error) {
	switch d := d.(type) {
	case *catalog.Table:
		return e.storageSize(d.Storage)
	case *catalog.Index:
		return e.storageSize(d.Storage)
	case *catalog.Sequence:
		return 8192, nil // the one page PostgreSQL gives a sequence
	}
	return 0, nil
}

func (e *Env) indexesSize(d catalog.Desc) (sum int64, err error) {
	t, ok := d.(*catalog.Table)
	if !ok {
		return 0, nil
	}
	for _, oid := range t.Indexes {
		x := e.Catalog.Index(oid)
		if x == nil {
			continue
		}
		n, err := e.storageSize(x.Storage)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func (e *Env) totalSize(d catalog.Desc) (int64, error) {
	own, err := e.ownSize(d)
	if err != nil {
		return 0, err
	}
	indexes, err := e.indexesSize(d)
	return own + indexes, err
}

// databaseSize is the size of everything that is stored, the past included.
func (e *Env) databaseSize() (datum.Datum, error) {
	return datum.NewInt(int64(e.DB.Stats().DiskBytes)), nil
}

func (e *Env) tablespaceSize(oid uint32) (datum.Datum, error) {
	if oid == tablespaces[0].oid {
		return e.databaseSize()
	}
	return datum.NewInt(0), nil
}
