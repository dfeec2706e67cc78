package syscat

import (
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgtime"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	fillers["pg_catalog.pg_timezone_names"] = fillZoneNames
	fillers["pg_catalog.pg_timezone_abbrevs"] = fillZoneAbbrevs
	fillers["pg_catalog.pg_cursors"] = fillCursors
	fillers["pg_catalog.pg_stat_database"] = fillStatDatabase
	// The functions behind PostgreSQL's views give the rows of ours.
	for function, view := range map[string]string{
		"show_all_settings": "pg_settings", "pg_prepared_statement": "pg_prepared_statements", "pg_cursor": "pg_cursors",
		"pg_timezone_names": "pg_timezone_names", "pg_timezone_abbrevs": "pg_timezone_abbrevs", "pg_lock_status": "pg_locks",
		"pg_available_extensions": "pg_available_extensions", "pg_available_extension_versions": "pg_available_extension_versions",
	} {
		builtin.RegisterSet(function, rowsOf(view))
	}
	defineExpandArray()
}

// rowsOf makes a set-returning function of a view of pg_catalog.
func rowsOf(view string) builtin.SetFunc {
	return func(c *builtin.Context, _ []datum.Datum, yield func([]datum.Datum) error) error {
		p, ok := c.Session.(Provider)
		if !ok {
			return pgerr.Internal("function over %s needs a session", view)
		}
		e, err := p.CatalogEnv(c.Ctx)
		if err != nil {
			return err
		}
		return Rows(e, Lookup("pg_catalog", view).OID, yield)
	}
}

func fillZoneNames(_ *Env, r *rows) error {
	now := time.Now()
	for _, name := range pgtime.ZoneNames() {
		loc, canonical, ok := pgtime.LoadLocation(name)
		if !ok {
			continue
		}
		if err := r.yield(zoneRow(canonical, loc, now)); err != nil {
			return err
		}
	}
	return nil
}

func fillZoneAbbrevs(_ *Env, r *rows) (err error) {
	pgtime.Abbrevs(time.Now().UnixMicro()-pgEpochMicros, func(name string, east int, dst bool) {
		if err == nil {
			r.begin()
			r.text("abbrev", name)
			r.set("utc_offset", datum.NewInterval(datum.IntervalValue{Micros: int64(east) * 1_000_000}))
			r.bool("is_dst", dst)
			err = r.emit()
		}
	})
	return err
}

func fillCursors(e *Env, r *rows) error {
	for _, c := range e.Cursors() {
		r.begin()
		r.text("name", c.Name)
		r.text("statement", c.Statement)
		r.bool("is_holdable", c.Hold)
		r.bool("is_binary", c.Binary)
		r.bool("is_scrollable", c.Scrollable)
		r.timestamp("creation_time", c.Created)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

// fillStatDatabase shows the figures that are counted; the others stay 0, as
// after a reset in PostgreSQL.
func fillStatDatabase(e *Env, r *rows) error {
	r.begin()
	for i, c := range r.desc.Columns {
		if k := datum.KindOf(c.Type.OID); k == datum.Int || k == datum.Float {
			r.row[i] = zeroOf(c.Type.OID)
		}
	}
	r.oid("datid", catalog.DatabaseOID)
	r.text("datname", e.Catalog.Database().Name)
	r.int("numbackends", int64(len(e.Activity())))
	commits, rollbacks := e.Transactions()
	r.int("xact_commit", commits)
	r.int("xact_rollback", rollbacks)
	s := e.DB.Stats()
	r.int("blks_hit", s.CacheHits)
	r.int("blks_read", s.CacheMisses)
	r.set("checksum_failures", datum.Datum{})
	return r.emit()
}

// firstExpandArrayOID numbers information_schema._pg_expandarray, which has no
// fixed number in PostgreSQL either.
const firstExpandArrayOID = 14400

// defineExpandArray makes information_schema._pg_expandarray. PostgreSQL has one
// polymorphic function; ours is overloaded on the arrays that catalogs hold, which
// gives its column x the element's type.
func defineExpandArray() {
	elems := []types.OID{types.Int2, types.Oid, types.Int4, types.Int8, types.Text, types.Name}
	define := func(array, elem types.OID, i int) {
		p := &builtin.Proc{
			OID: uint32(firstExpandArrayOID + i), Name: "_pg_expandarray", Kind: 'f', Strict: true, RetSet: true, Volatility: 'i',
			Args: []types.OID{array}, Ret: types.Record, AllArgs: []types.OID{array, elem, types.Int4}, ArgModes: "ioo",
			ArgNames: []string{"", "x", "n"}, Lang: 14, Schema: "information_schema", Set: expandArray,
		}
		builtin.Define(p)
	}
	define(types.Int2Vector, types.Int2, 0)
	define(types.OidVector, types.Oid, 1)
	for i, elem := range elems {
		define(types.ArrayOf(elem), elem, i+2)
	}
}

// expandArray yields each element with its place, counted from 1.
func expandArray(_ *builtin.Context, args []datum.Datum, yield func([]datum.Datum) error) error {
	for i, x := range args[0].Array().Elems {
		if err := yield([]datum.Datum{x, datum.NewInt(int64(i + 1))}); err != nil {
			return err
		}
	}
	return nil
}
