package segment

// Goal: a segment gives at every commit of its range what the store gives row by
// row: same keys, same columns, in order. Method: random histories with keys that
// come and go and change, several layouts, NULLs and every kind of column; segments
// of tiny blocks made at random moments while the history grows; then each commit is
// read both ways, whole and by spans. The database is opened again in between, and
// files are damaged, cut and exchanged.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/store/storetest"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

const (
	testTable   = 7
	testStorage = store.StorageID(100)
)

// world is a database with one storage and what the test knows of it.
type world struct {
	t       *testing.T
	rng     *rand.Rand
	fs      store.FS
	db      *store.DB
	m       *Manager
	layouts []Layout
	live    map[string]store.Version
	commits int
}

func attribute(att int16, oid types.OID) Column { return Column{att, oid} }

// testLayouts are the layouts of a storage: a column comes, one changes its type,
// one goes.
func testLayouts() []Layout {
	make := func(version uint16, cols ...Column) Layout {
		list := []types.T{}
		for _, c := range cols {
			list = append(list, types.Of(c.Type))
		}
		return Layout{rowenc.NewLayout(version, list), cols}
	}
	return []Layout{
		make(1, attribute(1, types.Int4), attribute(2, types.Text), attribute(3, types.Numeric)),
		make(2, attribute(1, types.Int4), attribute(2, types.Text), attribute(3, types.Numeric), attribute(4, types.Float8), attribute(5, types.Bool)),
		make(3, attribute(1, types.Int8), attribute(2, types.VarChar), attribute(3, types.Numeric), attribute(4, types.Float8), attribute(6, types.Interval),
			attribute(7, types.TimestampTZ), attribute(8, types.UUID)),
	}
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, rng: rand.New(rand.NewPCG(seed, 1)), fs: store.MemFS(), layouts: testLayouts(), live: map[string]store.Version{},
	}
	w.open()
	t.Cleanup(func() {
		w.m.Close()
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.db, err = store.Open("db", store.Options{FS: w.fs, BallastBytes: -1, CacheBytes: 8 << 20, MemTableBytes: 1 << 20}); err != nil {
		w.t.Fatal(err)
	}
	if w.m, err = NewManager(w.db, Options{FS: w.fs, Dir: "db"}); err != nil {
		w.t.Fatal(err)
	}
	w.m.blockRows, w.m.least = 1+w.rng.IntN(20), 1+w.rng.IntN(60)
}

func (w *world) reopen() {
	w.m.Close()
	if err := w.db.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

// value makes a value of a type: few different ones, NULL now and then.
func (w *world) value(oid types.OID) datum.Datum {
	n := w.rng.Int64N(5)
	if w.rng.IntN(6) == 0 {
		return datum.Datum{}
	}
	switch datum.KindOf(oid) {
	case datum.Int:
		return datum.NewInt(n * []int64{1, 100, 100_000, -7}[w.rng.IntN(4)])
	case datum.Float:
		return datum.NewFloat(float64(n) / 3)
	case datum.Bool:
		return datum.NewBool(n > 2)
	case datum.TimestampTZ:
		return datum.NewTimestampTZ(n * 1e15)
	case datum.Numeric:
		if w.rng.IntN(20) == 0 {
			return datum.NewNumeric(n, 5)
		}
		return datum.NewNumeric(n*1000, 2)
	case datum.Interval:
		return datum.NewInterval(datum.IntervalValue{Months: int32(n), Micros: n})
	case datum.UUID:
		return datum.NewUUID(strings.Repeat(string(rune('a'+n)), 16))
	}
	if n == 0 {
		return datum.NewText("")
	}
	return datum.NewText(strings.Repeat("x", int(n)*w.rng.IntN(40)) + fmt.Sprint(n))
}

func (w *world) tuple() []byte {
	// Later layouts come later, but old ones do not end at once.
	l := w.layouts[min(w.rng.IntN(1+w.commits/40), len(w.layouts)-1)]
	var row []datum.Datum
	for _, c := range l.Columns {
		row = append(row, w.value(c.Type))
	}
	b, err := l.Encode(nil, row)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// commit changes some random keys; one in ten touches another table only.
func (w *world) commit(keys, changes int) {
	w.t.Helper()
	b := w.db.NewBatch()
	type change struct {
		key   string
		tuple []byte
	}
	var done []change
	if w.rng.IntN(10) == 0 {
		b.Put(testStorage+1, fmt.Appendf(nil, "other %d", w.commits), []byte("x"))
		b.Change(testTable+1, testStorage+1, store.OpInsert, fmt.Appendf(nil, "other %d", w.commits), nil, nil, []byte("x"))
		changes = 0
	}
	for range changes {
		key := fmt.Sprintf("k%03d", w.rng.IntN(keys))
		if slices.ContainsFunc(done, func(c change) bool { return c.key == key }) {
			continue
		}
		old, alive := w.live[key]
		switch {
		case !alive:
			tuple := w.tuple()
			b.Put(testStorage, []byte(key), tuple)
			b.Change(testTable, testStorage, store.OpInsert, []byte(key), nil, nil, tuple)
			done = append(done, change{key, tuple})
		case w.rng.IntN(4) == 0:
			b.Delete(testStorage, []byte(key), old.Start, old.Tuple)
			b.Change(testTable, testStorage, store.OpDelete, []byte(key), nil, nil, nil)
			done = append(done, change{key, nil})
		default:
			tuple := w.tuple()
			b.Replace(testStorage, []byte(key), old.Start, old.Tuple, tuple)
			b.Change(testTable, testStorage, store.OpUpdate, []byte(key), nil, nil, tuple)
			done = append(done, change{key, tuple})
		}
	}
	seq, _, err := w.db.Commit(context.Background(), b)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range done {
		if delete(w.live, c.key); c.tuple != nil {
			w.live[c.key] = store.Version{Start: seq, Tuple: c.tuple}
		}
	}
	w.commits++
}

func (w *world) source() *Source {
	return &Source{ID: testStorage, Table: testTable, Layouts: w.layouts}
}

// known are the layouts whose tuples may be there as of a commit, as the catalog of
// that moment would have them.
func (w *world) known(at store.Seq) *Source {
	src := w.source()
	newest := 0
	v := w.db.View()
	defer v.Release()
	it := v.History(testStorage, nil, nil, 0, at+1)
	for it.Next() {
		if n, _ := rowenc.VersionOf(it.Tuple()); it.Start() <= at {
			newest = max(newest, int(n))
		}
	}
	if err := it.Close(); err != nil {
		w.t.Fatal(err)
	}
	src.Layouts = src.Layouts[:newest]
	return src
}

// row prints a version for comparing.
func (w *world) row(key []byte, start store.Seq, version uint16, get func(i int, c Column) datum.Datum) string {
	s := fmt.Sprintf("%s@%d v%d", key, start, version)
	for i, c := range w.layouts[version-1].Columns {
		d := get(i, c)
		if d.IsNull() {
			s += " NULL"
			continue
		}
		s += fmt.Sprintf(" %d:%x", d.Kind(), rowenc.AppendItem(nil, d))
	}
	return s
}

func (w *world) fromStore(at store.Seq, lower, upper []byte) (list []string) {
	v := w.db.View()
	defer v.Release()
	it := v.At(at).Scan(testStorage, lower, upper, store.ScanOptions{})
	for it.Next() {
		version, _ := rowenc.VersionOf(it.Tuple())
		var tup rowenc.Tuple
		if err := w.layouts[version-1].Open(&tup, it.Tuple()); err != nil {
			w.t.Fatal(err)
		}
		list = append(list, w.row(it.Key(), it.Start(), version, func(i int, _ Column) datum.Datum {
			d, err := tup.Column(i, nil)
			if err != nil {
				w.t.Fatal(err)
			}
			return d
		}))
	}
	if err := it.Close(); err != nil {
		w.t.Fatal(err)
	}
	return list
}

// fromSegment reads what is alive; what follows an error comes from the store.
func (w *world) fromSegment(s *Segment, at store.Seq, lower, upper []byte) (list []string) {
	var atts []int16
	for att := int16(1); att <= 8; att++ {
		atts = append(atts, att)
	}
	sc := s.Scan(ScanSpec{At: at, Lower: lower, Upper: upper, Columns: atts, Keys: true, Starts: true})
	for {
		limit := 1 + w.rng.IntN(30)
		n, err := sc.Next(limit)
		if err != nil {
			w.m.Damaged(s, err)
			return append(list, w.fromStore(at, sc.Resume(), upper)...)
		}
		if n == 0 {
			return list
		}
		if n > limit {
			w.t.Fatalf("%d rows for %d", n, limit)
		}
		version := s.LayoutVersion(sc.Layout())
		from := w.rng.IntN(5) // somewhere in the vector
		vecs := map[Column]*vec.Vec{}
		for i, c := range s.Columns() {
			if !slices.Contains(w.layouts[version-1].Columns, c) {
				continue
			}
			vecs[c] = vec.New(types.Of(c.Type), from+n)
			if err := sc.Read(i, vecs[c], from); err != nil {
				w.t.Fatal(err)
			}
		}
		for i := range n {
			list = append(list, w.row(sc.Key(i), sc.Start(i), version, func(_ int, c Column) datum.Datum { return vecs[c].Get(from + i) }))
		}
	}
}

// check compares every commit from first on, and returns how many of them a segment
// had.
func (w *world) check() (covered int) {
	w.t.Helper()
	for at := store.Seq(1); at <= w.db.LastSeq(); at++ {
		seg := w.m.Acquire(testStorage, at)
		if seg == nil {
			continue
		}
		covered++
		spans := [][2][]byte{{nil, nil}}
		for range 3 {
			a, b := fmt.Appendf(nil, "k%03d", w.rng.IntN(60)), fmt.Appendf(nil, "k%03d", w.rng.IntN(60))
			switch w.rng.IntN(3) {
			case 0:
				a = nil
			case 1:
				b = nil
			}
			spans = append(spans, [2][]byte{a, b})
		}
		for _, sp := range spans {
			if sp[0] != nil && sp[1] != nil && string(sp[0]) >= string(sp[1]) {
				continue
			}
			want, got := w.fromStore(at, sp[0], sp[1]), w.fromSegment(seg, at, sp[0], sp[1])
			if !slices.Equal(want, got) {
				from, to := seg.Range()
				w.t.Fatalf("as of commit %d, keys %s to %s, segment %d to %d:\nstore   %d rows\n%s\nsegment %d rows\n%s", at, sp[0], sp[1], from, to,
					len(want), strings.Join(want, "\n"), len(got), strings.Join(got, "\n"))
			}
		}
		seg.Release()
	}
	return covered
}

func TestSegmentsAgainstStore(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, seed)
			covered := 0
			for range 6 {
				for range 25 {
					w.commit(50, 1+w.rng.IntN(12))
				}
				for range 3 {
					at := 1 + store.Seq(w.rng.Int64N(int64(w.db.LastSeq())))
					if err := w.m.build(context.Background(), w.known(at), at, 0, false); err != nil {
						t.Fatal(err)
					}
					seg := w.m.Acquire(testStorage, at)
					if seg == nil {
						t.Fatalf("commit %d is in no segment", at)
					}
					seg.Release()
				}
				if w.rng.IntN(3) == 0 {
					w.reopen()
				}
				covered += w.check()
			}
			if covered < 30 {
				t.Errorf("segments covered %d commits only", covered)
			}
			if _, err := w.m.BuildAll(context.Background(), w.source()); err != nil {
				t.Fatal(err)
			}
			for at := store.Seq(1); at <= w.db.LastSeq(); at++ {
				seg := w.m.Acquire(testStorage, at)
				if seg == nil {
					if v := w.db.View(); v.At(at).IsPast(testStorage) && len(w.fromStore(at, nil, nil)) > 0 {
						t.Errorf("after BuildAll commit %d is in no segment", at)
						v.Release()
					} else {
						v.Release()
					}
					continue
				}
				seg.Release()
			}
			w.check()
		})
	}
}

