package store

import (
	"bytes"
	"testing"
)

// Damaged records must be refused, never crash, and what decodes must be what
// was encoded.
func FuzzDecodeRecord(f *testing.F) {
	db := mem(f)
	b := db.NewBatch()
	b.SetMeta(Meta{TxID: 300, User: "ada", Reason: "why", JSON: []byte(`{"a":1}`)})
	b.Put(100, []byte("a"), []byte("1"))
	b.Change(7, 100, OpInsert, []byte("a"), nil, nil, []byte("1"))
	b.Freeze(3)
	b.finish()
	for r := b.pb.Reader(); ; {
		_, key, val, ok, err := r.Next()
		if err != nil || !ok {
			break
		}
		if key[1] == spaceCommit {
			f.Add(val)
		}
	}
	b.Close()
	f.Fuzz(func(t *testing.T, rec []byte) {
		c, err := decodeRecord(1, rec)
		if err != nil {
			return
		}
		if got := appendMeta(nil, &c.Meta); len(got) > len(rec) {
			t.Fatalf("%x decodes to more than it holds", rec)
		}
	})
}

func FuzzDecodeChanges(f *testing.F) {
	f.Add([]byte{byte(OpInsert), 1, 'a'})
	f.Add([]byte{byte(OpUpdate) | changeHasNewKey | changeHasColumns, 1, 'a', 1, 'b', 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		c := Changes{rest: b}
		for len(c.rest) > 0 && c.decode() {
			if len(c.entry) == 0 || !bytes.Contains(b, c.cur.Key) {
				t.Fatalf("entry %x of %x", c.entry, b)
			}
		}
	})
}

func FuzzKeys(f *testing.F) {
	f.Add(appendPresent(nil, 100, []byte("a")))
	f.Add(appendPast(nil, 100, []byte("a"), 1, 2))
	f.Fuzz(func(t *testing.T, k []byte) {
		if n := splitKey(k); n < 0 || n > len(k) {
			t.Fatalf("split of %x at %d", k, n)
		}
		_ = describeKey(k)
		if key, start, end, ok := decodePeriod(k); ok {
			again := appendPeriod(append(bytes.Clone(key), keyTerminator), start, end)
			if !bytes.Equal(again, k) {
				t.Fatalf("%x reads back as %x", k, again)
			}
		}
	})
}
