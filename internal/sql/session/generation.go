package session

// SettingsGeneration changes whenever a setting does, so that a door knows when
// to read the ones it honours (statement logging) again.
func (s *Session) SettingsGeneration() uint64 { return s.cfg.Generation() }
