package pgwire

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// FuzzConnection feeds arbitrary bytes to a started connection: it must neither
// panic nor hang, and all it answers must be messages that pgproto3 can read.
func FuzzConnection(f *testing.F) {
	f.Add(message('Q', "rows 1\x00"))
	f.Add(bytes.Join([][]byte{message('P', "a\x00param\x00\x00\x01\x00\x00\x00\x19"), message('B', "\x00a\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02hi\x00\x01\x00\x01"),
		message('D', "Sa\x00"), message('D', "P\x00"), message('E', "\x00\x00\x00\x00\x01"), message('H', ""), message('C', "Sa\x00"), message('S', "")}, nil))
	f.Add(bytes.Join([][]byte{message('Q', "copyin\x00"), message('d', "1\n"), message('c', "")}, nil))
	f.Add(bytes.Join([][]byte{message('Q', "copyin\x00"), message('f', "x\x00"), message('X', "")}, nil))
	f.Add([]byte{'B', 0, 0, 0, 12, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{'Q', 0x7f, 0xff, 0xff, 0xff})
	s := NewServer(Options{Engine: newTestEngine()})
	f.Fuzz(func(t *testing.T, in []byte) {
		near, far := net.Pipe()
		s.ServeConn(local{near})
		_ = far.SetDeadline(time.Now().Add(5 * time.Second))
		go func() {
			start, err := (&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30,
				Parameters: map[string]string{"user": "driftdb", "database": "driftdb"}}).Encode(nil)
			if err != nil {
				panic(err)
			}
			_, _ = far.Write(start)
			_, _ = far.Write(in)
			_ = far.Close()
		}()
		fe := pgproto3.NewFrontend(far, io.Discard)
		for {
			if _, err := fe.Receive(); err != nil {
				return
			}
		}
	})
}

// local is a pipe that looks like a connection from this machine, so that no
// password is asked.
type local struct{ net.Conn }

func (local) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// FuzzDecode feeds arbitrary bytes to the decoders of message bodies.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("select 1\x00"))
	f.Add([]byte("a\x00param\x00\x00\x01\x00\x00\x00\x19"))
	f.Add([]byte("\x00a\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x02hi\x00\x01\x00\x01"))
	f.Add([]byte("\x00\x00\x00\x02\x00\x00\x00\x00\xff\xff"))
	var m bindMessage
	f.Fuzz(func(t *testing.T, in []byte) {
		_, _ = decodeQuery(in)
		_, _ = decodeParse(in)
		if err := m.decode(in); err == nil && len(m.paramFormats) > 1 && len(m.paramFormats) != len(m.params) {
			t.Error("formats and parameters disagree")
		}
		_ = parseOptions(string(in), map[string]string{})
		_ = invalidUTF8(in)
		c := &conn{}
		_, _ = c.startupParams(3<<16, in)
	})
}