// Commits go on while a segment is made.
func TestBuildWhileCommitting(t *testing.T) {
	w := newWorld(t, 99)
	w.m.least = 200
	for range 200 {
		w.commit(50, 8)
	}
	last := w.db.LastSeq()
	done := make(chan error, 1)
	go func() {
		var err error
		for at := last; at > 0 && err == nil; at -= min(at, 20) {
			err = w.m.build(context.Background(), w.source(), at, 40, true)
		}
		done <- err
	}()
	for building := true; building; {
		w.commit(50, 8)
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			building = false
		default:
		}
	}
	if w.check() < 100 {
		t.Error("too few commits are covered")
	}
}

// Scans ask for segments; their number of files is bounded by the space.
func TestDemandAndSpace(t *testing.T) {
	w := newWorld(t, 5)
	for range 100 {
		w.commit(50, 8)
	}
	w.m.steps = 1000
	for range 20 {
		w.m.Scanned(testStorage, 50, 100, 30, w.source)
	}
	wait(t, func() bool { n, _, _ := w.m.Usage(); return n == 1 })
	if w.check() == 0 {
		t.Error("nothing is covered")
	}
	if _, err := w.m.BuildAll(context.Background(), w.source()); err != nil {
		t.Fatal(err)
	}
	n, bytes, _ := w.m.Usage()
	if n < 2 {
		t.Fatalf("%d segments", n)
	}
	w.m.SetSpace(bytes - 1)
	if after, left, _ := w.m.Usage(); after != n-1 || left >= bytes {
		t.Errorf("%d of %d segments, %d of %d bytes left", after, n, left, bytes)
	}
	w.check()
	w.m.SetSpace(0)
	names, _ := w.fs.List("db/seg")
	if n, bytes, _ := w.m.Usage(); n != 0 || bytes != 0 || len(names) != 0 {
		t.Errorf("without space: %d segments, %d bytes, files %v", n, bytes, names)
	}
}

