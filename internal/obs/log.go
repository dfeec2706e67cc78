package obs

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// The levels of PostgreSQL's log, least severe first. LOG stands between error
// and fatal as log_min_messages orders them.
const (
	LevelDebug5  = slog.Level(-12)
	LevelDebug4  = slog.Level(-10)
	LevelDebug3  = slog.Level(-8)
	LevelDebug2  = slog.Level(-6)
	LevelDebug1  = slog.LevelDebug
	LevelInfo    = slog.LevelInfo
	LevelNotice  = slog.Level(2)
	LevelWarning = slog.LevelWarn
	LevelError   = slog.LevelError
	LevelLog     = slog.Level(10)
	LevelFatal   = slog.Level(12)
	LevelPanic   = slog.Level(14)
)

var levelNames = []struct {
	level slog.Level
	name  string
}{
	{LevelPanic, "PANIC"}, {LevelFatal, "FATAL"}, {LevelLog, "LOG"}, {LevelError, "ERROR"}, {LevelWarning, "WARNING"},
	{LevelNotice, "NOTICE"}, {LevelInfo, "INFO"}, {LevelDebug1, "DEBUG1"}, {LevelDebug2, "DEBUG2"}, {LevelDebug3, "DEBUG3"},
	{LevelDebug4, "DEBUG4"}, {LevelDebug5, "DEBUG5"},
}

// LevelName returns the level as the log prints it ("WARNING").
func LevelName(l slog.Level) string {
	for _, n := range levelNames {
		if l >= n.level {
			return n.name
		}
	}
	return "DEBUG5"
}

// ParseLevel reads a log_min_messages value ("debug" is debug2, as in PostgreSQL).
func ParseLevel(s string) (slog.Level, bool) {
	if strings.EqualFold(s, "debug") {
		return LevelDebug2, true
	}
	for _, n := range levelNames {
		if strings.EqualFold(s, n.name) {
			return n.level, true
		}
	}
	return 0, false
}

// SeverityLevel returns the level of an error's severity ("ERROR", "FATAL", ...).
func SeverityLevel(severity string) slog.Level {
	if l, ok := ParseLevel(severity); ok {
		return l
	}
	return LevelError
}

// Keys of attributes that become parts of a line, or lines of their own.
const (
	KeyPID       = "pid"
	KeyUser      = "user"
	KeyDatabase  = "database"
	KeyState     = "sqlstate"
	KeyDetail    = "detail"
	KeyHint      = "hint"
	KeyStatement = "statement"
)

// Handler writes one log entry per record:
//
//	2026-01-02 03:04:05.678 UTC [42] ada@shop ERROR:  22012: division by zero
//	2026-01-02 03:04:05.678 UTC [42] ada@shop STATEMENT:  select 1/0
//
// or, when JSON, one object per line. Unknown attributes follow the message as
// key=value. It is safe for concurrent use.
type Handler struct {
	mu    *sync.Mutex
	w     io.Writer
	level *slog.LevelVar
	json  bool
	attrs []slog.Attr
}

// NewHandler returns a handler that writes to w what is at or above level, which
// may be changed later.
func NewHandler(w io.Writer, level *slog.LevelVar, jsonLines bool) *Handler {
	return &Handler{mu: &sync.Mutex{}, w: w, level: level, json: jsonLines}
}

// Discard returns a logger that drops everything.
func Discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// Enabled implements slog.Handler.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append(append([]slog.Attr(nil), h.attrs...), attrs...)
	return &c
}

// WithGroup implements slog.Handler; groups have no place in this format.
func (h *Handler) WithGroup(string) slog.Handler { return h }

// Handle implements slog.Handler.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	fields := map[string]string{}
	var rest []slog.Attr
	add := func(a slog.Attr) bool {
		switch a.Key {
		case KeyPID, KeyUser, KeyDatabase, KeyState, KeyDetail, KeyHint, KeyStatement:
			fields[a.Key] = a.Value.String()
		default:
			rest = append(rest, a)
		}
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	var out []byte
	if h.json {
		out = jsonLine(r, fields, rest)
	} else {
		out = textLines(r, fields, rest)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.w.Write(out)
	return err
}

func textLines(r slog.Record, fields map[string]string, rest []slog.Attr) []byte {
	var b strings.Builder
	prefix := r.Time.UTC().Format("2006-01-02 15:04:05.000 UTC") + " [" + orDash(fields[KeyPID]) + "] "
	if fields[KeyUser] != "" {
		prefix += fields[KeyUser] + "@" + fields[KeyDatabase] + " "
	}
	message := r.Message
	for _, a := range rest {
		message += " " + a.Key + "=" + a.Value.String()
	}
	line := func(label, text string) {
		b.WriteString(prefix + label + ":  " + strings.ReplaceAll(text, "\n", "\n\t") + "\n")
	}
	if state := fields[KeyState]; state != "" {
		message = state + ": " + message
	}
	line(LevelName(r.Level), message)
	for _, extra := range []struct{ key, label string }{{KeyDetail, "DETAIL"}, {KeyHint, "HINT"}, {KeyStatement, "STATEMENT"}} {
		if text := fields[extra.key]; text != "" {
			line(extra.label, text)
		}
	}
	return []byte(b.String())
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func jsonLine(r slog.Record, fields map[string]string, rest []slog.Attr) []byte {
	m := map[string]any{"time": r.Time.UTC().Format(time.RFC3339Nano), "level": LevelName(r.Level), "message": r.Message}
	for k, v := range fields {
		m[k] = v
	}
	for _, a := range rest {
		m[a.Key] = a.Value.String()
	}
	out, err := json.Marshal(m)
	if err != nil { // strings only: cannot happen
		out = fmt.Appendf(nil, "%q", r.Message)
	}
	return append(out, '\n')
}
