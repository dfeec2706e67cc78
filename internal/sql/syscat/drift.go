package syscat

import (
	"net"
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
)

// pgEpochMicros is 2000-01-01 in microseconds of the Unix epoch.
const pgEpochMicros = 946684800 * 1_000_000

// driftView is a view of schema drift.
type driftView struct {
	name    string
	columns []driftColumn
}

type driftColumn struct {
	name string
	typ  types.OID
}

var driftViews = []driftView{{"transactions", []driftColumn{
	{"seq", types.Int8}, {"at", types.TimestampTZ}, {"transaction_id", types.Int8}, {"username", types.Text},
	{"application_name", types.Text}, {"client_addr", types.Text}, {"reason", types.Text}, {"meta", types.JSONB},
	{"tables", types.TextArray}, {"rows", types.Int8},
}}, {"plan_cache", []driftColumn{
	{"statement", types.Text}, {"literals", types.Int4}, {"lifted", types.Int4}, {"plans", types.Int4}, {"hits", types.Int8},
	{"catalog_seq", types.Int8},
}}, {"plan_cache_totals", []driftColumn{
	{"entries", types.Int8}, {"bytes", types.Int8}, {"hits", types.Int8}, {"misses", types.Int8}, {"evictions", types.Int8},
}}}

func init() {
	fillers["drift.transactions"] = fillTransactions
	fillers["drift.plan_cache"] = fillPlanCache
	fillers["drift.plan_cache_totals"] = fillPlanCacheTotals
}

// CachedPlan is one row of drift.plan_cache: a statement that came as text, or
// with Lifted several that differ in that many of their Literals.
type CachedPlan struct {
	Statement        string
	Literals, Lifted int
	Plans            int   // one for each catalog it was run in
	Hits             int64 // statements that were found
	Seq              int64 // commit that made the newest of these catalogs; 0 without plans
}

// PlanCacheTotals is the row of drift.plan_cache_totals. Counts are since the
// server's start.
type PlanCacheTotals struct {
	Entries, Bytes, Hits, Misses, Evictions int64
}

func fillPlanCache(e *Env, r *rows) error {
	list, _ := e.Plans()
	for _, p := range list {
		r.begin()
		r.text("statement", p.Statement)
		r.int("literals", int64(p.Literals))
		r.int("lifted", int64(p.Lifted))
		r.int("plans", int64(p.Plans))
		r.int("hits", p.Hits)
		if p.Seq > 0 {
			r.int("catalog_seq", p.Seq)
		}
		if err := r.emit(); err != nil {
			return err
		}
	}
	return nil
}

func fillPlanCacheTotals(e *Env, r *rows) error {
	_, t := e.Plans()
	r.begin()
	r.int("entries", t.Entries)
	r.int("bytes", t.Bytes)
	r.int("hits", t.Hits)
	r.int("misses", t.Misses)
	r.int("evictions", t.Evictions)
	return r.emit()
}

// fillTransactions lists every commit, from the commit log.
func fillTransactions(e *Env, r *rows) error {
	log := e.DB.Commits(1, e.DB.LastSeq()+1)
	defer log.Close()
	for log.Next() {
		c := log.Commit()
		r.begin()
		r.int("seq", int64(c.Seq))
		r.timestamp("at", int64(c.Time)-pgEpochMicros)
		r.int("transaction_id", int64(c.Meta.TxID))
		r.text("username", c.Meta.User)
		r.opt("application_name", c.Meta.Application)
		r.opt("client_addr", host(c.Meta.ClientAddr))
		r.opt("reason", c.Meta.Reason)
		if len(c.Meta.JSON) > 0 {
			r.set("meta", datum.NewJSONB(string(c.Meta.JSON)))
		}
		names, count := e.changed(c)
		r.set("tables", nameArray(names))
		r.int("rows", count)
		if err := r.emit(); err != nil {
			return err
		}
	}
	return log.Err()
}

// host strips the port of a client's address.
func host(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return addr
}

// changed names the tables of a commit, as they are called now, and counts rows.
func (e *Env) changed(c *store.Commit) (names []string, rows int64) {
	for _, t := range c.Tables {
		if t.Table == pgClassOID {
			continue // the catalog's own rows
		}
		rows += int64(t.Count)
		name := itoa(int64(t.Table))
		if d := e.Catalog.Table(t.Table); d != nil {
			name = d.Name
			if s := e.schemaName(d.Schema); s != "public" {
				name = s + "." + name
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, rows
}

func nameArray(list []string) datum.Datum {
	if len(list) == 0 {
		return datum.NewArray(&datum.ArrayValue{Elem: uint32(types.Text)})
	}
	return textArray(list)
}

// CatalogTable is the table oid under which changes of the catalog itself stand
// in the change lists.
const CatalogTable uint32 = pgClassOID