func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come")
		}
	}
}

// fill makes a table of some rows, all changed every few commits.
func (w *world) fill(rows, commits int) {
	w.t.Helper()
	for n := range commits {
		b := w.db.NewBatch()
		for i := n % 4; i < rows; i += 4 {
			key := fmt.Sprintf("k%03d", i)
			tuple, err := w.layouts[0].Encode(nil, []datum.Datum{datum.NewInt(int64(1000*i + n)), datum.NewText("t"), datum.NewNumeric(int64(i), 0)})
			if err != nil {
				w.t.Fatal(err)
			}
			if old, ok := w.live[key]; ok {
				b.Replace(testStorage, []byte(key), old.Start, old.Tuple, tuple)
			} else {
				b.Put(testStorage, []byte(key), tuple)
			}
			b.Change(testTable, testStorage, store.OpUpdate, []byte(key), nil, nil, tuple)
			w.live[key] = store.Version{Start: w.db.LastSeq() + 1, Tuple: tuple}
		}
		if _, _, err := w.db.Commit(context.Background(), b); err != nil {
			w.t.Fatal(err)
		}
	}
}

// Blocks whose values a condition rules out are left out, and no others: every row
// within the zone still comes.
func TestZones(t *testing.T) {
	w := newWorld(t, 1)
	w.m.blockRows, w.m.least = 10, 1000
	w.fill(200, 40)
	at := store.Seq(20)
	if err := w.m.Build(context.Background(), w.source(), at); err != nil {
		t.Fatal(err)
	}
	seg := w.m.Acquire(testStorage, at)
	defer seg.Release()
	read := func(zones ...Zone) (values []int64, st Stats) {
		sc := seg.Scan(ScanSpec{At: at, Columns: []int16{1}, Zones: zones})
		for {
			n, err := sc.Next(100)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				return values, sc.Stats
			}
			v := vec.New(types.Of(types.Int4), n)
			col := slices.Index(seg.Columns(), attribute(1, types.Int4))
			if err := sc.Read(col, v, 0); err != nil {
				t.Fatal(err)
			}
			values = append(values, v.Ints[:n]...)
		}
	}
	all, st := read()
	if len(all) != 200 || st.Left != 0 {
		t.Fatalf("%d rows, %+v", len(all), st)
	}
	for range 300 {
		lo := all[w.rng.IntN(len(all))] + int64(w.rng.IntN(3)-1)
		hi := max(lo, all[w.rng.IntN(len(all))]+int64(w.rng.IntN(3)-1))
		got, st := read(Zone{attribute(1, types.Int4), lo, hi})
		inside := func(list []int64) (out []int64) {
			for _, x := range list {
				if x >= lo && x <= hi {
					out = append(out, x)
				}
			}
			return out
		}
		if !slices.Equal(inside(got), inside(all)) {
			t.Fatalf("between %d and %d: %v, not %v", lo, hi, inside(got), inside(all))
		}
		if hi-lo < 100_000 && st.Left == 0 {
			t.Errorf("between %d and %d no block was left out", lo, hi)
		}
		if st.Alive+st.Skipped != int64(seg.Versions()) {
			t.Errorf("%d alive and %d skipped of %d versions", st.Alive, st.Skipped, seg.Versions())
		}
	}
	// The same number of another type is another column, which may have been converted.
	if got, _ := read(Zone{attribute(1, types.Int8), 1, 0}); len(got) != 200 {
		t.Errorf("%d rows", len(got))
	}
}

