package session

import (
	"context"
	"sort"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
)

// startSettings applies what a session begins with: the database's and the
// role's settings, then the client's own.
func (s *Session) startSettings(db *catalog.Database, role *catalog.Role) error {
	for _, name := range []string{"session_authorization", "role"} {
		value := role.Name
		if name == "role" {
			value = "none"
		}
		if err := s.cfg.Override(name, value, false); err != nil {
			return err
		}
	}
	if err := s.cfg.Override("is_superuser", onOff(role.Super), false); err != nil {
		return err
	}
	for _, list := range []struct {
		settings []string
		source   config.Source
	}{{db.Settings, config.SourceDatabase}, {role.Settings, config.SourceUser}} {
		for _, item := range list.settings {
			name, value, _ := strings.Cut(item, "=")
			// A setting that has become invalid must not lock its users out.
			_ = s.cfg.Start(name, value, list.source)
		}
	}
	names := make([]string, 0, len(s.info.Settings))
	for name := range s.info.Settings {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := s.cfg.Start(name, s.info.Settings[name], config.SourceClient); err != nil {
			return fatal(pgerr.From(err))
		}
	}
	if s.info.ApplicationName != "" {
		return s.cfg.Start("application_name", s.info.ApplicationName, config.SourceClient)
	}
	return nil
}

// checkSetting checks values that need more than the registry knows.
func (s *Session) checkSetting(name, value string) (string, error) {
	switch name {
	case "drift.as_of":
		return s.checkAsOf(value)
	case "drift.meta":
		if value == "" {
			return "", nil
		}
		d, err := pgfmt.ParseText(value, types.Of(types.JSONB), s.cfg.Formats())
		if err != nil {
			return "", pgerr.New(pgcode.InvalidParameterValue, "invalid value for parameter %q: %q", name, value).
				WithDetail("%s", err.Error())
		}
		return d.Str(), nil
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
		return value, nil
	}
	return value, nil
}

// set carries out SET and RESET.
func (s *Session) set(ctx context.Context, st *ast.SetStmt, w client.Writer) (string, error) {
	tag := "SET"
	switch st.Kind {
	case ast.SetReset:
		return "RESET", s.resetOne(st.Name, w)
	case ast.SetResetAll:
		s.cfg.ResetAll()
		return "RESET", s.afterSet("drift.as_of")
	case ast.SetTransaction:
		if !s.explicit {
			if err := s.warn(w, pgcode.NoActiveSqlTransaction, "SET TRANSACTION can only be used in transaction blocks"); err != nil {
				return "", err
			}
		}
		return tag, s.modes(st.Modes)
	case ast.SetCharacteristics:
		return tag, s.characteristics(st.Modes)
	case ast.SetSnapshot:
		return "", pgerr.NotSupported("Use BEGIN READ ONLY AS OF @SEQ:n to read one state from several sessions.", "SET TRANSACTION SNAPSHOT is not supported")
	case ast.SetFromCurrent:
		value, err := s.cfg.Show(st.Name)
		if err != nil {
			return "", err
		}
		return tag, s.assign(st.Name, value, st.Local)
	}
	if st.Local && !s.explicit {
		if err := s.warn(w, pgcode.NoActiveSqlTransaction, "SET LOCAL can only be used in transaction blocks"); err != nil {
			return "", err
		}
	}
	if st.Kind == ast.SetDefault {
		return tag, s.resetTo(st.Name, st.Local)
	}
	value, err := s.settingText(st)
	if err != nil {
		return "", err
	}
	return tag, s.assign(st.Name, value, st.Local)
}

// settingText joins the values of SET as its setting wants them.
func (s *Session) settingText(st *ast.SetStmt) (string, error) {
	parts := make([]string, len(st.Values))
	for i, v := range st.Values {
		switch v := v.(type) {
		case *ast.Const:
			parts[i] = constText(v)
		case *ast.TypeCast:
			text, err := s.intervalZone(v)
			if err != nil {
				return "", err
			}
			parts[i] = text
		default:
			return "", pgerr.New(pgcode.SyntaxError, "SET requires constant values")
		}
	}
	return config.Flatten(st.Name, parts)
}

