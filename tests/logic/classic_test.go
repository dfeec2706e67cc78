package logic

import (
	"bufio"
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
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
	files, queries := share()
	if all {
		files, queries = 1, math.MaxInt
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".test" {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if top, _, _ := strings.Cut(name, "/"); top != "index" && !strings.HasPrefix(top, "select") {
			return nil
		}
		if filepath.Dir(name) != "." && sampled(name)%files != 0 {
			return nil
		}
		t.Run(strings.TrimSuffix(name, ".test"), func(t *testing.T) { runClassic(t, path, name, fails, queries) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// share is how much is run: one file in so many of index/, and about so many
// queries of a file.
func share() (files uint32, queries int) {
	if testing.Short() {
		return 8, 150
	}
	return 3, 600
}

func sampled(name string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return h.Sum32()
}

// runClassic runs a file: about most of its queries, evenly spread, but every
// statement, because later records need them.
func runClassic(t *testing.T, path, name string, fails map[string]bool, most int) {
	f, err := slt.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &slt.Runner{Conn: driftserver.Start(t).Connect(t), Server: "postgresql", Classic: true}
	queries, failures := 0, 0
	step := max(1, len(f.Records)/most)
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
