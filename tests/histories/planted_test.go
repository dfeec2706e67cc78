package histories

import (
	"testing"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/txn"
)

// Every checker finds the fault that it is there for. A fault shows when the
// chance for it comes, so a run that saw none is tried again.
func TestPlantedFaults(t *testing.T) {
	early := engine.Planted{Store: store.Planted{PublishEarly: true}}
	torn := engine.Planted{Store: store.Planted{TearBatches: true}}
	unchecked := engine.Planted{Txn: txn.Planted{LoseRecheck: true}}
	untracked := engine.Planted{Txn: txn.Planted{Untracked: true}}
	lists := func(level string) func(testing.TB, engine.Planted) []string {
		return func(t testing.TB, p engine.Planted) []string { return runLists(t, level, p) }
	}
	for _, c := range []struct {
		name  string
		fault engine.Planted
		run   func(testing.TB, engine.Planted) []string
	}{
		{"registers, published before the sync", early, runRegisters},
		{"bank, torn batches", torn, runBank},
		{"lists, torn batches", torn, lists("REPEATABLE READ")},
		{"monotonic, lost re-check", unchecked, runMonotonic},
		{"lists, lost re-check", unchecked, lists("READ COMMITTED")},
		{"bank, lost re-check", unchecked, runBank},
		{"write skew, no dependencies tracked", untracked, runWriteSkew},
		{"lists, no dependencies tracked", untracked, lists("SERIALIZABLE")},
	} {
		t.Run(c.name, func(t *testing.T) {
			for try := 1; try <= 8; try++ {
				if fails := c.run(t, c.fault); len(fails) > 0 {
					t.Logf("found at try %d: %.300s", try, fails[0])
					return
				}
			}
			t.Error("the fault was not found")
		})
	}
}
