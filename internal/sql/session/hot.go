package session

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/obs"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/opt"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
)

// hotSettings are the settings that every statement reads, looked up once per
// change of any setting.
type hotSettings struct {
	generation       uint64
	valid            bool
	readOnly         bool
	isolation        string
	deferrable       bool
	async            bool
	asOf             string
	statementTimeout time.Duration
	lockTimeout      time.Duration
	deadlockTimeout  time.Duration
	memory           int64
	workMem, hashMem int64
	logTemp          int64 // log_temp_files: bytes from which on a file is logged, -1 for none
	path             exec.Path
	segments         table.SegmentMode
	planner          opt.Settings
	backslash        bool // standard_conforming_strings is off
	planCache        bool // drift.plan_cache is not off
	planFirst        bool // it is "first"
	// planKey is what a plan depends on: equal keys, equal plans.
	planKey string
}

// hot returns the settings as they are now.
func (s *Session) hot() *hotSettings {
	if g := s.cfg.Generation(); !s.settings.valid || s.settings.generation != g {
		s.readHot(g)
	}
	return &s.settings
}

func (s *Session) readHot(generation uint64) {
	h := hotSettings{
		generation: generation, valid: true,
		readOnly:         s.cfg.Bool("default_transaction_read_only"),
		isolation:        s.cfg.Text("default_transaction_isolation"),
		deferrable:       s.cfg.Bool("default_transaction_deferrable"),
		async:            s.cfg.Text("synchronous_commit") == "off",
		statementTimeout: milliseconds(s.cfg.Int("statement_timeout")),
		lockTimeout:      milliseconds(s.cfg.Int("lock_timeout")),
		deadlockTimeout:  milliseconds(s.cfg.Int("deadlock_timeout")),
		memory:           s.cfg.Int("drift.statement_memory") * 1024,
		workMem:          s.cfg.Int("work_mem") * 1024,
		hashMem:          int64(s.cfg.Float("hash_mem_multiplier") * float64(s.cfg.Int("work_mem")) * 1024),
		logTemp:          max(s.cfg.Int("log_temp_files")*1024, -1),
		planner: opt.Settings{
			NoHashJoin: !s.cfg.Bool("enable_hashjoin"), NoMergeJoin: !s.cfg.Bool("enable_mergejoin"),
			NoNestLoop: !s.cfg.Bool("enable_nestloop"), NoIndexScan: !s.cfg.Bool("enable_indexscan"),
			NoSeqScan: !s.cfg.Bool("enable_seqscan"), NoHashAgg: !s.cfg.Bool("enable_hashagg"), NoSort: !s.cfg.Bool("enable_sort"),
		},
	}
	h.backslash = !s.cfg.Bool("standard_conforming_strings")
	h.asOf, _ = s.cfg.Get("drift.as_of")
	switch v, _ := s.cfg.Get("drift.force_path"); v {
	case "batch":
		h.path = exec.PathBatch
	case "short":
		h.path = exec.PathShort
	}
	switch v, _ := s.cfg.Get("drift.segments"); v {
	case "off":
		h.segments = table.SegmentsOff
	case "force":
		h.segments = table.SegmentsForced
	}
	for _, name := range []string{
		"search_path", "role", "session_authorization", "standard_conforming_strings", "TimeZone", "DateStyle", "IntervalStyle", "bytea_output", "extra_float_digits",
		"enable_hashjoin", "enable_mergejoin", "enable_nestloop", "enable_indexscan", "enable_seqscan", "enable_hashagg", "enable_sort",
	} {
		h.planKey += s.cfg.Text(name) + "\x00"
	}
	cache := s.cfg.Text("drift.plan_cache")
	h.planCache, h.planFirst = cache != "off", cache == "first"
	s.settings = h
	if limit := s.cfg.Int("drift.server_memory") * 1024; limit > 0 {
		s.srv.Memory.SetLimit(limit)
	} else {
		s.srv.Memory.SetLimit(halfOfMemory())
	}
	s.srv.plans.setLimit(s.cfg.Int("drift.plan_cache_size") * 1024)
	s.srv.Segments.SetSpace(s.cfg.Int("drift.segment_space") << 20)
	if s.temp != nil {
		s.temp.SetLimit(max(s.cfg.Int("temp_file_limit")*1024, -1))
	}
}

// halfOfMemory is what statements may hold when drift.server_memory does not say.
var halfOfMemory = sync.OnceValue(func() int64 { return store.MemoryLimit() / 2 })

// logTempFile logs a temporary file that was removed, if log_temp_files asks for it.
func (s *Session) logTempFile(path string, size int64) {
	if limit := s.settings.logTemp; limit >= 0 && size >= limit && s.srv.Log != nil {
		s.srv.Log.Log(context.Background(), obs.LevelLog, fmt.Sprintf("temporary file: path %q, size %d", path, size))
	}
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// formats are the session's output settings with names resolved in its catalog.
// They are made once per change of settings; the time in them, which only input
// reads, is the transaction's.
func (s *Session) formats() *pgfmt.Settings {
	base := s.cfg.Formats()
	if s.formatsMade == nil || s.formatsBase != base {
		f := *base
		f.Names = s
		s.formatsMade, s.formatsBase = &f, base
	}
	s.formatsMade.Now = s.txnTime
	return s.formatsMade
}
