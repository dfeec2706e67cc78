package logic

import (
	"bufio"
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
	"github.com/driftdb/driftdb/internal/testkit/slt"
)

// testdata is the directory with slt/select1.test and so on; it skips the test
// when there is none.
func testdata(t *testing.T) string {
	for _, dir := range []string{os.Getenv("DRIFTDB_TESTDATA"), "../../../shared/testdata"} {
		if _, err := os.Stat(filepath.Join(dir, "slt", "select1.test")); dir != "" && err == nil {
			return filepath.Join(dir, "slt")
		}
	}
	t.Skip("no test data: DRIFTDB_TESTDATA is not set and there is no ../shared/testdata")
	return ""
}

// TestClassic runs SQLite's sqllogictest files but for the records that
// PostgreSQL 15 fails too. By default it takes a part of the large ones:
// DRIFTDB_SLT_ALL=1 runs every record of select1-5 and index/.
func TestClassic(t *testing.T) {
	dir := testdata(t)
	fails := knownFailures(t, filepath.Join(dir, "pg15-fails.txt"))
	all := os.Getenv("DRIFTDB_SLT_ALL") != ""
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".test" {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if top, _, _ := strings.Cut(name, "/"); top != "index" && !strings.HasPrefix(top, "select") {
			return nil
		}
		if !all && filepath.Dir(name) != "." && sampled(name)%indexSample(t) != 0 {
			return nil
		}
		t.Run(strings.TrimSuffix(name, ".test"), func(t *testing.T) { runClassic(t, path, name, fails, all) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// indexSample is of how many files of index/ one is run.
func indexSample(t *testing.T) uint32 {
	if testing.Short() {
		return 12
	}
	return 6
}

func sampled(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return h.Sum32()
}

// runClassic runs a file. Without all, it takes one query in some, but every
// statement, because later records need them.
func runClassic(t *testing.T, path, name string, fails map[string]bool, all bool) {
	f, err := slt.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &slt.Runner{Conn: driftserver.Start(t).Connect(t), Server: "postgresql", Classic: true}
	queries, failures := 0, 0
	step := 1
	if !all {
		step = max(1, len(f.Records)/150)
	}
	for _, rec := range f.Records {
		if rec.Kind == "query" {
			queries++
			if queries%step != 0 {
				continue
			}
		}
		if r.Skips(rec) || fails[fmt.Sprintf("%s:%d", name, rec.Line)] {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
		err := r.Run(ctx, rec)
		cancel()
		if err != nil {
			t.Errorf("%s:%d: %s\n%v", name, rec.Line, rec.SQL, err)
			if failures++; failures > 5 || r.Conn.IsClosed() {
				t.FailNow()
			}
		}
	}
}

// knownFailures reads the records that PostgreSQL 15 fails, as "file:line".
func knownFailures(t *testing.T, path string) map[string]bool {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	known := map[string]bool{}
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		at, _, _ := strings.Cut(sc.Text(), "\t")
		known[at] = true
	}
	if err := sc.Err(); err != nil {
		t.Fatal(err)
	}
	return known
}
