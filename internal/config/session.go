package config

import (
	"strings"
	"time"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Session is one session's settings. It belongs to one goroutine at a time.
type Session struct {
	// Superuser allows what only superusers may set and see.
	Superuser bool
	// Check, when set, is asked after a value passed the registry's own check; it
	// returns the value to keep. For checks that need the catalog (role,
	// drift.as_of). It is not asked by Start and Override.
	Check func(name, value string) (string, error)

	defaults   *defaultValues
	vars       map[string]*variable // by canonical name; custom ones by lower case
	undo       []change             // since Begin
	inTxn      bool
	generation uint64
	told       map[string]string // reported settings that may differ from what the client was told, with that
	formats    *pgfmt.Settings
}

// variable is a setting with a value of its own in this session.
type variable struct {
	setting *Setting
	name    string
	cur     *value // in force
	kept    *value // in force after the transaction commits; differs after SET LOCAL
	reset   *value // after RESET
	source  Source // of cur
	keptSrc Source
	resetSr Source
	custom  bool
}

// change is a variable's state before a change, for rollback.
type change struct {
	v          *variable
	cur, kept  *value
	source     Source
	keptSource Source
}

// Mark is a moment inside a transaction, see Savepoint.
type Mark int

// NewSession returns a session with the server's values; d may be nil for the
// built-in ones.
func NewSession(d *Defaults) *Session {
	if d == nil {
		d = NewDefaults()
	}
	return &Session{defaults: d.current.Load()}
}

// Start gives a setting the value the session begins with, and that RESET
// returns to. A source of lower rank than the present value's changes nothing.
// Only settings that may be given at connection start are allowed.
func (s *Session) Start(name, text string, source Source) error {
	v, err := s.variable(name, true)
	if err != nil {
		return err
	}
	if err := s.maySet(v.setting, true); err != nil {
		return err
	}
	if source < v.resetSr {
		return nil
	}
	val, err := s.parse(v, text, false)
	if err != nil {
		return err
	}
	v.cur, v.kept, v.reset = val, val, val
	v.source, v.keptSrc, v.resetSr = source, source, source
	s.changed(v)
	return nil
}

// Set does SET, or SET LOCAL when local is true. Outside a transaction SET LOCAL
// changes nothing (the caller warns).
func (s *Session) Set(name, text string, local bool) error {
	v, err := s.variable(name, true)
	if err != nil {
		return err
	}
	if err := s.maySet(v.setting, false); err != nil {
		return err
	}
	val, err := s.parse(v, text, true)
	if err != nil {
		return err
	}
	s.assign(v, val, SourceSession, local)
	return nil
}

// Reset does RESET name and SET [LOCAL] name TO DEFAULT.
func (s *Session) Reset(name string, local bool) error {
	v, err := s.variable(name, true)
	if err != nil {
		return err
	}
	if err := s.maySet(v.setting, false); err != nil {
		return err
	}
	s.assign(v, v.reset, v.resetSr, local)
	return nil
}

// ResetAll does RESET ALL (and that part of DISCARD ALL): settings of the
// transaction and of the user's identity keep their values.
func (s *Session) ResetAll() {
	for _, v := range s.vars {
		if v.setting != nil && (v.setting.noResetAll || v.setting.Context != "user" && v.setting.Context != "superuser") {
			continue
		}
		if v.source == SourceSession || v.keptSrc == SourceSession {
			s.assign(v, v.reset, v.resetSr, false)
		}
	}
}

// Override sets a value that users may not set themselves (is_superuser,
// session_authorization, transaction_isolation at BEGIN). It obeys transactions
// like Set; no permission and no Check is asked.
func (s *Session) Override(name, text string, local bool) error {
	v, err := s.variable(name, true)
	if err != nil {
		return err
	}
	val, err := s.parse(v, text, false)
	if err != nil {
		return err
	}
	s.assign(v, val, SourceOverride, local)
	if !local && !s.inTxn {
		v.reset, v.resetSr = val, SourceOverride
	}
	return nil
}

// Show returns what SHOW prints: 42704 for an unknown name, 42501 for one the
// user may not see.
func (s *Session) Show(name string) (string, error) {
	v, err := s.variable(name, false)
	if err != nil {
		return "", err
	}
	if v == nil {
		return "", unrecognized(name)
	}
	if v.setting != nil && v.setting.superuserOnly && !s.Superuser {
		return "", pgerr.New(pgcode.InsufficientPrivilege,
			"must be superuser or have privileges of pg_read_all_settings to examine \"%s\"", v.name)
	}
	return v.show(), nil
}

// Get returns what SHOW prints, without asking permission; ok is false for an
// unknown setting.
func (s *Session) Get(name string) (string, bool) {
	if v, err := s.variable(name, false); err == nil && v != nil {
		return v.show(), true
	}
	return "", false
}

// CanonicalName returns the name as SHOW's column heading has it.
func (s *Session) CanonicalName(name string) string {
	if def := Lookup(name); def != nil {
		return def.Name
	}
	return name
}

// Int returns a numeric setting in its base unit (work_mem in kB); bools are 0
// and 1. It returns 0 for an unknown name.
func (s *Session) Int(name string) int64 { return int64(s.number(name)) }

// Float returns a real setting.
func (s *Session) Float(name string) float64 { return s.number(name) }

// Bool returns a boolean setting.
func (s *Session) Bool(name string) bool { return s.number(name) != 0 }

// Text returns a setting's raw text, "" for an unknown one.
func (s *Session) Text(name string) string {
	if v := s.value(name); v != nil {
		return v.text
	}
	return ""
}

// SearchPath returns search_path split into names, "$user" not replaced.
func (s *Session) SearchPath() []string {
	list, _ := SplitIdentifiers(s.Text("search_path"))
	return list
}

// Location returns the session's time zone.
func (s *Session) Location() *time.Location { return s.Formats().Location }

// Formats returns how values are printed and read under the present settings.
// The caller may set Now and Names in it; they live on when a setting changes.
// A change makes a new one, so goroutines of a running statement keep theirs:
// ask again at each statement.
func (s *Session) Formats() *pgfmt.Settings {
	if s.formats == nil {
		s.formats = s.buildFormats()
	}
	return s.formats
}

// Generation changes whenever any setting does but the modes of the running
// transaction, for callers that keep what they derived.
func (s *Session) Generation() uint64 { return s.generation }

func (s *Session) buildFormats() *pgfmt.Settings {
	f := pgfmt.Default()
	zone := s.value("TimeZone")
	f.Location, _ = zone.derived.(*time.Location)
	f.ZoneName = zone.text
	if d, ok := s.value("DateStyle").derived.(dateStyle); ok {
		f.DateStyle, f.DateOrder = d.style, d.order
	}
	f.IntervalStyle = pgfmt.IntervalStyle([...]pgfmt.IntervalStyle{
		pgfmt.IntervalPostgres, pgfmt.IntervalPostgresVerbose, pgfmt.IntervalSQLStandard, pgfmt.IntervalISO8601,
	}[int(s.number("IntervalStyle"))])
	f.ExtraFloatDigits = int(s.number("extra_float_digits"))
	f.ByteaEscape = s.Text("bytea_output") == "escape"
	return f
}

// value returns the value in force of a setting, nil for an unknown name.
func (s *Session) value(name string) *value {
	if v := s.vars[name]; v != nil {
		return v.cur
	}
	def := Lookup(name)
	if def == nil {
		if v := s.vars[strings.ToLower(name)]; v != nil {
			return v.cur
		}
		return nil
	}
	if v := s.vars[def.Name]; v != nil {
		return v.cur
	}
	return s.defaults.values[def.index]
}

func (s *Session) number(name string) float64 {
	if v := s.value(name); v != nil {
		return v.num
	}
	return 0
}

// variable returns the session's own entry for a name. With create it makes one
// (for a custom name too); without, a known setting without an entry gets a
// passing one and an unknown name nil.
func (s *Session) variable(name string, create bool) (*variable, error) {
	if v := s.vars[name]; v != nil {
		return v, nil
	}
	def := Lookup(name)
	key := strings.ToLower(name)
	if def != nil {
		key = def.Name
	}
	if v := s.vars[key]; v != nil {
		return v, nil
	}
	v := &variable{setting: def, name: key}
	if def != nil {
		v.cur, v.resetSr = s.defaults.values[def.index], s.defaults.sources[def.index]
	} else {
		if !create {
			return nil, nil
		}
		if err := checkCustomName(name); err != nil {
			return nil, err
		}
		// After a rollback a custom setting stays known and empty, as in PostgreSQL.
		v.name, v.custom, v.cur = name, true, &value{}
	}
	v.kept, v.reset, v.source, v.keptSrc = v.cur, v.cur, v.resetSr, v.resetSr
	if create && (def != nil || v.custom) {
		if s.vars == nil {
			s.vars = map[string]*variable{}
		}
		s.vars[key] = v
	}
	return v, nil
}

func (v *variable) show() string {
	if v.setting == nil {
		return v.cur.text
	}
	return v.setting.show(v.cur)
}

// parse checks text for a variable; ask says whether Session.Check is asked.
func (s *Session) parse(v *variable, text string, ask bool) (*value, error) {
	if v.setting == nil {
		return &value{text: text}, nil
	}
	if v.setting.Name == "DateStyle" { // what the words leave open stays as it is
		base, _ := v.cur.derived.(dateStyle)
		reset, _ := v.reset.derived.(dateStyle)
		return parseDateStyle(v.setting, text, base, reset)
	}
	val, err := v.setting.parse(text)
	if err != nil || !ask || s.Check == nil {
		return val, err
	}
	checked, err := s.Check(v.setting.Name, val.text)
	if err != nil {
		return nil, err
	}
	if checked != val.text {
		c := *val
		c.text = checked
		val = &c
	}
	return val, nil
}

// maySet tells why a setting cannot be set now; atStart is true while the
// session starts.
func (s *Session) maySet(def *Setting, atStart bool) error {
	if def == nil {
		return nil
	}
	cannot := func(format string) error {
		return pgerr.New(pgcode.CantChangeRuntimeParam, format, def.Name)
	}
	switch def.Context {
	case "internal":
		return cannot("parameter \"%s\" cannot be changed")
	case "postmaster":
		return cannot("parameter \"%s\" cannot be changed without restarting the server")
	case "sighup":
		return cannot("parameter \"%s\" cannot be changed now")
	case "backend", "superuser-backend":
		if !atStart {
			return cannot("parameter \"%s\" cannot be set after connection start")
		}
		if def.Context == "backend" {
			return nil
		}
	case "user":
		return nil
	}
	if !s.Superuser {
		return pgerr.New(pgcode.InsufficientPrivilege, "permission denied to set parameter \"%s\"", def.Name)
	}
	return nil
}

// assign puts a checked value in force.
func (s *Session) assign(v *variable, val *value, source Source, local bool) {
	if local && !s.inTxn {
		return
	}
	if s.inTxn {
		s.undo = append(s.undo, change{v, v.cur, v.kept, v.source, v.keptSrc})
	}
	s.tell(v)
	v.cur, v.source = val, source
	if !local {
		v.kept, v.keptSrc = val, source
	}
	s.changed(v)
}

// tell remembers what the client was last told of a reported setting.
func (s *Session) tell(v *variable) {
	if v.setting == nil || !v.setting.reported {
		return
	}
	if _, ok := s.told[v.name]; !ok {
		if s.told == nil {
			s.told = map[string]string{}
		}
		s.told[v.name] = v.show()
	}
}

// changed forgets what was derived from the values. Nothing is derived from the
// modes of the running transaction, which change with each transaction.
func (s *Session) changed(v *variable) {
	switch v.name {
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
		return
	}
	s.generation++
	if old := s.formats; old != nil {
		s.formats = s.buildFormats()
		s.formats.Now, s.formats.Names = old.Now, old.Names
	}
}

// Reports calls fn for each reported setting whose value is not what the client
// was last told, and stops at fn's first error. Call it before ReadyForQuery.
func (s *Session) Reports(fn func(name, value string) error) error {
	if len(s.told) == 0 {
		return nil
	}
	told := s.told
	s.told = nil
	for _, name := range Reported {
		old, ok := told[name]
		if !ok {
			continue
		}
		if now, _ := s.Get(name); now != old {
			if err := fn(name, now); err != nil {
				return err
			}
		}
	}
	return nil
}
