package clock

import (
	"testing"
	"time"
)

// machine is a System over clocks that the test sets.
type machine struct {
	*System
	mono, off time.Duration // how far the wall clock is off
}

const epoch = 1_700_000_000_000_000

func newMachine() *machine {
	m := &machine{}
	m.System = NewSource(func() (time.Duration, int64) { return m.mono, epoch + (m.mono + m.off).Microseconds() })
	return m
}

// at runs the clock to a monotonic time with a wall clock that differs from it.
func (m *machine) at(mono, off time.Duration) int64 {
	m.mono, m.off = mono, off
	return m.Now()
}

func TestFollowsTheMonotonicClock(t *testing.T) {
	s := newMachine()
	t0 := s.at(0, 0)
	for d := time.Duration(0); d < 2*time.Second; d += 10 * time.Millisecond {
		if got := s.at(d, 0) - t0; got != d.Microseconds() {
			t.Fatalf("after %v the clock moved %d us", d, got)
		}
	}
}

func TestWallSetForwardIsFollowed(t *testing.T) {
	s := newMachine()
	t0 := s.at(0, 0)
	if got := s.at(time.Second, time.Hour) - t0; got != (time.Hour + time.Second).Microseconds() {
		t.Fatalf("moved %d us", got)
	}
}

// Set back, the wall clock is met again by running at half speed, never by
// stepping back.
func TestWallSetBackIsSlewed(t *testing.T) {
	s := newMachine()
	last := s.at(0, 0)
	const back = -2 * time.Second
	met := time.Duration(0)
	for d := time.Duration(0); d < 10*time.Second; d += 50 * time.Millisecond {
		now := s.at(d, back)
		if now < last {
			t.Fatalf("after %v the clock went back by %d us", d, last-now)
		}
		last = now
		if now <= s.Wall() && met == 0 {
			met = d
		}
	}
	if met < 3*time.Second || met > 5*time.Second {
		t.Fatalf("the clocks met after %v, want about 4s", met)
	}
}

func TestManual(t *testing.T) {
	m := NewManual(10)
	m.Advance(time.Millisecond)
	if m.Now() != 1010 {
		t.Fatal(m.Now())
	}
	m.Set(5)
	if m.Now() != 5 {
		t.Fatal(m.Now())
	}
}
