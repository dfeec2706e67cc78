package store

import (
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// engineLogger passes the engine's messages on. The engine calls Fatalf when the
// log cannot be written; the store then stops for good.
type engineLogger struct {
	log   *slog.Logger
	fatal func(error)
}

func (l *engineLogger) Infof(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...))
}

func (l *engineLogger) Errorf(format string, args ...any) {
	l.log.Error(fmt.Sprintf(format, args...))
}

func (l *engineLogger) Fatalf(format string, args ...any) {
	l.fatal(fmt.Errorf(format, args...))
}

// listener reports what an operator should know.
func (l *engineLogger) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) { l.log.Error("background work of the store failed", "error", err) },
		DiskSlow:        func(i pebble.DiskSlowInfo) { l.log.Warn("slow disk", "event", i.String()) },
		WriteStallBegin: func(i pebble.WriteStallBeginInfo) { l.log.Warn("writes wait", "reason", i.Reason) },
		WriteStallEnd:   func() { l.log.Info("writes go on") },
		DataCorruption: func(i pebble.DataCorruptionInfo) {
			l.log.Error("damaged file", "path", i.Path, "details", i.String())
		},
	}
}
