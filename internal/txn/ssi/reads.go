package ssi

import (
	"slices"

	"github.com/tidwall/btree"

	"github.com/driftdb/driftdb/internal/store"
)

// space is what is known of one storage.
type space struct {
	points map[string][]*Xact         // who read a key
	ranges []span                     // who read a range
	whole  []*Xact                    // who read all of it
	writes btree.Map[string, []*Xact] // who wrote a key
	all    []*Xact                    // who ended the storage
	// oldMade is the last commit that one of those wrote here that Manager.old
	// stands for.
	oldMade store.Seq
}

// span is a range of keys that was read, lower <= key < upper; to is false when it
// has no upper end.
type span struct {
	x            *Xact
	lower, upper string
	to           bool
}

func (s *span) holds(key []byte) bool {
	return string(key) >= s.lower && (!s.to || string(key) < s.upper)
}

// reads is what one transaction read of a storage, writes what it wrote.
type reads struct {
	points map[string]struct{}
	ranges int
	whole  bool
}

type writes struct {
	keys map[string]struct{}
	all  bool
}

// space returns what is known of a storage, making it.
func (m *Manager) space(id store.StorageID) *space {
	s := m.spaces[id]
	if s == nil {
		s = &space{}
		if m.spaces == nil {
			m.spaces = make(map[store.StorageID]*space)
		}
		m.spaces[id] = s
	}
	return s
}

// drop forgets a storage of which nothing is known.
func (m *Manager) drop(id store.StorageID, s *space) {
	if len(s.points) == 0 && len(s.ranges) == 0 && len(s.whole) == 0 && len(s.all) == 0 && s.writes.Len() == 0 && s.oldMade == 0 {
		delete(m.spaces, id)
	}
}

func (x *Xact) readsOf(id store.StorageID) *reads {
	r := x.reads[id]
	if r == nil {
		if x.reads == nil {
			x.reads = make(map[store.StorageID]*reads)
		}
		r = &reads{}
		x.reads[id] = r
	}
	return r
}

