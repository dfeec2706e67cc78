package badinput

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/driftdb/driftdb/internal/testkit/driftserver"
)

// Connections that talk nonsense, before and after the start of a session, get an
// error of the protocol or a closed connection, never silence; the sessions of
// others go on. That the errors are PostgreSQL's is what tests/wire says.
func TestBrokenProtocol(t *testing.T) {
	s := driftserver.Start(t)
	connect := connectTo(t, s.DSN())
	old := connect()
	rounds := 200
	if testing.Short() {
		rounds = 50
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	for i := range rounds {
		b := nonsense(rng)
		if err := offend(s.Addr(), i%2 == 0, b); err != nil {
			t.Errorf("after %x: %v", b, err)
		}
	}
	for name, b := range map[string][]byte{
		"longest":  frame('Q', 0x7fffffff, "select 1"),
		"negative": frame('Q', 0xffffffff, "select 1"),
		"zero":     frame('Q', 0, "select 1"),
		"three":    frame('Q', 3, "select 1"),
		"password": frame('p', 0x7ffffff0, "x"),
		"type":     frame('?', 4, ""),
		"http":     []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
	} {
		for _, started := range []bool{false, true} {
			if err := offend(s.Addr(), started, b); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	bystander(t, old, connect)
}

func frame(kind byte, length uint32, body string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{kind}, length)
	return append(b, body...)
}

// nonsense is a few messages, whole or not, with bytes changed.
func nonsense(rng *rand.Rand) []byte {
	bind := "\x00\x00\x00\x01\x00\x01\x00\x01\x00\x00\x00\x04\x00\x00\x00\x07\x00\x00"
	bodies := []struct {
		kind byte
		body string
	}{
		{'Q', "select 1\x00"}, {'P', "\x00select $1::int\x00\x00\x00"}, {'B', bind}, {'D', "S\x00"}, {'E', "\x00\x00\x00\x00\x00"},
		{'S', ""}, {'H', ""}, {'C', "P\x00"}, {'d', "1\n"}, {'c', ""}, {'f', "no\x00"}, {'F', bind}, {'X', ""},
	}
	var b []byte
	for range 1 + rng.IntN(6) {
		m := bodies[rng.IntN(len(bodies))]
		b = append(b, frame(m.kind, uint32(len(m.body)+4), m.body)...)
	}
	for range 1 + rng.IntN(8) {
		b[rng.IntN(len(b))] = byte(rng.Uint32())
	}
	return b[:1+rng.IntN(len(b))]
}

// offend sends bytes, before or after the start of a session, ends its side and
// waits for the server to end the connection.
func offend(address string, started bool, b []byte) error {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	if started {
		start := pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30,
			Parameters: map[string]string{"user": "driftdb", "database": "driftdb"}}
		raw, err := start.Encode(nil)
		if err != nil {
			return err
		}
		b = append(raw, b...)
	}
	if _, err := nc.Write(b); err != nil {
		return nil // closed already
	}
	if err := nc.(*net.TCPConn).CloseWrite(); err != nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, nc); err != nil && !strings.Contains(err.Error(), "reset") {
		return err
	}
	return nil
}
