package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/driftdb/driftdb"
)

func TestStatementEnd(t *testing.T) {
	for text, want := range map[string]string{
		`select 1; select 2`:             `select 1;`,
		`select ';' ; x`:                 `select ';' ;`,
		`select 'it''s;' ; x`:            `select 'it''s;' ;`,
		`select E'\';' ; x`:              `select E'\';' ;`,
		`select '\' ; x`:                 `select '\' ;`,
		`select ";" ; x`:                 `select ";" ;`,
		"select 1 -- ;\n; x":             "select 1 -- ;\n;",
		`/* ; /* ; */ ; */ select 1; x`:  `/* ; /* ; */ ; */ select 1;`,
		`do $$ begin; end $$; x`:         `do $$ begin; end $$;`,
		`do $a$ ; $$ ; $a$; x`:           `do $a$ ; $$ ; $a$;`,
		`select a$b$c; x`:                `select a$b$c;`,
		`create rule r as do (a; b); x`:  `create rule r as do (a; b);`,
		`select $1; x`:                   `select $1;`,
		`select name'x;'; y`:             `select name'x;';`,
		`select 1`:                       ``,
		`select 'a;`:                     ``,
		`/* ;`:                           ``,
		`select $$;`:                     ``,
		`select 1 -- ;`:                  ``,
		`select )`:                       ``,
		`select 1 ); select 2; select 3`: `select 1 );`,
	} {
		got := ""
		if end := statementEnd(text); end >= 0 {
			got = text[:end]
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"": true, " \n;": true, "-- a": true, "/* a */ -- b\n": true, "/* a": false, "a": false} {
		if blank(text) != want {
			t.Errorf("blank(%q) is %v", text, !want)
		}
	}
}

// shell runs a script on a fresh database in memory.
func shell(t *testing.T, change func(*Shell), script string) (out, errs string, err error) {
	t.Helper()
	db, err := driftdb.Open("", &driftdb.Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l := NewLocal(db)
	defer l.Close()
	var o, e bytes.Buffer
	ctx := context.Background()
	conn, err := l.Dial(ctx, PrintNotice(&e))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	s := &Shell{Conn: conn, Out: &o, Err: &e}
	if change != nil {
		change(s)
	}
	err = s.Script(ctx, strings.NewReader(script))
	return o.String(), e.String(), err
}

func TestScript(t *testing.T) {
	for _, c := range []struct {
		name, script, out, errs string
		json                    bool
		fails                   bool
	}{
		{name: "table", script: `
			create table t (a int, "näme" text); -- a comment; with a semicolon
			insert into t values (1, 'x'), (22, E'two\nlines'), (333, null), (4, '日本');
			select * from t order by a;
			select a from t where false;
			select 'end'`,
			out: "CREATE TABLE\nINSERT 0 4\n" +
				"  a  | näme  \n-----+-------\n   1 | x\n   4 | 日本\n  22 | two  +\n     | lines\n 333 | \n(4 rows)\n\n" +
				" a \n---\n(0 rows)\n\n" +
				" ?column? \n----------\n end\n(1 row)\n\n"},
		{name: "json", json: true, script: `select 1 a, 1.50 b, true c, null d, 'x"' e, '{"k": [1]}'::json f, 'NaN'::float8 g, array[1] h; create table t ();`,
			out: `{"a":1,"b":1.50,"c":true,"d":null,"e":"x\"","f":{"k":[1]},"g":"NaN","h":"{1}"}` + "\n"},
		{name: "copy", script: "create table t (a int, b text);\ncopy t from stdin;\n1\tx\n2\t\\N\n\\.\ncopy t to stdout;\n",
			out: "CREATE TABLE\nCOPY 2\n1\tx\n2\t\\N\n"},
		{name: "error stops", script: "select\n  1 +\n  nothing;\nselect 2;", fails: true,
			errs: "ERROR:  column \"nothing\" does not exist\nLINE 3:   nothing;\n          ^\n"},
		{name: "notice", script: "drop table if exists t;", out: "DROP TABLE\n", errs: "NOTICE:  table \"t\" does not exist, skipping\n"},
		{name: "commands", script: "\\timing\n\\timing\n\\q\nselect 1;", out: "Timing is on.\nTiming is off.\n"},
		{name: "bad command", script: "\\nothing\n", fails: true, errs: "invalid command \\nothing\nTry \\? for help.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, errs, err := shell(t, func(s *Shell) { s.JSON = c.json }, c.script)
			if out != c.out {
				t.Errorf("got:\n%s\nwant:\n%s", out, c.out)
			}
			if errs != c.errs {
				t.Errorf("messages: %q, want %q", errs, c.errs)
			}
			if errors.Is(err, ErrStatement) != c.fails || !c.fails && err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTiming(t *testing.T) {
	out, _, err := shell(t, nil, "\\timing\nselect 1;")
	if err != nil || !strings.Contains(out, "Time: ") {
		t.Error(out, err)
	}
}
