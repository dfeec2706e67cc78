package builtin

import "github.com/driftdb/driftdb/internal/types"
import "github.com/driftdb/driftdb/internal/datum"

// defaultArgs holds the SQL text of argument defaults by function OID, for the
// functions of PostgreSQL that have any and that we build.
var defaultArgs = map[uint32][]string{
	4351: {"'NFC'::text"},                       // is_normalized
	4350: {"'NFC'::text"},                       // normalize
	3579: {"false"},                             // jsonb_insert
	3305: {"true"},                              // jsonb_set
	5054: {"true", "'use_json_null'::text"},     // jsonb_set_lax
	3464: {"0", "0", "0", "0", "0", "0", "0.0"}, // make_interval
	1268: {"true"},                              // parse_ident
	3960: {"false"},                             // json_populate_record
	3961: {"false"},                             // json_populate_recordset
	2096: {"0"},                                 // pg_terminate_backend
	4005: {"'{}'::jsonb", "false"},              // jsonb_path_exists
	1177: {"'{}'::jsonb", "false"},              // jsonb_path_exists_tz
	4009: {"'{}'::jsonb", "false"},              // jsonb_path_match
	2030: {"'{}'::jsonb", "false"},              // jsonb_path_match_tz
	4006: {"'{}'::jsonb", "false"},              // jsonb_path_query
	1179: {"'{}'::jsonb", "false"},              // jsonb_path_query_tz
	4007: {"'{}'::jsonb", "false"},              // jsonb_path_query_array
	1180: {"'{}'::jsonb", "false"},              // jsonb_path_query_array_tz
	4008: {"'{}'::jsonb", "false"},              // jsonb_path_query_first
	2023: {"'{}'::jsonb", "false"},              // jsonb_path_query_first_tz
}

// guessType returns the type a value most likely has, by its kind alone.
func guessType(d datum.Datum) types.OID {
	switch d.Kind() {
	case datum.Bool:
		return types.Bool
	case datum.Int:
		return types.Int8
	case datum.Float:
		return types.Float8
	case datum.Numeric:
		return types.Numeric
	case datum.BPChar:
		return types.BPChar
	case datum.Bytea:
		return types.Bytea
	case datum.Date:
		return types.Date
	case datum.Time:
		return types.Time
	case datum.TimeTZ:
		return types.TimeTZ
	case datum.Timestamp:
		return types.Timestamp
	case datum.TimestampTZ:
		return types.TimestampTZ
	case datum.Interval:
		return types.Interval
	case datum.UUID:
		return types.UUID
	case datum.JSONB:
		return types.JSONB
	case datum.Array:
		return types.ArrayOf(types.OID(d.Array().Elem))
	case datum.Record:
		return types.OID(d.Record().TypeOID)
	}
	return types.Text
}
