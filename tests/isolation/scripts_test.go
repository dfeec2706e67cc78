package isolation

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/testkit/driftserver"
	"github.com/driftdb/driftdb/internal/txn"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts instead of comparing")

// levels are the isolation levels that a script runs at: its file's name ends in
// "_all" when all of them count.
var levels = map[string]string{"rc": "READ COMMITTED", "rr": "REPEATABLE READ", "ser": "SERIALIZABLE"}

// TestScripts: every scenario answers as its transcript says, on DriftDB and, when
// one is named, on PostgreSQL.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	servers := map[string]string{"driftdb": driftserver.Start(t).DSN()}
	if dsn := os.Getenv("DRIFTDB_PG_DSN"); dsn != "" {
		servers["postgres"] = dsn
	}
	for _, file := range files {
		base := strings.TrimSuffix(file, ".txt")
		list := readScript(t, file)
		run := map[string]string{base + ".out": "READ COMMITTED"}
		if strings.HasSuffix(base, "_all") {
			run = map[string]string{}
			for short, level := range levels {
				run[base+"_"+short+".out"] = level
			}
		}
		for out, level := range run {
			for server, dsn := range servers {
				t.Run(filepath.Base(out)+"/"+server, func(t *testing.T) { compare(t, dsn, level, list, out, server) })
			}
		}
	}
}

// TestPlantedFault: with SSI switched off the transcript of SERIALIZABLE is no longer
// met, or it would prove nothing.
func TestPlantedFault(t *testing.T) {
	dsn := driftserver.Open(t, "", engine.Options{InMemory: true, Planted: engine.Planted{Txn: txn.Planted{Untracked: true}}}).DSN()
	var have strings.Builder
	for _, s := range readScript(t, "testdata/anomalies_all.txt") {
		have.WriteString(play(t, dsn, levels["ser"], s))
	}
	want, err := os.ReadFile("testdata/anomalies_all_ser.out")
	if err != nil {
		t.Fatal(err)
	}
	if have.String() == string(want) {
		t.Error("nothing differs")
	}
}

func compare(t *testing.T, dsn, level string, list []*scenario, out, server string) {
	t.Helper()
	var have strings.Builder
	for _, s := range list {
		have.WriteString(play(t, dsn, level, s))
	}
	if *rewrite && server == "driftdb" {
		if err := os.WriteFile(out, []byte(have.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	want, got := strings.Split(string(raw), "\n"), strings.Split(have.String(), "\n")
	title := ""
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Errorf("%s: line %d\nwant %q\nhave %q", title, i+1, strings.Join(want[min(i, len(want)):min(i+3, len(want))], "\n"),
				strings.Join(got[min(i, len(got)):min(i+3, len(got))], "\n"))
			return
		}
		if strings.HasPrefix(want[i], "== ") {
			title = want[i]
		}
	}
}
