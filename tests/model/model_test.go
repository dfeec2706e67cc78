package model

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

func setting(t *testing.T, name string, otherwise uint64) uint64 {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s=%q is not a number", name, text)
	}
	return n
}

// The goal: engine and model never disagree. Each run is random steps on a new
// database; a run that fails is made as short as it still fails.
func TestModel(t *testing.T) {
	first := setting(t, "DRIFTDB_MODEL_SEED", uint64(time.Now().UnixNano()))
	runs := setting(t, "DRIFTDB_MODEL_RUNS", 6)
	steps := setting(t, "DRIFTDB_MODEL_STEPS", 250)
	if testing.Short() {
		runs = min(runs, 2)
	}
	for seed := first; seed < first+runs; seed++ {
		list := randomSteps(rand.New(rand.NewPCG(seed, 3)), int(steps))
		log, done, err := execute(list)
		if err != nil {
			n := len(list)
			list, log, err = shrink(list, log, err, 20*time.Second)
			t.Fatalf("seed %d: %v\n\n%d of %d steps do it:\n%s", seed, err, len(list), n, strings.Join(log, "\n"))
		}
		for _, kind := range needed {
			if done[kind] == 0 {
				t.Errorf("seed %d: a run without %s", seed, stepNames[kind])
			}
		}
		t.Logf("seed %d: %d statements, steps by kind %v", seed, len(log), done)
	}
}

// shrink leaves out steps as long as the rest still fails, larger parts first.
func shrink(list []step, log []string, err error, limit time.Duration) ([]step, []string, error) {
	deadline := time.Now().Add(limit)
	for size := len(list) / 2; size > 0; size /= 2 {
		for at := 0; at < len(list); {
			if time.Now().After(deadline) {
				return list, log, err
			}
			shorter := append(append([]step(nil), list[:at]...), list[min(len(list), at+size):]...)
			if l, _, e := execute(shorter); e != nil {
				list, log, err = shorter, l, e
			} else {
				at += size
			}
		}
	}
	return list, log, err
}