// Every byte of a file is covered: whichever is changed, and wherever it is cut, the
// answers stay, and the file goes when it is met.
func TestDamage(t *testing.T) {
	w := newWorld(t, 8)
	w.m.blockRows, w.m.least = 10, 150
	w.fill(60, 30)
	for round := range 30 {
		if _, err := w.m.BuildAll(context.Background(), w.source()); err != nil {
			t.Fatal(err)
		}
		names, err := w.fs.List("db/seg")
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		name := w.fs.PathJoin("db/seg", names[w.rng.IntN(len(names))])
		b := readFile(t, w.fs, name)
		if round%3 == 0 {
			b = b[:w.rng.IntN(len(b))]
		} else {
			b[w.rng.IntN(len(b))] ^= 1 << w.rng.IntN(8)
		}
		if round%2 == 0 { // else it is met while it is open
			w.reopen()
			w.m.blockRows, w.m.least = 10, 150
		}
		writeFile(t, w.fs, name, b)
		found := 0
		if err := Check(context.Background(), w.db, w.fs, "db", func(string, string) { found++ }); err != nil || found == 0 {
			t.Fatalf("round %d: Check found %d faults, %v", round, found, err)
		}
		w.check()
		w.m.SetSpace(0)
		w.m.SetSpace(defaultSpace)
	}
}

