package crash

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/testkit/sqlconn"
)

// fileKinds are all kinds of files in a data directory. Where content means
// nothing, damage must not either.
var fileKinds = []struct {
	name      string
	is        func(name string) bool
	harmless  bool
	removable bool // the test also removes one
}{
	{name: "table", is: suffix(".sst"), removable: true},
	{name: "log", is: suffix(".log")},
	{name: "manifest", is: prefix("MANIFEST-"), removable: true},
	{name: "marker", is: prefix("marker.manifest"), removable: true},
	{name: "options", is: prefix("OPTIONS-"), removable: true},
	{name: "format file", is: prefix("DRIFTDB")},
	{name: "reserve", is: prefix("BALLAST"), harmless: true, removable: true},
	{name: "temporary", is: prefix("tmp/"), harmless: true, removable: true},
	{name: "load", is: prefix("load/"), harmless: true, removable: true},
	{name: "leftover", is: suffix(".dbtmp"), harmless: true, removable: true},
}

func suffix(s string) func(string) bool {
	return func(name string) bool { return strings.HasSuffix(name, s) && !strings.Contains(name, "/") }
}
func prefix(s string) func(string) bool {
	return func(name string) bool { return strings.HasPrefix(name, s) }
}

// damageQueries touch every table, index, past and list of the database that
// damageable makes.
var damageQueries = []string{
	"SELECT count(*), sum(a), max(s) FROM big",
	"SELECT s FROM big WHERE a = 2500",
	"SELECT count(*), max(s) FROM big AS OF @SEQ:5",
	"SELECT count(*), sum(length(s)), sum(system_seq_start) FROM big FOR SYSTEM_TIME ALL",
	"SET enable_seqscan = off; SELECT count(*), min(a) FROM big WHERE s >= 'b'",
	"SELECT * FROM small ORDER BY a",
	"SELECT a, s, system_seq_start, system_seq_end FROM small FOR SYSTEM_TIME ALL ORDER BY a, system_seq_start",
	"SELECT count(*) FROM gone AS OF @SEQ:7",
	"SELECT count(*), sum(length(key::text)) FROM drift.changes('big', 0, 9)",
	"SELECT count(*), max(seq) FROM drift.transactions",
	"SELECT nextval('q') > 2, count(*) FROM pg_class WHERE relname IN ('big', 'small', 'q', 'big_s')",
}