// intervalZone is SET TIME ZONE INTERVAL '...': the offset as text.
func (s *Session) intervalZone(c *ast.TypeCast) (string, error) {
	k, ok := c.Arg.(*ast.Const)
	if !ok {
		return "", pgerr.New(pgcode.SyntaxError, "SET requires constant values")
	}
	d, err := pgfmt.ParseText(k.Text, types.Of(types.Interval), s.cfg.Formats())
	if err != nil {
		return "", err
	}
	v := d.Interval()
	if v.Months != 0 || v.Days != 0 {
		return "", pgerr.New(pgcode.InvalidParameterValue, "Cannot specify months or days in time zone interval.")
	}
	return strconv.FormatFloat(float64(v.Micros)/3600e6, 'g', -1, 64), nil
}

func constText(c *ast.Const) string {
	switch c.Kind {
	case ast.ConstInt:
		return strconv.Itoa(int(c.Int))
	case ast.ConstBool:
		return strconv.FormatBool(c.Bool)
	}
	return c.Text
}

// assign gives a setting a value, with what follows from some of them.
func (s *Session) assign(name, value string, local bool) error {
	switch strings.ToLower(name) {
	case "transaction_isolation", "transaction_read_only", "transaction_deferrable":
		return s.assignMode(name, value)
	case "role":
		return s.setRole(value, local)
	case "session_authorization":
		return s.setAuthorization(value, local)
	case "drift.as_of":
		if err := s.mayMove(); err != nil {
			return err
		}
	}
	if err := s.cfg.Set(name, value, local); err != nil {
		return err
	}
	return s.afterSet(name)
}

// assignMode serves SET of the settings that are the running transaction's modes.
func (s *Session) assignMode(name, value string) error {
	if strings.EqualFold(name, "transaction_isolation") {
		return s.setIsolation(strings.ToLower(value))
	}
	on, err := pgfmt.ParseText(value, types.Of(types.Bool), s.cfg.Formats())
	if err != nil {
		return pgerr.New(pgcode.InvalidParameterValue, "parameter %q requires a Boolean value", name)
	}
	if strings.EqualFold(name, "transaction_deferrable") {
		return s.setDeferrable(on.Bool())
	}
	return s.setReadOnly(on.Bool())
}

// afterSet applies settings that the running transaction must follow.
func (s *Session) afterSet(name string) error {
	switch strings.ToLower(name) {
	case "lock_timeout", "deadlock_timeout":
		if s.tx != nil {
			s.timeouts()
		}
	case "drift.as_of":
		if s.explicit {
			return s.applyAsOf()
		}
	}
	return nil
}

func (s *Session) resetOne(name string, w client.Writer) error { return s.resetTo(name, false) }

func (s *Session) resetTo(name string, local bool) error {
	switch strings.ToLower(name) {
	case "role":
		return s.setRole("none", local)
	case "session_authorization":
		return s.setAuthorization("default", local)
	case "drift.as_of":
		if err := s.mayMove(); err != nil {
			return err
		}
	}
	if err := s.cfg.Reset(name, local); err != nil {
		return err
	}
	return s.afterSet(name)
}

// characteristics is SET SESSION CHARACTERISTICS AS TRANSACTION.
func (s *Session) characteristics(m ast.TxModes) error {
	if m.AsOf != nil {
		return pgerr.NotSupported("Use SET drift.as_of.", "SET SESSION CHARACTERISTICS with AS OF is not supported")
	}
	if name := isolationNames[m.Isolation]; name != "" {
		if err := s.cfg.Set("default_transaction_isolation", name, false); err != nil {
			return err
		}
	}
	if m.ReadOnly || m.ReadWrite {
		if err := s.cfg.Set("default_transaction_read_only", onOff(m.ReadOnly), false); err != nil {
			return err
		}
	}
	if m.Deferrable || m.NotDeferrable {
		return s.cfg.Set("default_transaction_deferrable", onOff(m.Deferrable), false)
	}
	return nil
}

