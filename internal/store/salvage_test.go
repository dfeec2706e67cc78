package store

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// saved makes a closed database with so many rows in one table file.
func saved(t *testing.T, fs *vfs.MemFS, rows uint64) {
	db := openSmall(t, fs, nil)
	commit(t, db, func(b *Batch) {
		for i := range rows {
			var tuple []byte
			for range 12 {
				tuple = binary.BigEndian.AppendUint64(tuple, rand.Uint64())
			}
			b.Put(200, benchKey(nil, i), tuple)
		}
	})
	must(t, db.Compact(context.Background()))
	must(t, db.Close())
}

func salvaged(t *testing.T, fs vfs.FS, findings *[]Finding) (rows map[string]int, gaps int) {
	o := smallOptions
	o.FS = fs
	db, err := OpenDamaged("db", o, func(f Finding) { *findings = append(*findings, f) })
	must(t, err)
	defer db.Close()
	rows = map[string]int{}
	must(t, db.Salvage(context.Background(), 200, false, func(key []byte, v Version) error {
		rows[string(key)] = len(v.Tuple)
		return nil
	}, func(after, before []byte, err error) {
		gaps++
		if err == nil || !strings.Contains(err.Error(), "damaged") || after == nil && before == nil {
			t.Errorf("gap from %x to %x: %v", after, before, err)
		}
	}))
	return rows, gaps
}

// Only the rows of damaged blocks are lost, wherever the damage is.
func TestSalvageAroundBlocks(t *testing.T) {
	for _, places := range [][]int{{}, {50_000, 150_000}} {
		fs := vfs.NewMem()
		saved(t, fs, 2000)
		name := fileOf(t, fs, "", ".sst")
		for _, at := range places {
			flip(t, fs, name, at)
		}
		var findings []Finding
		rows, gaps := salvaged(t, fs, &findings)
		const perBlock = 700 // at most
		if lost := 2000 - len(rows); lost > perBlock*len(places) || (lost == 0) != (len(places) == 0) || (gaps == 0) != (lost == 0) {
			t.Errorf("damage at %v: %d rows lost in %d gaps", places, lost, gaps)
		}
		for key, n := range rows {
			if n != 96 {
				t.Fatalf("row %x has %d bytes", key, n)
			}
		}
	}
}

// Of a damaged log everything before the damage is read.
func TestSalvageBeforeLogDamage(t *testing.T) {
	fs := vfs.NewMem()
	db := openSmall(t, fs, nil)
	for i := range uint64(500) {
		commit(t, db, func(b *Batch) { b.Put(200, benchKey(nil, i), make([]byte, 96)) })
	}
	must(t, db.Close())
	flip(t, fs, newestLog(t, fs), 20_000)
	if _, err := Open("db", Options{FS: fs, ReadOnly: true}); err == nil {
		t.Fatal("a damaged log was opened")
	}
	var findings []Finding
	rows, gaps := salvaged(t, fs, &findings)
	if len(rows) < 20 || len(rows) > 450 || gaps != 0 {
		t.Errorf("%d rows, %d gaps", len(rows), gaps)
	}
	for i := range len(rows) {
		if _, ok := rows[string(benchKey(nil, uint64(i)))]; !ok {
			t.Errorf("row %d is missing, %d were read", i, len(rows))
			break
		}
	}
	if len(findings) != 1 || findings[0].What != "log" {
		t.Errorf("findings: %v", findings)
	}
}
