package config

import (
	"sync/atomic"
)

// Source tells where a value came from; a later one wins over an earlier one
// when a session starts. The order is PostgreSQL's.
type Source uint8

// The sources of values.
const (
	SourceDefault Source = iota
	SourceFile
	SourceCommandLine
	SourceDatabase     // ALTER DATABASE ... SET
	SourceUser         // ALTER ROLE ... SET
	SourceDatabaseUser // ALTER ROLE ... IN DATABASE ... SET
	SourceClient       // the start-up packet, options=-c included
	SourceOverride
	SourceSession // SET
)

func (s Source) String() string {
	return [...]string{"default", "configuration file", "command line", "database", "user", "database user", "client", "override", "session"}[s]
}

// Defaults are the server's values, which every new session starts from. A set
// of values is immutable once published, so sessions that run keep theirs. Safe
// for concurrent use.
type Defaults struct {
	current atomic.Pointer[defaultValues]
}

type defaultValues struct {
	values  []*value // by Setting.index
	sources []Source
}

// NewDefaults returns the built-in defaults.
func NewDefaults() *Defaults {
	d := &Defaults{}
	d.current.Store(&defaultValues{values: known().boot, sources: make([]Source, len(known().settings))})
	return d
}

// Set changes a server value, whatever its context; sessions that start later
// see it. The error is PostgreSQL's (42704, 22023).
func (d *Defaults) Set(name, text string, source Source) error {
	s := Lookup(name)
	if s == nil {
		return unrecognized(name)
	}
	v, err := s.parse(text)
	if err != nil {
		return err
	}
	for {
		old := d.current.Load()
		if source < old.sources[s.index] {
			return nil
		}
		next := &defaultValues{values: append([]*value(nil), old.values...), sources: append([]Source(nil), old.sources...)}
		next.values[s.index], next.sources[s.index] = v, source
		if d.current.CompareAndSwap(old, next) {
			return nil
		}
	}
}

// Get returns a server value as SHOW prints it, "" when there is no such setting.
func (d *Defaults) Get(name string) string {
	s := Lookup(name)
	if s == nil {
		return ""
	}
	return s.show(d.current.Load().values[s.index])
}

// Int returns a numeric server value in its base unit; a bool is 0 or 1.
func (d *Defaults) Int(name string) int64 {
	s := Lookup(name)
	if s == nil {
		return 0
	}
	return int64(d.current.Load().values[s.index].num)
}