// setRole is SET ROLE.
func (s *Session) setRole(name string, local bool) error {
	cat, err := s.presentCatalog()
	if err != nil {
		return err
	}
	oid := s.sessionUser
	if name != "none" {
		r := cat.RoleByName(name)
		if r == nil {
			return pgerr.New(pgcode.InvalidParameterValue, "role %q does not exist", name)
		}
		if !memberOf(cat, s.sessionUser, r.OID) {
			return pgerr.New(pgcode.InsufficientPrivilege, "permission denied to set role %q", name)
		}
		oid = r.OID
	}
	return s.become(cat, "role", name, oid, local)
}

// setAuthorization is SET SESSION AUTHORIZATION.
func (s *Session) setAuthorization(name string, local bool) error {
	cat, err := s.presentCatalog()
	if err != nil {
		return err
	}
	r := cat.RoleByName(s.info.User)
	if name != "default" {
		want := cat.RoleByName(name)
		if want == nil {
			return pgerr.New(pgcode.InvalidParameterValue, "role %q does not exist", name)
		}
		if want.OID != r.OID && !r.Super {
			return pgerr.New(pgcode.InsufficientPrivilege, "permission denied to set session authorization")
		}
		r = want
	}
	if err := s.become(cat, "session_authorization", r.Name, r.OID, local); err != nil {
		return err
	}
	s.sessionUser = r.OID
	return s.cfg.Override("role", "none", local)
}

// become changes the current role; a rolled-back transaction changes it back.
func (s *Session) become(cat *catalog.Snapshot, setting, value string, oid uint32, local bool) error {
	if err := s.cfg.Override(setting, value, local); err != nil {
		return err
	}
	super := cat.Role(oid).Super
	if err := s.cfg.Override("is_superuser", onOff(super), local); err != nil {
		return err
	}
	s.user, s.cfg.Superuser = oid, super
	return nil
}

// syncRole takes the current role from the settings, after a rollback or the end
// of SET LOCAL changed them.
func (s *Session) syncRole() error {
	if g := s.cfg.Generation(); g != s.roleChecked {
		if err := s.takeRole(); err != nil {
			return err
		}
		s.roleChecked = g
	}
	return nil
}

func (s *Session) takeRole() error {
	auth, role := s.cfg.Text("session_authorization"), s.cfg.Text("role")
	if s.roleName(s.sessionUser) == auth && (role == "none" && s.user == s.sessionUser || s.roleName(s.user) == role) {
		return nil
	}
	cat, err := s.presentCatalog()
	if err != nil {
		return err
	}
	if r := cat.RoleByName(auth); r != nil {
		s.sessionUser, s.user = r.OID, r.OID
	}
	if r := cat.RoleByName(role); r != nil && role != "none" {
		s.user = r.OID
	}
	if r := cat.Role(s.user); r != nil {
		s.cfg.Superuser = r.Super
	}
	return nil
}

// memberOf reports whether a role may act as another.
func memberOf(cat *catalog.Snapshot, role, target uint32) bool {
	r := cat.Role(role)
	if r == nil {
		return false
	}
	if role == target || r.Super {
		return true
	}
	for _, up := range r.MemberOf {
		if memberOf(cat, up, target) {
			return true
		}
	}
	return false
}

// show carries out SHOW.
func (s *Session) show(st *ast.ShowStmt, w client.Writer) (string, error) {
	if st.Name == "all" {
		return "SHOW", s.showAll(w)
	}
	value, err := s.cfg.Show(st.Name)
	if err != nil {
		return "", err
	}
	if err := w.Columns([]client.Column{{Name: s.cfg.CanonicalName(st.Name), Type: types.Of(types.Text)}}, true); err != nil {
		return "", err
	}
	return "SHOW", w.Row([]datum.Datum{datum.NewText(value)})
}