// damageable makes a closed database with files of all kinds.
func damageable(t *testing.T) *vfs.MemFS {
	disk := store.CrashableFS()
	e := openEngine(t, "db", engine.Options{FS: disk})
	c := connect(t, e)
	for _, sql := range []string{
		"CREATE TABLE big (a int PRIMARY KEY, s text)",
		"CREATE INDEX big_s ON big (s)",
		"CREATE TABLE gone (a int PRIMARY KEY)",
		"CREATE SEQUENCE q",
		"INSERT INTO big SELECT i, md5(i::text) FROM generate_series(1, 4000) AS g(i)",
		"SELECT nextval('q')",
		"INSERT INTO gone VALUES (1), (2)",
		"UPDATE big SET s = s || '!' WHERE a % 5 = 0",
		"DROP TABLE gone",
		"CREATE TABLE small (a int PRIMARY KEY, s text)",
		"VACUUM",
		"INSERT INTO small VALUES (1, 'one'), (2, 'two')",
		"UPDATE small SET s = 'ONE' WHERE a = 1",
		"SELECT nextval('q')",
	} {
		must(t, c, sql)
	}
	for i := range 40 {
		must(t, c, fmt.Sprintf("UPDATE small SET s = '%d' WHERE a = 2", i))
	}
	c.c.Close()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"BALLAST", "000007.dbtmp", "tmp/1.run", "load/5.run", "load/6.sst"} {
		name = disk.PathJoin("db", name)
		if err := disk.MkdirAll(path.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, disk, name, make([]byte, 5000))
	}
	for _, dir := range []string{"db", "db/tmp", "db/load"} {
		d, err := disk.OpenDir(dir)
		if err == nil {
			err = d.Sync()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return disk
}

func writeFile(t *testing.T, disk vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := disk.Create(name, vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, disk vfs.FS, name string) []byte {
	t.Helper()
	f, err := disk.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// filesOf lists the files of a database that are of a kind.
func filesOf(t *testing.T, disk vfs.FS, is func(string) bool) (list []string) {
	t.Helper()
	for _, dir := range []string{"", "tmp/", "load/"} {
		names, err := disk.List("db/" + dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name = dir + name; name != "tmp" && name != "load" && is(name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// A flipped bit in any file, or a lost file, gives an error that names the file, or
// a right answer, never a wrong one; and what the doctor does not see is no damage.
func TestDamagedBytes(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	healthy := damageable(t)
	right := make([]string, len(damageQueries))
	answers(t, healthy.CrashClone(vfs.CrashCloneCfg{}), func(i int, got string, err error) {
		if err != nil {
			t.Fatalf("%s: %v", damageQueries[i], err)
		}
		right[i] = got
	})
	flips := setting(t, "DRIFTDB_CRASH_FLIPS", 1)
	for i, kind := range fileKinds {
		t.Run(kind.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			names := filesOf(t, healthy, kind.is)
			if len(names) == 0 {
				t.Fatal("there is no such file")
			}
			for n := range flips + 1 {
				name := names[rng.IntN(len(names))]
				disk := healthy.CrashClone(vfs.CrashCloneCfg{})
				b := readFile(t, disk, "db/"+name)
				what := ""
				switch {
				case n == flips && kind.removable:
					if what = name + " removed"; disk.Remove("db/"+name) != nil {
						t.Fatal(what)
					}
				case n == flips || len(b) == 0:
					continue
				default:
					at := rng.IntN(8 * len(b))
					b[at/8] ^= 1 << (at % 8)
					writeFile(t, disk, "db/"+name, b)
					what = fmt.Sprintf("%s, bit %d of byte %d of %d", name, at%8, at/8, len(b))
				}
				judgeDamage(t, disk, name, what, kind.harmless, right)
			}
		})
	}
}

// judgeDamage looks at a database with one damaged file.
func judgeDamage(t *testing.T, disk *vfs.MemFS, name, what string, harmless bool, right []string) {
	t.Helper()
	found, err := sqlconn.Doctor(context.Background(), "db", store.Options{FS: disk, BallastBytes: -1, CacheBytes: 8 << 20})
	if err != nil {
		t.Errorf("%s: the doctor ends with %v", what, err)
	}
	number := strings.TrimSuffix(path.Base(name), path.Ext(name))
	if strings.HasPrefix(number, "marker") {
		number = "marker"
	}
	if found != "" && !strings.Contains(found, number) {
		t.Errorf("%s: the doctor does not name it:\n%s", what, found)
	}
	bad := false
	answers(t, disk, func(i int, got string, err error) {
		where := "open"
		if i >= 0 {
			where = damageQueries[i]
		}
		switch {
		case err != nil && (harmless || !strings.Contains(err.Error(), number)):
			t.Errorf("%s: %s: %v", what, where, err)
		case err != nil:
			bad = true
		case i >= 0 && got != right[i]:
			t.Errorf("%s: %s\ngot:\n%s\nwant:\n%s", what, where, got, right[i])
		}
	})
	if bad != (found != "") && bad {
		t.Errorf("%s: queries fail, and the doctor finds nothing", what)
	}
}

// answers asks a database everything. i is -1 for the start itself.
func answers(t *testing.T, disk *vfs.MemFS, each func(i int, got string, err error)) {
	t.Helper()
	stopped := false
	e, err := engine.Open("db", engine.Options{FS: disk, CacheBytes: 8 << 20, OnFatal: func(error) { stopped = true }})
	if err != nil || stopped {
		each(-1, "", err)
		return
	}
	defer e.Close()
	for i, sql := range damageQueries {
		c, err := sqlconn.Connect(e)
		if err != nil {
			each(i, "", err)
			continue
		}
		got, err := local{c}.query(sql)
		each(i, got, err)
		c.Close()
	}
}
