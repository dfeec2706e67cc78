package txn

import (
	"fmt"
	"testing"
)

// Goal: what Newest says of keys looked for in ascending order is true whatever
// is committed before, between and meanwhile. Method: a transaction looks for
// keys in order, as a load does; every 50th is committed beforehand, every 70th
// by another transaction just before it is looked for, every 90th deleted.
func TestGapIsTrue(t *testing.T) {
	m := newManager(t)
	key := func(i int) []byte { return fmt.Appendf(nil, "k%06d", i) }
	commit := func(f func(tx *Tx) error) {
		tx := m.Begin(Options{})
		if err := f(tx); err != nil {
			t.Fatal(err)
		}
		if _, _, err := tx.Commit(bg); err != nil {
			t.Fatal(err)
		}
	}
	const n = 2000
	there := map[int]bool{}
	commit(func(tx *Tx) error {
		for i := 0; i < n; i += 50 {
			there[i] = true
			if err := tx.Put(data, key(i), []byte("v"), None()); err != nil {
				return err
			}
		}
		return nil
	})
	tx := m.Begin(Options{})
	defer tx.Rollback()
	guessed := 0
	for i := range n {
		switch {
		case i%70 == 69:
			there[i] = true
			commit(func(tx *Tx) error { return tx.Put(data, key(i), []byte("v"), None()) })
		case i%90 == 89 && there[i-39]:
			there[i-39+50] = false
			commit(func(tx *Tx) error { return tx.Delete(data, key(i-39+50), Unknown()) })
		}
		for _, g := range tx.gaps {
			if g.holds(m.db, key(i)) {
				guessed++
			}
		}
		_, found, err := tx.Newest(data, key(i))
		if err != nil || found != there[i] {
			t.Fatalf("key %d: found %v, want %v, %v", i, found, there[i], err)
		}
	}
	if guessed < n/4 {
		t.Errorf("only %d of %d keys were known to be free", guessed, n)
	}
}
