package isolation

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// scenario is a part of a script.
type scenario struct {
	title string
	setup []string
	steps []step
}

type step struct{ session, sql string }

// readScript reads scenarios: "== title", then lines of "setup: sql" and
// "session: sql". Lines that begin with "#" are comments.
func readScript(t *testing.T, file string) []*scenario {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []*scenario
	for i, line := range strings.Split(string(raw), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if title, ok := strings.CutPrefix(line, "== "); ok {
			list = append(list, &scenario{title: title})
			continue
		}
		who, sql, ok := strings.Cut(line, ": ")
		if !ok || len(list) == 0 {
			t.Fatalf("%s:%d: cannot read %q", file, i+1, line)
		}
		s := list[len(list)-1]
		if who == "setup" {
			s.setup = append(s.setup, sql)
		} else {
			s.steps = append(s.steps, step{who, sql})
		}
	}
	return list
}

// player runs one scenario.
type player struct {
	t        *testing.T
	dsn      string
	level    string
	control  *pgconn.PgConn
	sessions map[string]*session
	order    []*session
	out      strings.Builder
}

// session is a connection with the statement it runs, if it does.
type session struct {
	name string
	conn *pgconn.PgConn
	sql  string
	done chan string // receives the answer; nil when nothing runs
}

// patience is how long a statement may take to be done or blocked.
const patience = 20 * time.Second

func connect(t *testing.T, dsn string) *pgconn.PgConn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// play runs a scenario in a schema of its own and returns its transcript.
func play(t *testing.T, dsn, level string, s *scenario) string {
	t.Helper()
	p := &player{t: t, dsn: dsn, level: level, control: connect(t, dsn), sessions: map[string]*session{}}
	defer func() {
		for _, x := range p.order {
			_ = x.conn.Close(context.Background())
		}
		answer(p.control, "DROP SCHEMA isolation_test CASCADE")
		_ = p.control.Close(context.Background())
	}()
	for _, sql := range append([]string{"CREATE SCHEMA isolation_test", "SET search_path = isolation_test"}, s.setup...) {
		if a := answer(p.control, sql); strings.HasPrefix(a, "  ERROR") {
			t.Fatalf("%s: %s: %s", s.title, sql, a)
		}
	}
	fmt.Fprintf(&p.out, "== %s\n", s.title)
	for _, st := range s.steps {
		p.step(st)
	}
	for _, x := range p.order {
		if x.done != nil {
			t.Fatalf("%s: session %s still waits at the end", s.title, x.name)
		}
	}
	p.out.WriteByte('\n')
	return p.out.String()
}

func (p *player) step(st step) {
	x := p.sessions[st.session]
	if x == nil {
		x = &session{name: st.session, conn: connect(p.t, p.dsn)}
		answer(x.conn, "SET search_path = isolation_test")
		p.sessions[st.session] = x
		p.order = append(p.order, x)
	}
	if x.done != nil {
		p.t.Fatalf("session %s is given %q while it waits", x.name, st.sql)
	}
	x.sql, x.done = st.sql, make(chan string, 1)
	sql := st.sql
	if rest, ok := strings.CutPrefix(sql, "begin"); ok {
		sql = "BEGIN ISOLATION LEVEL " + p.level + rest
	}
	go func(done chan string) { done <- answer(x.conn, sql) }(x.done)
	fmt.Fprintf(&p.out, "%s: %s\n", x.name, st.sql)
	if a, ok := p.settle(x); ok {
		p.out.WriteString(a)
	} else {
		p.out.WriteString("  waits\n")
	}
	for _, y := range p.order {
		if y == x || y.done == nil {
			continue
		}
		if a, ok := p.settle(y); ok {
			fmt.Fprintf(&p.out, "  %s goes on: %s\n%s", y.name, y.sql, a)
		}
	}
}

// settle waits until a session's statement is done, and returns its answer, or is
// kept waiting by another session.
func (p *player) settle(x *session) (string, bool) {
	var pids []string
	for _, y := range p.order {
		pids = append(pids, fmt.Sprint(y.conn.PID()))
	}
	blocked := fmt.Sprintf("SELECT pg_catalog.pg_isolation_test_session_is_blocked(%d, '{%s}')", x.conn.PID(), strings.Join(pids, ","))
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case a := <-x.done:
			x.done = nil
			return a, true
		case <-time.After(2 * time.Millisecond):
		}
		if strings.Contains(answer(p.control, blocked), "  t\n") {
			return "", false
		}
	}
	p.t.Fatalf("session %s: %s: neither done nor blocked", x.name, x.sql)
	return "", false
}

// answer runs statements and prints what came: rows, command tags, or the error.
func answer(c *pgconn.PgConn, sql string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	results, err := c.Exec(ctx, sql).ReadAll()
	var b strings.Builder
	for _, r := range results {
		if r.Err != nil {
			continue
		}
		for _, row := range r.Rows {
			b.WriteString("  ")
			for i, v := range row {
				if i > 0 {
					b.WriteString(" | ")
				}
				b.Write(v)
			}
			b.WriteByte('\n')
		}
		if len(r.Rows) == 0 {
			fmt.Fprintf(&b, "  %s\n", r.CommandTag)
		}
	}
	if err != nil {
		text := err.Error()
		if e, ok := err.(*pgconn.PgError); ok {
			text = e.Code + ": " + e.Message
		}
		fmt.Fprintf(&b, "  ERROR %s\n", text)
	}
	return b.String()
}
