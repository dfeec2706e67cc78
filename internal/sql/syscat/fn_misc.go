package syscat

import (
	"strings"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/keyword"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	constant := func(d datum.Datum, sources ...string) {
		for _, source := range sources {
			builtin.Register(source, func(*builtin.Context, []datum.Datum) (datum.Datum, error) { return d, nil })
		}
	}
	// What these describe cannot exist here: the answer is that of PostgreSQL for
	// an object that is not there.
	constant(datum.Datum{},
		"pg_get_triggerdef", "pg_get_triggerdef_ext", "pg_get_statisticsobjdef", "pg_get_statisticsobjdef_columns",
		"pg_get_statisticsobjdef_expressions", "pg_get_partkeydef", "pg_get_partition_constraintdef", "pg_partition_root",
		"pg_get_replica_identity_index", "inet_server_addr", "inet_server_port", "pg_current_logfile", "pg_current_logfile_1arg",
		"pg_collation_actual_version", "pg_database_collation_actual_version")
	constant(datum.NewBool(false), "pg_is_other_temp_schema", "row_security_active", "row_security_active_name")
	constant(datum.NewInt(0), "pg_my_temp_schema")
	for _, source := range []string{"pg_partition_ancestors", "pg_partition_tree", "pg_listening_channels"} {
		for _, p := range builtin.ProcsByName(source) {
			if p.RetSet {
				builtin.RegisterSetOID(p.OID, func(*builtin.Context, []datum.Datum, func([]datum.Datum) error) error { return nil })
			}
		}
	}
	builtin.Register("PG_char_to_encoding", func(_ *builtin.Context, args []datum.Datum) (datum.Datum, error) {
		return datum.NewInt(encodingNumber(args[0].Str())), nil
	})
	registerRelationInfo()
	registerServerInfo()
	registerACL()
}

// encodingNumber is PostgreSQL's number of an encoding, -1 for one it does not
// know; punctuation and case do not count.
func encodingNumber(name string) int64 {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	switch plain {
	case "sqlascii":
		return 0
	case "utf8", "unicode":
		return encodingUTF8
	case "latin1", "iso88591":
		return 8
	}
	return -1
}

func registerRelationInfo() {
	reg := func(source string, f func(e *Env, args []datum.Datum) (datum.Datum, error)) {
		builtin.Register(source, withEnv(f))
	}
	reg("pg_get_ruledef", getRuleDef)
	reg("pg_get_ruledef_ext", getRuleDef)
	byName := func(e *Env, args []datum.Datum, pretty bool) (datum.Datum, error) {
		oid, err := regName(types.RegClass)(e, args[0].Str())
		if err != nil {
			return datum.Datum{}, err
		}
		return getViewDef(e, []datum.Datum{datum.NewInt(int64(oid)), datum.NewBool(pretty)})
	}
	reg("pg_get_viewdef_name", func(e *Env, args []datum.Datum) (datum.Datum, error) { return byName(e, args, false) })
	reg("pg_get_viewdef_name_ext", func(e *Env, args []datum.Datum) (datum.Datum, error) { return byName(e, args, args[1].Bool()) })
	reg("pg_get_viewdef_wrap", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		return getViewDef(e, []datum.Datum{args[0], datum.NewBool(true)})
	})
	reg("pg_relation_is_publishable", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		d := e.relation(oidArg(args[0]))
		if d == nil {
			return datum.Datum{}, nil
		}
		t := e.Catalog.Table(oidArg(args[0]))
		return datum.NewBool(t != nil && t.Persistence == 'p'), nil
	})
	// Bits of the commands: UPDATE 4, INSERT 8, DELETE 16. Views are read only.
	reg("pg_relation_is_updatable", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		if e.Catalog.Table(oidArg(args[0])) != nil {
			return datum.NewInt(28), nil
		}
		return datum.NewInt(0), nil
	})
	reg("pg_column_is_updatable", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		return datum.NewBool(args[1].Int() > 0 && e.Catalog.Table(oidArg(args[0])) != nil), nil
	})
	reg("pg_relation_filenode", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		switch d := e.Catalog.Get(oidArg(args[0])).(type) {
		case *catalog.Table, *catalog.Index, *catalog.Sequence:
			return datum.NewInt(int64(d.Head().OID)), nil
		}
		return datum.Datum{}, nil
	})
	reg("pg_relation_filepath", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		switch d := e.Catalog.Get(oidArg(args[0])).(type) {
		case *catalog.Table, *catalog.Index, *catalog.Sequence:
			return datum.NewText("base/" + itoa(int64(catalog.DatabaseOID)) + "/" + itoa(int64(d.Head().OID))), nil
		}
		return datum.Datum{}, nil
	})
	reg("pg_sequence_last_value", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		q, err := e.sequenceArg(args[0])
		if err != nil {
			return datum.Datum{}, err
		}
		if last, called := e.SequenceState(q); called {
			return datum.NewInt(last), nil
		}
		return datum.Datum{}, nil
	})
	reg("pg_sequence_parameters", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		q, err := e.sequenceArg(args[0])
		if err != nil {
			return datum.Datum{}, err
		}
		n := datum.NewInt
		return record("pg_sequence_parameters", n(q.Start), n(q.Min), n(q.Max), n(q.Increment), datum.NewBool(q.Cycle), n(q.Cache), n(int64(q.Type))), nil
	})
	reg("pg_index_column_has_property", indexColumnProperty)
	reg("pg_index_has_property", func(e *Env, args []datum.Datum) (datum.Datum, error) {
		if e.Catalog.Index(oidArg(args[0])) == nil {
			return datum.Datum{}, nil
		}
		return property(args[1].Str(), "clusterable index_scan bitmap_scan backward_scan", "")
	})
	builtin.Register("pg_indexam_has_property", func(_ *builtin.Context, args []datum.Datum) (datum.Datum, error) {
		if args[0].Int() != btreeAM {
			return datum.Datum{}, nil
		}
		return property(args[1].Str(), "can_order can_unique can_multi_col can_exclude can_include", "")
	})
}

