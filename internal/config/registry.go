package config

import (
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/driftdb/driftdb/internal/pgdata"
)

// The announced version. Clients choose the SQL they send by it.
const (
	ServerVersion    = "15.18"
	ServerVersionNum = 150018
)

// Kind is a setting's type, as pg_settings.vartype.
type Kind uint8

// The kinds of settings.
const (
	Bool Kind = iota
	Integer
	Real
	String
	Enum
)

func (k Kind) String() string {
	return [...]string{"bool", "integer", "real", "string", "enum"}[k]
}

// Setting describes one known setting. Read only.
type Setting struct {
	Name      string
	Unit      string
	Category  string
	ShortDesc string
	ExtraDesc string
	Context   string // internal, postmaster, sighup, backend, superuser-backend, superuser, user
	Kind      Kind
	Min, Max  float64
	EnumVals  []string
	// Boot is the built-in default in the form of pg_settings.boot_val.
	Boot string
	// Honoured is true when the setting changes what DriftDB does. The others
	// keep and show their values, because clients set them.
	Honoured bool

	index         int
	hidden        bool // not in SHOW ALL and pg_settings
	noResetAll    bool
	superuserOnly bool // to look at
	list          bool // SET takes a comma-separated list
	quoted        bool // whose elements are identifiers
	reported      bool
	minText       string
	maxText       string
}

// Reported are the settings sent as ParameterStatus at the start of a session
// and after each change, in the order PostgreSQL 15 sends them.
var Reported = []string{
	"application_name", "client_encoding", "DateStyle", "default_transaction_read_only", "in_hot_standby",
	"integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding", "server_version",
	"session_authorization", "standard_conforming_strings", "TimeZone",
}

// honoured names the settings that change what DriftDB does.
const honoured = `
	application_name bytea_output client_encoding client_min_messages DateStyle IntervalStyle TimeZone extra_float_digits
	default_transaction_isolation default_transaction_read_only default_transaction_deferrable
	transaction_isolation transaction_read_only transaction_deferrable
	search_path session_authorization role is_superuser server_version server_version_num server_encoding
	statement_timeout lock_timeout idle_in_transaction_session_timeout idle_session_timeout deadlock_timeout
	work_mem hash_mem_multiplier temp_file_limit log_temp_files superuser_reserved_connections max_connections password_encryption synchronous_commit
	log_statement log_min_messages log_min_error_statement log_min_duration_statement log_duration log_connections
	log_disconnections ssl port listen_addresses data_directory authentication_timeout
	standard_conforming_strings integer_datetimes in_hot_standby max_identifier_length
	drift.as_of drift.force_path drift.reason drift.meta drift.segments drift.segment_space`

// superuserOnly names the settings that only a superuser may look at.
const superuserOnly = `
	config_file data_directory dynamic_library_path extension_destdir external_pid_file hba_file ident_file jit_provider
	krb_server_keyfile log_directory log_filename primary_conninfo session_preload_libraries shared_preload_libraries
	ssl_ciphers ssl_dh_params_file ssl_ecdh_curve ssl_max_protocol_version ssl_min_protocol_version
	ssl_passphrase_command unix_socket_directories`

// lists and quotedLists are the settings that SET gives several values.
const (
	lists       = `DateStyle synchronous_standby_names listen_addresses log_destination wal_consistency_checking restrict_nonsystem_relation_kind`
	quotedLists = `search_path temp_tablespaces local_preload_libraries session_preload_libraries shared_preload_libraries unix_socket_directories`
)

// boot are the defaults that differ from PostgreSQL's built-in ones, mostly
// because initdb or the start of the server would have chosen them.
var boot = map[string]string{
	"TimeZone": "UTC", "log_timezone": "UTC", "client_encoding": "UTF8", "server_encoding": "UTF8",
	"default_text_search_config": "pg_catalog.english", "lc_messages": "C", "server_version": ServerVersion,
	"server_version_num": strconv.Itoa(ServerVersionNum), "timezone_abbreviations": "Default", "max_stack_depth": "2048",
	"port": "5433", "shared_memory_size": "0", "unix_socket_directories": "", "ssl_library": "", "jit": "off",
	"extension_destdir": "", "max_connections": "20000",
}

