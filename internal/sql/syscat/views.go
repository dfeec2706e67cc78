package syscat

import (
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
)

func init() {
	fillers["pg_catalog.pg_tables"] = fillTables
	fillers["pg_catalog.pg_views"] = fillViews
	fillers["pg_catalog.pg_indexes"] = fillIndexes
	fillers["pg_catalog.pg_sequences"] = fillSequences
	fillers["pg_catalog.pg_settings"] = fillSettings
	fillers["pg_catalog.pg_stat_activity"] = fillActivity
	fillers["pg_catalog.pg_locks"] = fillLocks
	fillers["pg_catalog.pg_prepared_statements"] = fillPrepared
	for _, name := range []string{"pg_stat_user_tables", "pg_stat_all_tables"} {
		fillers["pg_catalog."+name] = fillStatTables
	}
	for _, name := range []string{"pg_stat_user_indexes", "pg_stat_all_indexes"} {
		fillers["pg_catalog."+name] = fillStatIndexes
	}
}

func fillTables(e *Env, r *rows) error {
	for _, b := range registry().list {
		if kindOf(b.desc.OID) != 'r' {
			continue
		}
		r.begin()
		r.text("schemaname", b.schema)
		r.text("tablename", b.desc.Name)
		r.text("tableowner", e.roleName(b.desc.Owner))
		r.bool("hasindexes", false)
		r.bool("hasrules", false)
		r.bool("hastriggers", false)
		r.bool("rowsecurity", false)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return e.tables(func(t *catalog.Table) error {
		triggers := len(t.ReferencedBy) > 0
		for _, c := range t.Constraints {
			triggers = triggers || c.Type == 'f'
		}
		r.begin()
		r.text("schemaname", e.schemaName(t.Schema))
		r.text("tablename", t.Name)
		r.text("tableowner", e.roleName(t.Owner))
		r.bool("hasindexes", len(t.Indexes) > 0)
		r.bool("hasrules", false)
		r.bool("hastriggers", triggers)
		r.bool("rowsecurity", false)
		return r.emit()
	})
}

func fillViews(e *Env, r *rows) error {
	return each(e.Catalog, func(v *catalog.View) error {
		r.begin()
		r.text("schemaname", e.schemaName(v.Schema))
		r.text("viewname", v.Name)
		r.text("viewowner", e.roleName(v.Owner))
		r.text("definition", e.PrintView(v, false))
		return r.emit()
	})
}

func fillIndexes(e *Env, r *rows) error {
	return each(e.Catalog, func(x *catalog.Index) error {
		t := e.Catalog.Table(x.Table)
		if t == nil {
			return nil
		}
		r.begin()
		r.text("schemaname", e.schemaName(t.Schema))
		r.text("tablename", t.Name)
		r.text("indexname", x.Name)
		r.text("indexdef", e.IndexDef(x, 0, false))
		return r.emit()
	})
}

func fillSequences(e *Env, r *rows) error {
	return each(e.Catalog, func(q *catalog.Sequence) error {
		r.begin()
		r.text("schemaname", e.schemaName(q.Schema))
		r.text("sequencename", q.Name)
		r.text("sequenceowner", e.roleName(q.Owner))
		r.oid("data_type", uint32(q.Type))
		r.int("start_value", q.Start)
		r.int("min_value", q.Min)
		r.int("max_value", q.Max)
		r.int("increment_by", q.Increment)
		r.bool("cycle", q.Cycle)
		r.int("cache_size", q.Cache)
		if last, called := e.SequenceState(q); called {
			r.int("last_value", last)
		}
		return r.emit()
	})
}

func fillSettings(e *Env, r *rows) error {
	for _, s := range e.Settings.All() {
		r.begin()
		r.text("name", s.Setting.Name)
		r.text("setting", s.Value)
		r.opt("unit", s.Setting.Unit)
		r.text("category", s.Setting.Category)
		r.text("short_desc", s.Setting.ShortDesc)
		r.opt("extra_desc", s.Setting.ExtraDesc)
		r.text("context", s.Setting.Context)
		r.text("vartype", s.Setting.Kind.String())
		r.text("source", s.Source.String())
		r.opt("min_val", s.MinVal)
		r.opt("max_val", s.MaxVal)
		r.set("enumvals", textArray(s.Setting.EnumVals))
		r.text("boot_val", s.BootVal)
		r.text("reset_val", s.ResetVal)
		r.bool("pending_restart", false)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

func fillActivity(e *Env, r *rows) error {
	for _, a := range e.Activity() {
		r.begin()
		r.oid("datid", catalog.DatabaseOID)
		r.text("datname", e.Catalog.Database().Name)
		r.int("pid", int64(a.PID))
		r.oid("usesysid", a.UserOID)
		r.text("usename", a.User)
		r.text("application_name", a.Application)
		r.opt("client_addr", a.ClientAddr)
		if a.ClientAddr != "" {
			r.int("client_port", int64(a.ClientPort))
		}
		r.timestamp("backend_start", a.Start)
		r.timestamp("xact_start", a.TxStart)
		if a.XID != 0 {
			r.int("backend_xid", int64(a.XID))
		}
		r.timestamp("query_start", a.QueryStart)
		r.timestamp("state_change", a.StateChange)
		r.text("state", a.State)
		r.text("query", a.Query)
		r.text("backend_type", "client backend")
		r.opt("wait_event_type", a.WaitType)
		r.opt("wait_event", a.WaitEvent)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

// fillLocks shows the locks. Rows have no place on a page: page and tuple tell
// those of one relation apart.
func fillLocks(e *Env, r *rows) error {
	for _, l := range e.Locks() {
		r.begin()
		r.text("locktype", l.Kind)
		if l.Kind != "virtualxid" && l.Kind != "transactionid" {
			r.oid("database", catalog.DatabaseOID)
		}
		if l.Relation != 0 {
			r.oid("relation", l.Relation)
		}
		switch l.Kind {
		case "tuple":
			r.int("page", int64(l.Row>>15&0x7fffffff))
			r.int("tuple", int64(l.Row&0x7fff))
		case "virtualxid":
			r.text("virtualxid", l.Virtual)
		case "transactionid":
			r.int("transactionid", int64(l.XID))
		case "advisory":
			r.oid("classid", uint32(l.Advisory>>32))
			r.oid("objid", uint32(l.Advisory))
			r.int("objsubid", 1)
			if l.AdvisoryTwo {
				r.int("objsubid", 2)
			}
		}
		r.text("virtualtransaction", l.Holder)
		r.int("pid", int64(l.PID))
		r.text("mode", l.Mode)
		r.bool("granted", l.Granted)
		r.bool("fastpath", false)
		r.timestamp("waitstart", l.Since)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

func fillPrepared(e *Env, r *rows) error {
	for _, p := range e.Prepared() {
		r.begin()
		r.text("name", p.Name)
		r.text("statement", p.Statement)
		r.timestamp("prepare_time", p.Time)
		ids := make([]uint32, len(p.Types))
		for i, t := range p.Types {
			ids[i] = uint32(t)
		}
		r.set("parameter_types", intArray(2206, 1, ids))
		r.bool("from_sql", p.FromSQL)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

func fillStatTables(e *Env, r *rows) error {
	return e.tables(func(t *catalog.Table) error {
		tuples, _ := e.Stats(t.OID)
		r.begin()
		r.oid("relid", t.OID)
		r.text("schemaname", e.schemaName(t.Schema))
		r.text("relname", t.Name)
		if tuples >= 0 {
			r.int("n_live_tup", int64(tuples))
		} else {
			r.int("n_live_tup", 0)
		}
		return r.emit()
	})
}

func fillStatIndexes(e *Env, r *rows) error {
	return each(e.Catalog, func(x *catalog.Index) error {
		t := e.Catalog.Table(x.Table)
		if t == nil {
			return nil
		}
		r.begin()
		r.oid("relid", t.OID)
		r.oid("indexrelid", x.OID)
		r.set("schemaname", datum.NewText(e.schemaName(t.Schema)))
		r.text("relname", t.Name)
		r.text("indexrelname", x.Name)
		return r.emit()
	})
}