// sequenceArg resolves the oid of a sequence.
func (e *Env) sequenceArg(d datum.Datum) (*catalog.Sequence, error) {
	oid := oidArg(d)
	if q := e.Catalog.Sequence(oid); q != nil {
		return q, nil
	}
	if other := e.relation(oid); other != nil {
		return nil, pgerr.New(pgcode.WrongObjectType, "%q is not a sequence", other.Head().Name)
	}
	return nil, pgerr.New(pgcode.UndefinedTable, "could not open relation with OID %d", oid)
}

// record makes the result of a function with several OUT parameters.
func record(function string, fields ...datum.Datum) datum.Datum {
	p := builtin.ProcsByName(function)[0]
	v := &datum.RecordValue{TypeOID: uint32(types.Record), Fields: fields}
	for _, a := range parameters(p) {
		if a.mode == 'o' {
			v.Names, v.Types = append(v.Names, a.name), append(v.Types, uint32(a.typ))
		}
	}
	return datum.NewRecord(v)
}

// property answers a question about an index: true and false are lists of words,
// others give NULL.
func property(name, yes, no string) (datum.Datum, error) {
	name = strings.ToLower(name)
	switch {
	case contains(yes, name):
		return datum.NewBool(true), nil
	case contains(no, name):
		return datum.NewBool(false), nil
	}
	return datum.Datum{}, nil
}

func indexColumnProperty(e *Env, args []datum.Datum) (datum.Datum, error) {
	x := e.Catalog.Index(oidArg(args[0]))
	n := int(args[1].Int())
	if x == nil || n < 1 || n > len(x.Keys)+len(x.Include) {
		return datum.Datum{}, nil
	}
	name := strings.ToLower(args[2].Str())
	if n > len(x.Keys) {
		return property(name, "returnable", "asc desc nulls_first nulls_last orderable distance_orderable search_array search_nulls")
	}
	k := x.Keys[n-1]
	switch name {
	case "asc":
		return datum.NewBool(!k.Desc), nil
	case "desc":
		return datum.NewBool(k.Desc), nil
	case "nulls_first":
		return datum.NewBool(k.NullsFirst), nil
	case "nulls_last":
		return datum.NewBool(!k.NullsFirst), nil
	}
	return property(name, "orderable returnable search_array search_nulls", "distance_orderable")
}

// getRuleDef prints the only rules there are, those of views.
func getRuleDef(e *Env, args []datum.Datum) (out datum.Datum, err error) {
	oid, pretty := oidArg(args[0]), flagArg(args, 1)
	err = each(e.Catalog, func(v *catalog.View) error {
		if rewriteOID(v.OID) == oid {
			out = datum.NewText("CREATE RULE \"_RETURN\" AS\n    ON SELECT TO " + e.relationName(&v.Object, pretty) +
				" DO INSTEAD " + e.PrintView(v, pretty))
		}
		return nil
	})
	return out, err
}