// own are the settings that pg_settings of PostgreSQL does not list: hidden ones
// of PostgreSQL and DriftDB's.
var own = []*Setting{
	{Name: "is_superuser", Category: "Reporting and Logging", ShortDesc: "Shows whether the current user is a superuser.",
		Context: "internal", Kind: Bool, Boot: "off", hidden: true, noResetAll: true},
	{Name: "role", Category: "Ungrouped", ShortDesc: "Sets the current role.", Context: "user", Kind: String, Boot: "none",
		hidden: true, noResetAll: true},
	{Name: "seed", Category: "Ungrouped", ShortDesc: "Sets the seed for random-number generation.", Context: "user", Kind: Real,
		Min: -1, Max: 1, Boot: "0", hidden: true, noResetAll: true},
	{Name: "session_authorization", Category: "Ungrouped", ShortDesc: "Sets the session user name.", Context: "user", Kind: String,
		hidden: true, noResetAll: true},
	{Name: "drift.as_of", Category: "DriftDB / Time Travel", Context: "user", Kind: String,
		ShortDesc: "Sets the moment that statements read the database at.",
		ExtraDesc: "A timestamp, 'seq:N' for a commit, or empty for the present."},
	// For tests of the two paths, so a client's RESET ALL leaves it.
	{Name: "drift.force_path", Category: "Developer Options", Context: "user", Kind: Enum, Boot: "auto",
		EnumVals: []string{"auto", "batch", "short"}, ShortDesc: "Forces the execution path of statements that can take either.",
		hidden: true, noResetAll: true},
	{Name: "drift.meta", Category: "DriftDB / Time Travel", Context: "user", Kind: String,
		ShortDesc: "Sets the JSON document that is kept with the transactions committed next."},
	{Name: "drift.plan_cache", Category: "Query Tuning / Other Planner Options", Context: "user", Kind: Enum, Boot: "on",
		EnumVals:  []string{"off", "on", "first"},
		ShortDesc: "Lets statements that come as text use the plans of earlier ones.",
		ExtraDesc: "They are kept when a text comes the second time, with \"first\" the first time."},
	{Name: "drift.plan_cache_size", Category: "Resource Usage / Memory", Context: "sighup", Kind: Integer, Unit: "kB",
		Min: 0, Max: 2147483647, minText: "0", maxText: "2147483647", Boot: "16384",
		ShortDesc: "Sets the memory that all sessions' parsed statements and plans may take.",
		ExtraDesc: "0 keeps none."},
	{Name: "drift.reason", Category: "DriftDB / Time Travel", Context: "user", Kind: String,
		ShortDesc: "Sets the reason that is kept with the transactions committed next."},
	{Name: "drift.segment_space", Category: "Resource Usage / Disk", Context: "sighup", Kind: Integer, Unit: "MB",
		Min: 0, Max: 2147483647, minText: "0", maxText: "2147483647", Boot: "4096",
		ShortDesc: "Sets the disk space that columnar segments of the past may take.",
		ExtraDesc: "0 makes none and removes those there are."},
	{Name: "drift.segments", Category: "DriftDB / Time Travel", Context: "user", Kind: Enum, Boot: "auto",
		EnumVals:  []string{"auto", "off", "force"},
		ShortDesc: "Chooses whether scans of the past read columnar segments.",
		ExtraDesc: "With \"force\" a scan that finds none waits until one is made."},
	{Name: "drift.server_memory", Category: "Resource Usage / Memory", Context: "sighup", Kind: Integer, Unit: "kB",
		Min: 0, Max: 2147483647, minText: "0", maxText: "2147483647", Boot: "0",
		ShortDesc: "Sets the memory that the operators of all statements together may hold.",
		ExtraDesc: "0 is half of what the process may use."},
	{Name: "drift.statement_memory", Category: "Resource Usage / Memory", Context: "user", Kind: Integer, Unit: "kB",
		Min: 64, Max: 2147483647, minText: "64", maxText: "2147483647", Boot: "1048576",
		ShortDesc: "Sets the memory that one statement's operators may hold."},
}

