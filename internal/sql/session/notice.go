package session

import (
	"slices"
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// severities are the severities of messages that are not errors, least first.
var severities = []string{"DEBUG5", "DEBUG4", "DEBUG3", "DEBUG2", "DEBUG1", "LOG", "INFO", "NOTICE", "WARNING", "ERROR"}

// notice sends a message that is not an error, if client_min_messages lets it pass.
// INFO always passes.
func (s *Session) notice(w client.Writer, n *pgerr.Error) error {
	least := strings.ToUpper(s.cfg.Text("client_min_messages"))
	if n.Severity != "INFO" && slices.Index(severities, n.Severity) < slices.Index(severities, least) {
		return nil
	}
	return w.Notice(n)
}

// warn sends a WARNING.
func (s *Session) warn(w client.Writer, code pgcode.Code, format string, args ...any) error {
	n := pgerr.New(code, format, args...)
	n.Severity = "WARNING"
	return s.notice(w, n)
}

// Notify implements builtin.Noticer. A client that is gone is noticed by what is
// sent next.
func (s *Session) Notify(n *pgerr.Error) {
	if s.out != nil {
		_ = s.notice(s.out, n)
	}
}