func (s *Session) showAll(w client.Writer) error {
	text := types.Of(types.Text)
	if err := w.Columns([]client.Column{{Name: "name", Type: text}, {Name: "setting", Type: text}, {Name: "description", Type: text}}, true); err != nil {
		return err
	}
	for _, row := range s.cfg.All() {
		if err := w.Row([]datum.Datum{datum.NewText(row.Setting.Name), datum.NewText(row.Shown), datum.NewText(row.Setting.ShortDesc)}); err != nil {
			return err
		}
	}
	return nil
}

// discard carries out DISCARD.
func (s *Session) discard(st *ast.DiscardStmt) (string, error) {
	switch st.What {
	case "ALL":
		if s.explicit {
			return "", pgerr.New(pgcode.ActiveSqlTransaction, "DISCARD ALL cannot run inside a transaction block")
		}
		s.closePortals(true)
		s.statements = nil
		s.lastValue, s.lastSeqUsed = nil, 0
		s.owner.UnlockAll()
		if err := s.setAuthorization("default", false); err != nil {
			return "", err
		}
		s.cfg.ResetAll()
	case "PLANS":
		for _, p := range s.statements {
			p.plan = nil
		}
	case "SEQUENCES":
		s.lastValue, s.lastSeqUsed = nil, 0
	}
	return "DISCARD " + st.What, nil
}

// checkAsOf validates drift.as_of: "", "seq:N", or a timestamptz, which is kept
// with its zone so that it stays the same moment.
func (s *Session) checkAsOf(value string) (string, error) {
	if value == "" {
		return "", nil
	}
	if n, ok := strings.CutPrefix(value, "seq:"); ok {
		if _, err := strconv.ParseUint(n, 10, 63); err != nil {
			return "", pgerr.New(pgcode.InvalidParameterValue, "invalid value for parameter %q: %q", "drift.as_of", value).
				WithHint("Write 'seq:N' with a commit number, or a timestamp.")
		}
		return value, nil
	}
	f := *s.cfg.Formats()
	f.Now = int64(s.srv.DB.Now()) - pgEpoch
	d, err := pgfmt.ParseText(value, types.Of(types.TimestampTZ), &f)
	if err != nil {
		return "", pgerr.New(pgcode.InvalidParameterValue, "invalid value for parameter %q: %q", "drift.as_of", value).
			WithHint("Write 'seq:N' with a commit number, or a timestamp.")
	}
	return string(pgfmt.AppendText(nil, types.Of(types.TimestampTZ), d, s.cfg.Formats())), nil
}

// mayMove refuses a change of drift.as_of once the transaction has read or
// written: all its statements must see one moment.
func (s *Session) mayMove() error {
	if s.explicit && s.ran {
		return pgerr.New(pgcode.ActiveSqlTransaction, "drift.as_of cannot be changed in a transaction that has run a statement").
			WithHint("End the transaction first.")
	}
	return nil
}

// applyAsOf pins the running transaction to the moment of drift.as_of, if that
// is set.
func (s *Session) applyAsOf() error {
	value := s.hot().asOf
	if value == "" || s.asOf != nil {
		return nil
	}
	seq, err := s.asOfSeq(value)
	if err != nil {
		return err
	}
	return s.pin(seq)
}

func (s *Session) asOfSeq(value string) (store.Seq, error) {
	if n, ok := strings.CutPrefix(value, "seq:"); ok {
		seq, err := strconv.ParseUint(n, 10, 63)
		if err != nil {
			return 0, pgerr.New(pgcode.InvalidParameterValue, "invalid value for parameter %q: %q", "drift.as_of", value)
		}
		return s.seqInPast(seq)
	}
	d, err := pgfmt.ParseText(value, types.Of(types.TimestampTZ), s.cfg.Formats())
	if err != nil {
		return 0, err
	}
	return s.seqAtTime(context.Background(), d.Int())
}
