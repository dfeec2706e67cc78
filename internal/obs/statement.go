package obs

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// StatementLog says which statements a session logs; it holds the values of the
// settings log_statement, log_min_duration_statement, log_duration and
// log_min_error_statement, as ParseStatementLog read them.
type StatementLog struct {
	Statement   StatementKinds
	MinDuration time.Duration // -1: never
	Duration    bool
	MinError    slog.Level
}

// StatementKinds is the value of log_statement.
type StatementKinds uint8

// The values of log_statement.
const (
	StatementNone StatementKinds = iota
	StatementDDL
	StatementMod
	StatementAll
)

// ParseStatementLog reads the settings through get, which returns them as SHOW
// prints them.
func ParseStatementLog(get func(name string) (string, bool)) StatementLog {
	l := StatementLog{MinDuration: -1, MinError: LevelError}
	if v, ok := get("log_statement"); ok {
		l.Statement = map[string]StatementKinds{"ddl": StatementDDL, "mod": StatementMod, "all": StatementAll}[v]
	}
	if v, ok := get("log_min_duration_statement"); ok && v != "-1" {
		l.MinDuration = parseDuration(v)
	}
	if v, ok := get("log_duration"); ok {
		l.Duration = v == "on"
	}
	if v, ok := get("log_min_error_statement"); ok {
		if level, ok := ParseLevel(v); ok {
			l.MinError = level
		}
	}
	return l
}

// parseDuration reads what SHOW prints for a setting in milliseconds ("250ms",
// "90min", "0").
func parseDuration(s string) time.Duration {
	unit := strings.TrimLeft(s, "0123456789")
	n, _ := strconv.ParseInt(s[:len(s)-len(unit)], 10, 64)
	scale := map[string]time.Duration{"us": time.Microsecond, "": time.Millisecond, "ms": time.Millisecond, "s": time.Second,
		"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[unit]
	return time.Duration(n) * scale
}

// Active reports whether any statement may be logged, so that the caller can
// skip measuring and keeping texts.
func (l *StatementLog) Active() bool {
	return l.Statement != StatementNone || l.MinDuration >= 0 || l.Duration
}

// Before logs a statement about to run if log_statement asks for it, and reports
// whether it did. phase is "statement", "execute <unnamed>" and the like.
func (l *StatementLog) Before(log *slog.Logger, phase, sql string) bool {
	if l.Statement == StatementNone || l.Statement < kindOf(sql) {
		return false
	}
	log.Log(context.Background(), LevelLog, phase+": "+sql)
	return true
}

// After logs a statement's duration if the settings ask for it; logged is what
// Before returned.
func (l *StatementLog) After(log *slog.Logger, phase, sql string, took time.Duration, logged bool) {
	over := l.MinDuration >= 0 && took >= l.MinDuration
	if !over && !l.Duration {
		return
	}
	text := fmt.Sprintf("duration: %.3f ms", float64(took)/float64(time.Millisecond))
	if over && !logged {
		text += "  " + phase + ": " + sql
	}
	log.Log(context.Background(), LevelLog, text)
}

// kindOf tells by the first word of each statement which value of log_statement
// is the least that logs it. A WITH that writes counts as a query, which
// PostgreSQL would know better.
func kindOf(sql string) StatementKinds {
	least := StatementAll
	for _, part := range strings.Split(sql, ";") {
		switch firstWord(part) {
		case "create", "alter", "drop", "grant", "revoke", "comment", "reindex", "security", "import", "reassign", "refresh":
			least = min(least, StatementDDL)
		case "insert", "update", "delete", "truncate", "merge", "copy":
			least = min(least, StatementMod)
		}
	}
	return least
}

// firstWord returns the first word in lower case, behind blanks and comments.
func firstWord(s string) string {
	for {
		s = strings.TrimLeft(s, " \t\r\n\f\v(")
		switch {
		case strings.HasPrefix(s, "--"):
			_, s, _ = strings.Cut(s, "\n")
		case strings.HasPrefix(s, "/*"):
			_, s, _ = strings.Cut(s, "*/")
		default:
			end := 0
			for end < len(s) && (s[end]|0x20 >= 'a' && s[end]|0x20 <= 'z') {
				end++
			}
			return strings.ToLower(s[:end])
		}
	}
}
