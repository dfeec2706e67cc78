package clock

import (
	"sync"
	"time"
)

// Clock tells the time in microseconds since the Unix epoch. Readings of one
// Clock never decrease. Implementations are safe for concurrent use.
type Clock interface {
	Now() int64
}

// Waller is a Clock that can also tell what the wall clock says, unsmoothed.
// The store records it beside each commit.
type Waller interface {
	Wall() int64
}

// resyncEvery is how often System compares itself with the wall clock.
const resyncEvery = 250 * time.Millisecond

// System is the machine's clock, smoothed. It advances with the monotonic clock. When the
// wall clock is ahead (set forward, or the machine slept) it jumps to it; when
// the wall clock is behind, it runs at half speed until they meet again.
type System struct {
	read func() (mono time.Duration, wall int64)

	mu       sync.Mutex
	base     int64         // reading at the last comparison, microseconds
	baseMono time.Duration // monotonic time of the last comparison
	slow     bool          // ahead of the wall clock: run at half speed
	last     int64
}

// NewSystem returns a clock that starts at the present wall time.
func NewSystem() *System {
	start := time.Now() // carries the monotonic reading all elapsed times refer to
	return NewSource(func() (time.Duration, int64) {
		now := time.Now()
		return now.Sub(start), now.UnixMicro()
	})
}

// NewSource returns a System over other clocks than the machine's. read returns the
// monotonic time, which never decreases, and the wall clock in microseconds, which
// may do anything; it must be safe for concurrent use.
func NewSource(read func() (mono time.Duration, wall int64)) *System {
	mono, wall := read()
	return &System{read: read, base: wall, baseMono: mono, last: wall}
}

// Wall returns the wall clock as the operating system gives it.
func (s *System) Wall() int64 {
	_, wall := s.read()
	return wall
}

// Now returns the smoothed time.
func (s *System) Now() int64 {
	mono, wall := s.read()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.advance(mono, wall)
}

// advance computes the reading for a monotonic and a wall time. s.mu is held.
func (s *System) advance(mono time.Duration, wall int64) int64 {
	elapsed := (mono - s.baseMono).Microseconds()
	step := elapsed
	if s.slow {
		step = elapsed / 2
	}
	t := s.base + step
	if elapsed >= resyncEvery.Microseconds() {
		if wall > t {
			t = wall
		}
		s.base, s.baseMono = t, mono
		s.slow = t > wall
	}
	if t < s.last {
		t = s.last
	}
	s.last = t
	return t
}

// Manual is a clock that moves only when told to, for tests. It may be set back,
// which models a wall clock changed between two starts of the process.
type Manual struct {
	mu  sync.Mutex
	now int64
}

// NewManual returns a Manual clock at the given time.
func NewManual(micros int64) *Manual { return &Manual{now: micros} }

// Now returns the time last set.
func (m *Manual) Now() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Set moves the clock to the given time, forward or back.
func (m *Manual) Set(micros int64) {
	m.mu.Lock()
	m.now = micros
	m.mu.Unlock()
}

// Advance moves the clock forward.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	m.now += d.Microseconds()
	m.mu.Unlock()
}
