// Command genpgdata copies the built-in rows of PostgreSQL 15's system catalogs
// (facts: oids, names, signatures) from a running server into
// internal/pgdata/*.tsv. Usage: genpgdata CONNSTRING DIR
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// catalogs maps each file to the query that fills it; objects of users begin at
// oid 16384. Columns that hold node
// trees or differ from cluster to cluster are left out or written as text.
var catalogs = map[string]string{
	"pg_type":        "select oid,typname,typlen,typbyval,typtype,typcategory,typispreferred,typdelim,typrelid,typsubscript::oid::int8 as typsubscript,typelem,typarray,typinput::oid::int8 as typinput,typoutput::oid::int8 as typoutput,typreceive::oid::int8 as typreceive,typsend::oid::int8 as typsend,typmodin::oid::int8 as typmodin,typmodout::oid::int8 as typmodout,typanalyze::oid::int8 as typanalyze,typalign,typstorage,typnotnull,typbasetype,typtypmod,typndims,typcollation from pg_type where oid<16384 and typnamespace=11 and (typrelid=0) and typtype in ('b','p','r','m') order by oid",
	"pg_proc":        "select oid,proname,prokind,prosecdef,proleakproof,proisstrict,proretset,provolatile,proparallel,pronargs,pronargdefaults,provariadic,prorettype,proargtypes::text,proallargtypes::text,proargmodes::text,proargnames::text,prolang,procost,prorows,prosrc from pg_proc where oid<16384 and pronamespace=11 order by oid",
	"pg_operator":    "select oid,oprname,oprkind,oprcanmerge,oprcanhash,oprleft,oprright,oprresult,oprcom,oprnegate,oprcode::oid::int8 as oprcode,oprrest::oid::int8 as oprrest,oprjoin::oid::int8 as oprjoin from pg_operator where oid<16384 order by oid",
	"pg_cast":        "select oid,castsource,casttarget,castfunc,castcontext,castmethod from pg_cast where oid<16384 order by oid",
	"pg_aggregate":   "select aggfnoid::oid::int8 as aggfnoid,aggkind,aggnumdirectargs,aggsortop,aggtranstype,agginitval from pg_aggregate where aggfnoid::oid<16384 order by 1",
	"pg_am":          "select oid,amname,amhandler::oid::int8 as amhandler,amtype from pg_am where oid<16384 order by oid",
	"pg_opclass":     "select oid,opcmethod,opcname,opcfamily,opcintype,opcdefault,opckeytype from pg_opclass where oid<16384 order by oid",
	"pg_opfamily":    "select oid,opfmethod,opfname from pg_opfamily where oid<16384 order by oid",
	"pg_amop":        "select oid,amopfamily,amoplefttype,amoprighttype,amopstrategy,amoppurpose,amopopr,amopmethod,amopsortfamily from pg_amop where oid<16384 order by oid",
	"pg_amproc":      "select oid,amprocfamily,amproclefttype,amprocrighttype,amprocnum,amproc::oid::int8 as amproc from pg_amproc where oid<16384 order by oid",
	"pg_language":    "select oid,lanname,lanispl,lanpltrusted,lanplcallfoid,laninline,lanvalidator from pg_language where oid<16384 and lanname<>'plpgsql' order by oid",
	"pg_range":       "select rngtypid,rngsubtype,rngmultitypid,rngcollation,rngsubopc,rngcanonical::oid::int8 as rngcanonical,rngsubdiff::oid::int8 as rngsubdiff from pg_range where rngtypid<16384 order by rngtypid",
	"pg_settings":    "select name,setting,unit,category,short_desc,extra_desc,context,vartype,min_val,max_val,enumvals::text,boot_val from pg_settings order by name",
	"pg_attribute":   "select c.relname,a.attname,a.attnum,a.atttypid,a.attnotnull from pg_attribute a join pg_class c on c.oid=a.attrelid where c.relnamespace in (11) and c.relkind in ('r','v') and a.attnum>0 order by c.relname,a.attnum",
	"pg_class":       "select c.oid,c.relname,c.reltype,c.relkind,c.relisshared from pg_class c where c.relnamespace=11 and c.relkind in ('r','v') order by c.oid",
	"info_schema":    "select c.relname,a.attname,a.attnum,a.atttypid,t.typname from pg_attribute a join pg_class c on c.oid=a.attrelid join pg_type t on t.oid=a.atttypid where c.relnamespace=(select oid from pg_namespace where nspname='information_schema') and c.relkind in ('r','v') and a.attnum>0 order by c.relname,a.attnum",
	"pg_description": "select objoid,classoid::regclass::text as class,objsubid,description from pg_description where objoid<16384 and classoid in ('pg_type'::regclass,'pg_am'::regclass,'pg_namespace'::regclass,'pg_language'::regclass) order by 1,2,3",
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: genpgdata CONNSTRING DIR")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close(ctx)
	for name, query := range catalogs {
		if err := write(ctx, conn, filepath.Join(os.Args[2], name+".tsv"), query); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

// write saves the query's rows in COPY text format under a line of column names.
func write(ctx context.Context, conn *pgx.Conn, path, query string) error {
	desc, err := conn.Prepare(ctx, "", query)
	if err != nil {
		return err
	}
	names := make([]string, len(desc.Fields))
	for i, f := range desc.Fields {
		names[i] = f.Name
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f, strings.Join(names, "\t")); err != nil {
		return err
	}
	if _, err := conn.PgConn().CopyTo(ctx, f, "COPY ("+query+") TO STDOUT"); err != nil {
		return err
	}
	return f.Close()
}
