package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What doctor --salvage writes makes the same tables again, and the rows that a
// damaged block does not hold.
func TestSalvage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	data, out := "--data="+dir, filepath.Join(t.TempDir(), "out")
	expect(t, 0, "", "init", data)
	expect(t, 0, "", "sql", data, "-c", `
		CREATE SCHEMA "the Shop";
		CREATE TABLE "the Shop".item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, price numeric(8,2) DEFAULT 1.5 CHECK (price > 0));
		CREATE TABLE sale (n serial, item int REFERENCES "the Shop".item, note text);
		CREATE INDEX ON sale (item) WHERE note IS NOT NULL;
		CREATE VIEW dear AS SELECT * FROM "the Shop".item WHERE price > 100;
		INSERT INTO "the Shop".item (name, price) VALUES ('pen', 2), ('a "big" one', 200), (NULL, 3);
		INSERT INTO sale (item, note) SELECT 1 + i % 3, CASE WHEN i % 2 = 0 THEN repeat(md5(i::text), 20) END FROM generate_series(1, 5000) AS g(i)`)
	expect(t, 0, "UPDATE 1", "sql", data, "-c", `UPDATE "the Shop".item SET price = 4 WHERE id = 1`)
	expect(t, 0, "", "compact", data)
	expect(t, 0, "", "doctor", data, "--salvage", out)
	if b, err := os.ReadFile(filepath.Join(out, "the%20Shop.item.csv")); err != nil || string(b) != "id,name,price\n1,pen,4.00\n2,\"a \"\"big\"\" one\",200.00\n3,,3.00\n" {
		t.Errorf("%q %v", b, err)
	}
	if b, err := os.ReadFile(filepath.Join(out, "the%20Shop.item.past.csv")); err != nil || !strings.HasSuffix(string(b), ",1,pen,2.00\n") {
		t.Errorf("%q %v", b, err)
	}
	again := "--data=" + filepath.Join(t.TempDir(), "again")
	expect(t, 0, "", "init", again)
	expect(t, 0, "", "sql", again, "-f", filepath.Join(out, "tables.sql"))
	expect(t, 0, "", "sql", again, "-f", filepath.Join(out, "constraints.sql"))
	expect(t, 0, "0", "sql", again, "-c", `SELECT count(*) FROM dear`)
	expect(t, 0, "t", "sql", again, "-c", `INSERT INTO sale (item) VALUES (NULL) RETURNING n > 5000`)

	damage(t, dir)
	lost := filepath.Join(t.TempDir(), "lost")
	expect(t, exitDamage, "rows: table", "doctor", data, "--salvage", lost)
	f, err := os.Open(filepath.Join(lost, "public.sale.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 3000 || len(rows) > 5000 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	expect(t, 1, "file exists", "doctor", data, "--salvage", lost)
}

// damage changes a byte in the middle of the largest table file.
func damage(t *testing.T, dir string) (name string) {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatal(tables, err)
	}
	var largest []byte
	for _, n := range tables {
		if b, err := os.ReadFile(n); err == nil && len(b) > len(largest) {
			largest, name = b, n
		}
	}
	largest[len(largest)/2] ^= 0x10
	if err := os.WriteFile(name, largest, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
