package driftserver

import (
	"context"
	"encoding/binary"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// client speaks just enough of the protocol to measure a server: it allocates
// nothing after its start.
type client struct {
	conn net.Conn
	buf  []byte
}

func message(t byte, body ...any) []byte {
	out := []byte{t, 0, 0, 0, 0}
	for _, part := range body {
		switch part := part.(type) {
		case string:
			out = append(append(out, part...), 0)
		case int16:
			out = binary.BigEndian.AppendUint16(out, uint16(part))
		case int32:
			out = binary.BigEndian.AppendUint32(out, uint32(part))
		case byte:
			out = append(out, part)
		case []byte:
			out = append(out, part...)
		}
	}
	binary.BigEndian.PutUint32(out[1:], uint32(len(out)-1))
	return out
}

func dial(tb testing.TB, address string) *client {
	tb.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	c := &client{conn: conn, buf: make([]byte, 64<<10)}
	start := message(0, int32(196608), "user", "driftdb", "database", "driftdb", byte(0))[1:]
	binary.BigEndian.PutUint32(start, uint32(len(start)))
	c.do(tb, start, 1)
	return c
}

// do sends messages and reads until n ReadyForQuery came; it returns how many
// reads that took.
func (c *client) do(tb testing.TB, messages []byte, n int) (reads int) {
	if _, err := c.conn.Write(messages); err != nil {
		tb.Fatal(err)
	}
	for have, at := 0, 0; n > 0; {
		m, err := c.conn.Read(c.buf[have:])
		if err != nil {
			tb.Fatal(err)
		}
		reads++
		for have += m; at+5 <= have; {
			end := at + 1 + int(binary.BigEndian.Uint32(c.buf[at+1:]))
			if end > have {
				break
			}
			switch c.buf[at] {
			case 'Z':
				n--
			case 'E':
				tb.Fatalf("%q", c.buf[at:end])
			}
			at = end
		}
		if at == have {
			at, have = 0, 0
		}
	}
	return reads
}

// point returns the messages of one point SELECT in each protocol.
func point(tb testing.TB) (c *client, protocols map[string][]byte) {
	s := Start(tb)
	ctx := context.Background()
	pg, err := pgconn.Connect(ctx, s.DSN())
	if err != nil {
		tb.Fatal(err)
	}
	defer pg.Close(ctx)
	for _, sql := range []string{"create table t (id int primary key, a int, b text)", "insert into t select g, g, 'row' from generate_series(1, 1000) g"} {
		if _, err := pg.Exec(ctx, sql).ReadAll(); err != nil {
			tb.Fatal(err)
		}
	}
	c = dial(tb, s.Addr())
	const sql = "select a from t where id = $1"
	parse := func(name string) []byte { return message('P', name, sql, int16(0)) }
	execute := func(name string) []byte {
		out := message('B', "", name, int16(0), int16(1), int32(3), []byte("417"), int16(0))
		out = append(out, message('D', byte('P'), "")...)
		out = append(out, message('E', "", int32(0))...)
		return append(out, message('S')...)
	}
	c.do(tb, append(parse("p"), message('S')...), 1)
	protocols = map[string][]byte{
		"simple":   message('Q', "select a from t where id = 417"),
		"extended": append(parse(""), execute("")...),
		"prepared": execute("p"),
	}
	for range 5 {
		for _, m := range protocols {
			c.do(tb, m, 1)
		}
	}
	return c, protocols
}

// What a point SELECT allocates on its way from the wire and back, in each
// protocol. The figures are those reached; more than a little above them is a loss.
func TestAllocations(t *testing.T) {
	c, protocols := point(t)
	for name, limit := range map[string]float64{"simple": 12, "extended": 11, "prepared": 9} {
		if got := testing.AllocsPerRun(2000, func() { c.do(t, protocols[name], 1) }); got > limit {
			t.Errorf("%s: %v allocations, %v were enough", name, got, limit)
		} else {
			t.Logf("%s: %v allocations", name, got)
		}
	}
}

func BenchmarkPointSelect(b *testing.B) {
	c, protocols := point(b)
	for _, name := range []string{"simple", "extended", "prepared"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.do(b, protocols[name], 1)
			}
		})
	}
}
