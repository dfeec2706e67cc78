package config

// Begin starts a transaction: what is set from now on is undone by Rollback, and
// what is set with SET LOCAL ends with it. A Begin inside a transaction changes
// nothing.
func (s *Session) Begin() { s.inTxn = true }

// Commit ends a transaction and keeps what SET set.
func (s *Session) Commit() {
	if len(s.undo) > 0 {
		for _, c := range s.undo {
			if c.v.cur != c.v.kept {
				s.tell(c.v)
				c.v.cur, c.v.source = c.v.kept, c.v.keptSrc
				s.changed(c.v)
			}
		}
		s.undo = nil
	}
	s.inTxn = false
}

// Rollback ends a transaction and restores the values it began with.
func (s *Session) Rollback() {
	s.RollbackTo(0)
	s.undo = nil
	s.inTxn = false
}

// Savepoint returns a mark to roll back to. Releasing a savepoint needs no call:
// what was set since stays until the transaction ends.
func (s *Session) Savepoint() Mark { return Mark(len(s.undo)) }

// RollbackTo restores the values of the moment mark was taken; marks taken later
// become invalid.
func (s *Session) RollbackTo(mark Mark) {
	if int(mark) >= len(s.undo) {
		return
	}
	for i := len(s.undo) - 1; i >= int(mark); i-- {
		c := s.undo[i]
		s.tell(c.v)
		c.v.cur, c.v.kept, c.v.source, c.v.keptSrc = c.cur, c.kept, c.source, c.keptSource
		s.changed(c.v)
	}
	s.undo = s.undo[:mark]
}
