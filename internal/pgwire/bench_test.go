package pgwire

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/types"
)

// discard is a client that reads everything at once.
type discard struct{ net.Conn }

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// Sending a row allocates nothing.
func TestRowDoesNotAllocate(t *testing.T) {
	c := &conn{server: NewServer(Options{Engine: newTestEngine()}), session: &testSession{}}
	c.out.conn, c.out.net = c, discard{}
	row := []datum.Datum{datum.NewInt(123456789), datum.NewText("hello"), {}, datum.NewTimestamp(1e15)}
	for format := range int16(2) {
		cols := []client.Column{{Type: types.Of(types.Int8)}, {Type: types.Of(types.Text)}, {Type: types.Of(types.Text)},
			{Type: types.Of(types.Timestamp)}}
		for i := range cols {
			cols[i].Format = format
		}
		c.out.columns, c.out.formats = cols, pgfmt.Default()
		if err := c.out.Row(row); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(2000, func() { _ = c.out.Row(row) }); n > 0 {
			t.Errorf("format %d: %v allocations for a row", format, n)
		}
	}
}

func BenchmarkRow(b *testing.B) {
	c := &conn{server: NewServer(Options{Engine: newTestEngine()})}
	c.out.conn, c.out.net = c, discard{}
	c.out.columns = []client.Column{{Type: types.Of(types.Int8)}, {Type: types.Of(types.Text)}}
	c.out.formats = pgfmt.Default()
	row := []datum.Datum{datum.NewInt(123456789), datum.NewText("hello")}
	b.ReportAllocs()
	for b.Loop() {
		_ = c.out.Row(row)
	}
}

// BenchmarkRoundTrip measures one prepared statement over a socket, client
// included.
func BenchmarkRoundTrip(b *testing.B) {
	s := NewServer(Options{Engine: newTestEngine()})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = s.Serve(l) }()
	defer s.Stop(0)
	ctx := context.Background()
	c, err := pgconn.Connect(ctx, url(l.Addr().String(), ""))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Prepare(ctx, "p", "rows 1", nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if res := c.ExecPrepared(ctx, "p", nil, nil, nil).Read(); res.Err != nil {
			b.Fatal(res.Err)
		}
	}
}

// TestIdleMemory opens connections that did some work and then wait, and checks
// the memory of each. The client's ends are in a second run of the test binary.
// The number is small here; DRIFTDB_IDLE=10000 is the real figure.
func TestIdleMemory(t *testing.T) {
	if address := os.Getenv("DRIFTDB_IDLE_CLIENT"); address != "" {
		idleClient(t, address)
		return
	}
	if raceEnabled {
		t.Skip("the race detector keeps memory of its own for each connection")
	}
	n := 500
	if v, err := strconv.Atoi(os.Getenv("DRIFTDB_IDLE")); err == nil {
		n = v
	}
	s, _, address := startServer(t, Options{})
	s.park = time.Second // before the first connection
	before := memory()
	stop := runClient(t, address, n)
	defer stop()
	eventuallyWithin(t, time.Minute, "all connections are open", func() bool { return s.Connections() == n })
	eventuallyWithin(t, time.Minute, "all are parked", func() bool {
		parked := 0
		s.each(func(c *conn) {
			if c.parked.Load() {
				parked++
			}
		})
		return parked == n
	})
	after := memory()
	each := (after - before) / int64(n)
	t.Logf("%d idle connections: %d bytes each", n, each)
	if each > 32<<10 {
		t.Errorf("%d bytes per idle connection", each)
	}
}

// memory is the process's resident set after a collection.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	for _, line := range strings.Split(string(raw), "\n") {
		var kb int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

func eventuallyWithin(t *testing.T, limit time.Duration, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

// runClient starts this test binary again as the client.
func runClient(t *testing.T, address string, n int) (stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestIdleMemory$")
	cmd.Env = append(os.Environ(), "DRIFTDB_IDLE_CLIENT="+address, "DRIFTDB_IDLE="+strconv.Itoa(n))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// idleClient opens the connections, runs a statement on each, and waits until
// its input ends.
func idleClient(t *testing.T, address string) {
	n, err := strconv.Atoi(os.Getenv("DRIFTDB_IDLE"))
	if err != nil {
		t.Fatal(err)
	}
	open := make([]net.Conn, 0, n) // keeps the collector from closing them
	for range n {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, nc)
		body := "\x00\x03\x00\x00user\x00driftdb\x00\x00"
		start := append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
		if _, err := nc.Write(append(start, message('Q', "rows 100\x00")...)); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.ReadAll(os.Stdin)
	runtime.KeepAlive(open)
}