// A segment of commits that a crash lost is not of this history, though the numbers
// are used again.
func TestLostCommits(t *testing.T) {
	w := newWorld(t, 3)
	w.m.least = 1000
	w.fill(40, 10)
	w.m.Close()
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	// What the disk has at this moment is all that will be left.
	before := map[string][]byte{}
	names, _ := w.fs.List("db")
	for _, name := range names {
		if info, err := w.fs.Stat("db/" + name); err == nil && !info.IsDir() {
			before[name] = readFile(t, w.fs, "db/"+name)
		}
	}
	w.open()
	w.m.least = 1000
	w.fill(40, 4)
	if err := w.m.Build(context.Background(), w.source(), 12); err != nil {
		t.Fatal(err)
	}
	names, _ = w.fs.List("db/seg")
	if len(names) != 1 {
		t.Fatal(names)
	}
	seg := readFile(t, w.fs, "db/seg/"+names[0])
	w.m.Close()
	if err := w.db.Close(); err != nil {
		t.Fatal(err)
	}
	w.fs = store.MemFS()
	if err := w.fs.MkdirAll("db/seg", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, b := range before {
		writeFile(t, w.fs, "db/"+name, b)
	}
	writeFile(t, w.fs, "db/seg/"+names[0], seg)
	w.live = map[string]store.Version{}
	w.open()
	if w.db.LastSeq() != 10 {
		t.Fatalf("the last commit is %d", w.db.LastSeq())
	}
	v := w.db.View()
	it := v.Scan(testStorage, nil, nil, store.ScanOptions{})
	for it.Next() {
		w.live[string(it.Key())] = store.Version{Start: it.Start(), Tuple: slices.Clone(it.Tuple())}
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	v.Release()
	w.fill(30, 4)
	if s := w.m.Acquire(testStorage, 12); s != nil {
		t.Error("a segment of lost commits is used")
	}
	if names, _ := w.fs.List("db/seg"); len(names) != 0 {
		t.Errorf("it is still there: %v", names)
	}
}

// A power cut while segments are made leaves nothing that is believed wrongly.
func TestPowerCut(t *testing.T) {
	for seed := range uint64(8) {
		fs := store.CrashableFS()
		w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 5)), fs: fs, layouts: testLayouts(), live: map[string]store.Version{}}
		w.open()
		w.m.blockRows, w.m.least = 7, 60
		w.fill(50, 20)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = w.m.BuildAll(ctx, w.source())
		}()
		time.Sleep(time.Duration(w.rng.IntN(8)) * time.Millisecond)
		left := storetest.Crash(fs, w.rng)
		cancel()
		<-done
		w.m.Close()
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		w.fs = left
		w.open()
		w.check()
		names, _ := left.List("db/seg")
		for _, name := range names {
			if strings.HasSuffix(name, unfinished) {
				t.Errorf("%s was left", name)
			}
		}
		w.m.Close()
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func readFile(t *testing.T, fs store.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil && len(b) > 0 {
		t.Fatal(err)
	}
	return b
}

// writeFile replaces a file's bytes; who has it open reads the new ones.
func writeFile(t *testing.T, fs store.FS, name string, b []byte) {
	t.Helper()
	f, err := store.CreateTemp(fs, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
