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

// Without its list of tables, a database is put together from its files, with all
// rows; what was dropped, truncated or rewritten is there, too.
func TestSalvageFromFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	data := "--data=" + dir
	expect(t, 0, "", "init", data)
	for _, sql := range []string{
		"CREATE TABLE kept (a int PRIMARY KEY, s text)",
		"INSERT INTO kept SELECT i, md5(i::text) FROM generate_series(1, 3000) AS g(i)",
		"CREATE TABLE gone (a int PRIMARY KEY, \"the s\" text)",
		"INSERT INTO gone VALUES (1, 'x'), (2, 'y')",
		"UPDATE gone SET \"the s\" = 'z' WHERE a = 2",
		"DROP TABLE gone",
		"CREATE TABLE cut (a int); INSERT INTO cut VALUES (7)",
		"TRUNCATE cut",
		"CREATE SEQUENCE q START 40",
		"SELECT nextval('q')",
	} {
		expect(t, 0, "", "sql", data, "-c", sql)
	}
	expect(t, 0, "", "compact", data)
	expect(t, 0, "", "sql", data, "-c", "UPDATE kept SET s = 'new' WHERE a <= 10; DELETE FROM kept WHERE a = 11; INSERT INTO cut VALUES (8)")
	for name, f := range map[string]func(t *testing.T, dir string){
		"healthy":        func(*testing.T, string) {},
		"damaged list":   func(t *testing.T, dir string) { change(t, only(t, dir, "MANIFEST-*"), 20) },
		"no list":        func(t *testing.T, dir string) { remove(t, only(t, dir, "MANIFEST-*")) },
		"no marker":      func(t *testing.T, dir string) { remove(t, only(t, dir, "marker.manifest.*")) },
		"damaged format": func(t *testing.T, dir string) { change(t, filepath.Join(dir, "DRIFTDB"), 3) },
		"no list at all": func(t *testing.T, dir string) {
			remove(t, only(t, dir, "MANIFEST-*"))
			remove(t, only(t, dir, "OPTIONS-*"))
			remove(t, only(t, dir, "marker.format-version.*"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			broken, out := filepath.Join(t.TempDir(), "broken"), filepath.Join(t.TempDir(), "out")
			if err := os.CopyFS(broken, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			f(t, broken)
			code, found := exitDamage, "open: "
			if name == "healthy" {
				code, found = 0, "no damage"
			}
			expect(t, code, found, "doctor", "--data="+broken, "--salvage", out)
			if lines := csvLines(t, out, "public.kept.csv"); lines != 1+2999 {
				t.Errorf("kept has %d lines", lines)
			}
			if lines := csvLines(t, out, "public.kept.past.csv"); lines != 1+11 {
				t.Errorf("kept's past has %d lines", lines)
			}
			for file, text := range map[string]string{
				"public.cut.csv":    "a\n8\n",
				"public.gone.until": "system_seq_start,system_seq_end,a,the s\n4,6,1,x\n5,6,2,z\n4,5,2,y\n",
				"public.cut.until":  "system_seq_start,system_seq_end,a\n7,8,7\n",
				"tables.sql":        "SELECT setval('public.q', ",
				"past.sql":          `"the s" text`,
			} {
				b, err := os.ReadFile(only(t, out, file+"*"))
				if err != nil || string(b) != text && !(strings.HasSuffix(file, ".sql") && strings.Contains(string(b), text)) {
					t.Errorf("%s: %s %v", file, b, err)
				}
			}
			if _, err := os.Stat(filepath.Join(out, "rebuilt")); err == nil {
				t.Error("the database made anew is left behind")
			}
		})
	}
}

func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no file %s: %v", pattern, err)
	}
	return names[len(names)-1]
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// change flips a bit of a byte.
func change(t *testing.T, name string, at int) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x10
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func csvLines(t *testing.T, dir, name string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Error(err)
	}
	return strings.Count(string(b), "\n")
}