// Read registers that a key is about to be read, whether there is anything or not.
func (x *Xact) Read(id store.StorageID, key []byte) error {
	if x.free.Load() {
		return nil
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if err := x.mayRead(); err != nil {
		return err
	}
	r, s := x.readsOf(id), x.m.space(id)
	if _, again := r.points[string(key)]; again || r.whole {
		return nil
	}
	if len(r.points) >= x.m.Limits.points() {
		return x.promote(id, s)
	}
	k := string(key)
	if r.points == nil {
		r.points = make(map[string]struct{})
	}
	r.points[k] = struct{}{}
	if s.points == nil {
		s.points = make(map[string][]*Xact)
	}
	s.points[k] = append(s.points[k], x)
	if err := x.beforeAll(s); err != nil {
		return err
	}
	list, _ := s.writes.Get(k)
	return x.before(list)
}

// ReadRange registers that the keys lower <= key < upper are about to be read; nil
// bounds are open.
func (x *Xact) ReadRange(id store.StorageID, lower, upper []byte) error {
	if x.free.Load() {
		return nil
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if err := x.mayRead(); err != nil {
		return err
	}
	r, s := x.readsOf(id), x.m.space(id)
	if r.whole {
		return nil
	}
	if len(lower) == 0 && upper == nil || r.ranges >= x.m.Limits.ranges() {
		return x.promote(id, s)
	}
	sp := span{x: x, lower: string(lower), upper: string(upper), to: upper != nil}
	r.ranges++
	s.ranges = append(s.ranges, sp)
	if err := x.beforeAll(s); err != nil {
		return err
	}
	var err error
	s.writes.Ascend(sp.lower, func(k string, list []*Xact) bool {
		if sp.to && k >= sp.upper {
			return false
		}
		err = x.before(list)
		return err == nil
	})
	return err
}

// promote registers a whole storage in place of its parts.
func (x *Xact) promote(id store.StorageID, s *space) error {
	x.readWhole(id, s)
	if err := x.beforeAll(s); err != nil {
		return err
	}
	var err error
	s.writes.Scan(func(_ string, list []*Xact) bool {
		err = x.before(list)
		return err == nil
	})
	return err
}

func (x *Xact) readWhole(id store.StorageID, s *space) {
	r := x.readsOf(id)
	if r.whole {
		return
	}
	x.dropReads(r, s)
	r.whole = true
	s.whole = append(s.whole, x)
}

func (x *Xact) mayRead() error {
	if x.doomed {
		return failure("identification as a pivot, during conflict out checking")
	}
	return nil
}

// before notes that x, reading, does not see what these wrote.
func (x *Xact) before(list []*Xact) error {
	for _, w := range list {
		if !w.active() && w.made <= x.snap {
			continue
		}
		if err := x.conflict(x, w); err != nil {
			return err
		}
	}
	return nil
}

// beforeAll is before for those who wrote the storage as a whole.
func (x *Xact) beforeAll(s *space) error {
	if s.oldMade > x.snap {
		if err := x.conflict(x, x.m.old); err != nil {
			return err
		}
	}
	return x.before(s.all)
}

// Write registers that a key is about to be written.
func (x *Xact) Write(id store.StorageID, key []byte) error {
	if x.free.Load() {
		return nil
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if x.doomed {
		return failure("identification as a pivot, during conflict in checking")
	}
	w := x.writesOf(id)
	if _, again := w.keys[string(key)]; again || w.all {
		return nil
	}
	s, k := x.m.space(id), string(key)
	if w.keys == nil {
		w.keys = make(map[string]struct{})
	}
	w.keys[k] = struct{}{}
	list, _ := s.writes.Get(k)
	s.writes.Set(k, append(slices.Clip(list), x))
	if err := x.after(s.points[k]); err != nil {
		return err
	}
	for i := range s.ranges {
		if r := &s.ranges[i]; r.x != x && r.holds(key) {
			if err := x.afterOne(r.x); err != nil {
				return err
			}
		}
	}
	return x.after(s.whole)
}

// WriteAll registers that a storage is about to end.
func (x *Xact) WriteAll(id store.StorageID) error {
	if x.free.Load() {
		return nil
	}
	x.m.mu.Lock()
	defer x.m.mu.Unlock()
	if x.doomed {
		return failure("identification as a pivot, during conflict in checking")
	}
	w, s := x.writesOf(id), x.m.space(id)
	if w.all {
		return nil
	}
	w.all = true
	s.all = append(s.all, x)
	for _, list := range s.points {
		if err := x.after(list); err != nil {
			return err
		}
	}
	for i := range s.ranges {
		if err := x.afterOne(s.ranges[i].x); err != nil {
			return err
		}
	}
	return x.after(s.whole)
}

func (x *Xact) writesOf(id store.StorageID) *writes {
	w := x.writes[id]
	if w == nil {
		if x.writes == nil {
			x.writes = make(map[store.StorageID]*writes)
		}
		w = &writes{}
		x.writes[id] = w
	}
	return w
}

// after notes that x overwrites what these read.
func (x *Xact) after(list []*Xact) error {
	for _, r := range list {
		if err := x.afterOne(r); err != nil {
			return err
		}
	}
	return nil
}

func (x *Xact) afterOne(r *Xact) error {
	if !r.active() && r.ended < x.begun {
		return nil
	}
	return x.conflict(r, x)
}

func (x *Xact) forgetReads() {
	for id, r := range x.reads {
		s := x.m.space(id)
		x.dropReads(r, s)
		if r.whole {
			s.whole = without(s.whole, x)
		}
		x.m.drop(id, s)
	}
	x.reads = nil
}

// dropReads removes the keys and ranges of a storage.
func (x *Xact) dropReads(r *reads, s *space) {
	for k := range r.points {
		if list := without(s.points[k], x); len(list) > 0 {
			s.points[k] = list
		} else {
			delete(s.points, k)
		}
	}
	if r.ranges > 0 {
		s.ranges = slices.DeleteFunc(s.ranges, func(sp span) bool { return sp.x == x })
	}
	r.points, r.ranges = nil, 0
}

func (x *Xact) forgetWrites() {
	for id, w := range x.writes {
		s := x.m.space(id)
		for k := range w.keys {
			list, _ := s.writes.Get(k)
			if list = without(slices.Clone(list), x); len(list) > 0 {
				s.writes.Set(k, list)
			} else {
				s.writes.Delete(k)
			}
		}
		if w.all {
			s.all = without(s.all, x)
		}
		x.m.drop(id, s)
	}
	x.writes = nil
}

func without(list []*Xact, x *Xact) []*Xact {
	return slices.DeleteFunc(list, func(y *Xact) bool { return y == x })
}

// Held is something that a transaction has read, for lists of locks.
type Held struct {
	Storage store.StorageID
	Key     []byte // nil for more than one key
	Whole   bool
}

// List calls yield with what every transaction has read that is still kept.
func (m *Manager) List(yield func(label any, h Held)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, s := range m.spaces {
		for k, list := range s.points {
			for _, x := range list {
				yield(x.label, Held{Storage: id, Key: []byte(k)})
			}
		}
		for i := range s.ranges {
			yield(s.ranges[i].x.label, Held{Storage: id})
		}
		for _, x := range s.whole {
			if x.label != nil {
				yield(x.label, Held{Storage: id, Whole: true})
			}
		}
	}
}