func registerServerInfo() {
	started := withEnv(func(e *Env, _ []datum.Datum) (datum.Datum, error) { return datum.NewTimestampTZ(e.Started), nil })
	builtin.Register("pg_postmaster_start_time", started)
	builtin.Register("pg_conf_load_time", started)
	own := func(source string, f func(a Activity) datum.Datum) {
		builtin.Register(source, withEnv(func(e *Env, _ []datum.Datum) (datum.Datum, error) {
			for _, a := range e.Activity() {
				if a.PID == e.PID && a.ClientAddr != "" {
					return f(a), nil
				}
			}
			return datum.Datum{}, nil
		}))
	}
	own("inet_client_addr", func(a Activity) datum.Datum { return datum.NewText(a.ClientAddr) })
	own("inet_client_port", func(a Activity) datum.Datum { return datum.NewInt(int64(a.ClientPort)) })
	signal := func(what string, do func(e *Env, pid int32) bool) builtin.Func {
		send := withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
			pid := int32(args[0].Int())
			for _, a := range e.Activity() {
				if a.PID == pid && !e.inherits(e.User, a.UserOID) {
					return datum.Datum{}, pgerr.New(pgcode.InsufficientPrivilege, "must be a member of the role whose %s or member of pg_signal_backend", what)
				}
			}
			return datum.NewBool(do(e, pid)), nil
		})
		return func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
			sent, err := send(c, args)
			if err == nil && !sent.Bool() {
				c.Warn("PID %d is not a PostgreSQL backend process", args[0].Int())
			}
			return sent, err
		}
	}
	builtin.Register("pg_cancel_backend", signal("query is being canceled", func(e *Env, pid int32) bool { return e.Cancel(pid) }))
	builtin.Register("pg_terminate_backend", signal("process is being terminated", func(e *Env, pid int32) bool { return e.Terminate(pid) }))
	builtin.RegisterSet("pg_get_keywords", func(_ *builtin.Context, _ []datum.Datum, yield func([]datum.Datum) error) error {
		for _, k := range keyword.All {
			if err := yield(keywordRow(k)); err != nil {
				return err
			}
		}
		return nil
	})
	builtin.RegisterSet("pg_options_to_table", func(_ *builtin.Context, args []datum.Datum, yield func([]datum.Datum) error) error {
		for _, o := range args[0].Array().Elems {
			name, value, found := strings.Cut(o.Str(), "=")
			row := []datum.Datum{datum.NewText(name), {}}
			if found {
				row[1] = datum.NewText(value)
			}
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	})
}

func keywordRow(k keyword.Keyword) []datum.Datum {
	code, description := "U", "unreserved"
	switch k.Category {
	case keyword.ColName:
		code, description = "C", "unreserved (cannot be function or type name)"
	case keyword.TypeFunc:
		code, description = "T", "reserved (can be function or type name)"
	case keyword.Reserved:
		code, description = "R", "reserved"
	}
	bare := "can be bare label"
	if !k.BareLabel {
		bare = "requires AS"
	}
	return []datum.Datum{datum.NewText(k.Word), datum.NewText(code), datum.NewBool(k.BareLabel), datum.NewText(description), datum.NewText(bare)}
}

// aclLetters are the privileges of an owner and of PUBLIC by default, per
// pg_default_acl's letter of the object kind.
var aclLetters = map[string]struct{ owner, public string }{
	"r": {"arwdDxt", ""}, "s": {"rwU", ""}, "d": {"CTc", "Tc"}, "f": {"X", "X"}, "l": {"U", "U"}, "n": {"UC", ""},
	"t": {"C", ""}, "T": {"U", "U"}, "F": {"U", ""}, "S": {"U", ""}, "L": {"rw", ""}, "p": {"sA", ""}, "c": {"", ""},
}

func registerACL() {
	builtin.Register("acldefault_sql", withEnv(func(e *Env, args []datum.Datum) (datum.Datum, error) {
		letters, ok := aclLetters[args[0].Str()]
		if !ok {
			return datum.Datum{}, pgerr.Internal("unrecognized object type abbreviation: %s", args[0].Str())
		}
		owner := keyword.QuoteIdent(e.roleName(oidArg(args[1])))
		a := &datum.ArrayValue{Elem: uint32(aclItem)}
		if letters.public != "" {
			a.Elems = append(a.Elems, datum.NewText("="+letters.public+"/"+owner))
		}
		if letters.owner != "" {
			a.Elems = append(a.Elems, datum.NewText(owner+"="+letters.owner+"/"+owner))
		}
		if len(a.Elems) > 0 {
			a.Dims = []datum.Dim{{Len: int32(len(a.Elems)), Lower: 1}}
		}
		return datum.NewArray(a), nil
	}))
}

// aclItem is the oid of the type aclitem.
const aclItem types.OID = 1033

// zoneRow is a row of pg_timezone_names.
func zoneRow(name string, loc *time.Location, now time.Time) []datum.Datum {
	abbrev, offset := now.In(loc).Zone()
	if strings.HasPrefix(abbrev, "+") || strings.HasPrefix(abbrev, "-") {
		abbrev = strings.TrimSuffix(abbrev, "00")
	}
	return []datum.Datum{
		datum.NewText(name), datum.NewText(abbrev),
		datum.NewInterval(datum.IntervalValue{Micros: int64(offset) * 1_000_000}), datum.NewBool(now.In(loc).IsDST()),
	}
}