type registry struct {
	settings []*Setting // in the order of SHOW ALL
	byLower  map[string]*Setting
	boot     []*value // by Setting.index
}

var known = sync.OnceValue(loadRegistry)

func loadRegistry() *registry {
	r := &registry{byLower: map[string]*Setting{}}
	kinds := map[string]Kind{"bool": Bool, "integer": Integer, "real": Real, "string": String, "enum": Enum}
	for _, row := range pgdata.Load("pg_settings").Rows {
		s := &Setting{
			Name: row.Text("name"), Unit: row.Text("unit"), Category: row.Text("category"), ShortDesc: row.Text("short_desc"),
			ExtraDesc: row.Text("extra_desc"), Context: row.Text("context"), Kind: kinds[row.Text("vartype")],
			minText: row.Text("min_val"), maxText: row.Text("max_val"), Boot: row.Text("boot_val"),
		}
		s.Min, _ = strconv.ParseFloat(s.minText, 64)
		s.Max, _ = strconv.ParseFloat(s.maxText, 64)
		s.EnumVals = splitArray(row.Text("enumvals"))
		s.noResetAll = strings.HasPrefix(s.Name, "transaction_")
		r.settings = append(r.settings, s)
	}
	r.settings = append(r.settings, own...)
	sort.SliceStable(r.settings, func(i, j int) bool {
		return strings.ToLower(r.settings[i].Name) < strings.ToLower(r.settings[j].Name)
	})
	for i, s := range r.settings {
		s.index = i
		if b, ok := boot[s.Name]; ok {
			s.Boot = b
		}
		r.byLower[strings.ToLower(s.Name)] = s
	}
	mark(r, honoured, func(s *Setting) { s.Honoured = true })
	mark(r, superuserOnly, func(s *Setting) { s.superuserOnly = true })
	mark(r, lists, func(s *Setting) { s.list = true })
	mark(r, quotedLists, func(s *Setting) { s.list, s.quoted = true, true })
	mark(r, strings.Join(Reported, " "), func(s *Setting) { s.reported = true })
	for _, s := range r.settings {
		v, err := s.parse(s.Boot)
		if err != nil {
			v = &value{text: s.Boot} // a boot value outside its own range, such as shared_memory_size's
		}
		r.boot = append(r.boot, v)
	}
	// Two names of old clients, which PostgreSQL still maps.
	r.byLower["sort_mem"] = r.byLower["work_mem"]
	r.byLower["vacuum_mem"] = r.byLower["maintenance_work_mem"]
	return r
}

func mark(r *registry, names string, f func(*Setting)) {
	for _, n := range strings.Fields(names) {
		s := r.byLower[strings.ToLower(n)]
		if s == nil {
			panic("config: no setting " + n)
		}
		f(s)
	}
}

// splitArray reads pg_settings.enumvals' text form.
func splitArray(s string) []string {
	if s == "" {
		return nil
	}
	parts := strings.Split(strings.Trim(s, "{}"), ",")
	for i := range parts {
		parts[i] = strings.Trim(parts[i], `"`)
	}
	return parts
}

// Lookup returns the known setting of that name in any letter case, or nil;
// custom ("prefix.name") settings are not in the registry.
func Lookup(name string) *Setting {
	r := known()
	if s := r.byLower[name]; s != nil {
		return s
	}
	return r.byLower[strings.ToLower(name)]
}

// Settings returns all known settings in the order of SHOW ALL. Read only.
func Settings() []*Setting { return known().settings }

// IsList reports whether SET gives the setting a list of values.
func (s *Setting) IsList() bool { return s.list }
