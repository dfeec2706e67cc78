package builtin

import (
	"crypto/rand"
	"math"
	"strconv"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// ServerVersion is what the server_version setting announces, versionText what version() answers.
const (
	ServerVersion = "15.18"
	versionText   = "PostgreSQL " + ServerVersion + " (DriftDB)"
)

// sessionFunc registers a function that cannot run without a session.
func sessionFunc(source string, f func(s Session, args []datum.Datum) (datum.Datum, error)) {
	Register(source, func(c *Context, args []datum.Datum) (datum.Datum, error) {
		if c == nil || c.Session == nil {
			return null, pgerr.Internal("function %s needs a session", source)
		}
		return f(c.Session, args)
	})
}

func textResult(f func(s Session) string) func(Session, []datum.Datum) (datum.Datum, error) {
	return func(s Session, _ []datum.Datum) (datum.Datum, error) { return datum.NewText(f(s)), nil }
}

func init() {
	sessionFunc("current_user", textResult(Session.CurrentUser))
	sessionFunc("session_user", textResult(Session.SessionUser))
	sessionFunc("current_database", textResult(Session.CurrentDatabase))
	sessionFunc("current_schema", func(s Session, _ []datum.Datum) (datum.Datum, error) {
		path := s.SearchPath(false)
		if len(path) == 0 {
			return null, nil
		}
		return datum.NewText(path[0]), nil
	})
	sessionFunc("current_schemas", func(s Session, args []datum.Datum) (datum.Datum, error) {
		var list []datum.Datum
		for _, name := range s.SearchPath(args[0].Bool()) {
			list = append(list, datum.NewText(name))
		}
		return newList(types.Name, list), nil
	})
	sessionFunc("pg_backend_pid", func(s Session, _ []datum.Datum) (datum.Datum, error) {
		return datum.NewInt(int64(s.BackendPID())), nil
	})
	registerSettings()
	registerSequences()
	registerRandom()
	registerTypeInfo()
	constant := func(source string, d datum.Datum) {
		Register(source, func(*Context, []datum.Datum) (datum.Datum, error) { return d, nil })
	}
	constant("pgsql_version", datum.NewText(versionText))
	constant("pg_client_encoding", datum.NewText("UTF8"))
	constant("getdatabaseencoding", datum.NewText("UTF8"))
	constant("pg_is_in_recovery", datum.NewBool(false))
	constant("pg_jit_available", datum.NewBool(false))
	count := func(nulls bool) Func {
		return func(_ *Context, args []datum.Datum) (datum.Datum, error) {
			n := int64(0)
			for _, a := range args {
				if a.IsNull() == nulls {
					n++
				}
			}
			return datum.NewInt(n), nil
		}
	}
	Register("pg_num_nulls", count(true))
	Register("pg_num_nonnulls", count(false))
}

func registerSettings() {
	show := func(s Session, name string, missingOK bool) (datum.Datum, error) {
		if v, ok := s.GetSetting(name); ok {
			return datum.NewText(v), nil
		}
		if missingOK {
			return null, nil
		}
		return null, pgerr.New(pgcode.UndefinedObject, "unrecognized configuration parameter \"%s\"", name)
	}
	sessionFunc("show_config_by_name", func(s Session, args []datum.Datum) (datum.Datum, error) {
		return show(s, args[0].Str(), false)
	})
	sessionFunc("show_config_by_name_missing_ok", func(s Session, args []datum.Datum) (datum.Datum, error) {
		return show(s, args[0].Str(), args[1].Bool())
	})
	sessionFunc("set_config_by_name", func(s Session, args []datum.Datum) (datum.Datum, error) {
		if args[0].IsNull() {
			return null, pgerr.New(pgcode.NullValueNotAllowed, "SET requires parameter name")
		}
		value := ""
		if !args[1].IsNull() {
			value = args[1].Str()
		}
		out, err := s.SetSetting(args[0].Str(), value, !args[2].IsNull() && args[2].Bool())
		return datum.NewText(out), err
	})
}

func registerSequences() {
	sequence := func(d datum.Datum) uint32 { return uint32(d.Int()) }
	sessionFunc("nextval_oid", func(s Session, args []datum.Datum) (datum.Datum, error) {
		n, err := s.NextVal(sequence(args[0]))
		return datum.NewInt(n), err
	})
	sessionFunc("currval_oid", func(s Session, args []datum.Datum) (datum.Datum, error) {
		n, err := s.CurrVal(sequence(args[0]))
		return datum.NewInt(n), err
	})
	sessionFunc("lastval", func(s Session, _ []datum.Datum) (datum.Datum, error) {
		n, err := s.LastVal()
		return datum.NewInt(n), err
	})
	sessionFunc("setval_oid", func(s Session, args []datum.Datum) (datum.Datum, error) {
		return args[1], s.SetVal(sequence(args[0]), args[1].Int(), true)
	})
	sessionFunc("setval3_oid", func(s Session, args []datum.Datum) (datum.Datum, error) {
		return args[1], s.SetVal(sequence(args[0]), args[1].Int(), args[2].Bool())
	})
}

func registerRandom() {
	sessionFunc("drandom", func(s Session, _ []datum.Datum) (datum.Datum, error) { return datum.NewFloat(s.Random()), nil })
	sessionFunc("setseed", func(s Session, args []datum.Datum) (datum.Datum, error) {
		seed := args[0].Float()
		if !(seed >= -1 && seed <= 1) {
			return null, invalidParameter("setseed parameter %s is out of allowed range [-1,1]", strconv.FormatFloat(seed, 'g', 6, 64))
		}
		s.SeedRandom(seed)
		return datum.NewText(""), nil
	})
	Register("gen_random_uuid", func(*Context, []datum.Datum) (datum.Datum, error) {
		var b [16]byte
		if _, err := rand.Read(b[:]); err != nil {
			return null, pgerr.Internal("could not generate random values")
		}
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		return datum.NewUUID(string(b[:])), nil
	})
}

func registerTypeInfo() {
	RegisterBinder("pg_typeof", func(oids []types.OID, _ types.OID) Func {
		oid := datum.NewInt(int64(oids[0]))
		return func(*Context, []datum.Datum) (datum.Datum, error) { return oid, nil }
	})
	Register("format_type", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		if args[0].IsNull() {
			return null, nil
		}
		oid := types.OID(args[0].Int())
		if args[1].IsNull() {
			if oid == 0 {
				return datum.NewText("-"), nil
			}
			return datum.NewText(pgfmt.TypeName(oid)), nil
		}
		return datum.NewText(pgfmt.FormatType(types.T{OID: oid, Typmod: int32(args[1].Int())})), nil
	})
	RegisterBinder("pg_column_size", func(oids []types.OID, _ types.OID) Func {
		return func(_ *Context, args []datum.Datum) (datum.Datum, error) {
			if args[0].IsNull() {
				return null, nil
			}
			return datum.NewInt(columnSize(oids[0], args[0])), nil
		}
	})
}

// columnSize returns the bytes PostgreSQL would need for a value: the type's
// length, or a variable one's content with its header.
func columnSize(oid types.OID, d datum.Datum) int64 {
	if info := types.Lookup(oid); info != nil && info.Len > 0 {
		return int64(info.Len)
	}
	n := int64(len(pgfmt.AppendBinary(nil, types.Of(oid), d)))
	if n+1 < 127 {
		return n + 1
	}
	return min(n+4, math.MaxInt32)
}
