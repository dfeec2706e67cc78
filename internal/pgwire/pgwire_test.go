package pgwire

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/obs"
)

// The tests talk to a Server through sockets with clients that are not ours
// (pgproto3, pgconn, pgx); the session behind it is testSession.

func startServer(t *testing.T, opts Options) (*Server, *testEngine, string) {
	t.Helper()
	engine := newTestEngine()
	opts.Engine = engine
	s := NewServer(opts)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Stop(0)
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if o, c := engine.open.Load(), engine.closed.Load(); o != c {
			t.Errorf("%d sessions opened, %d closed", o, c)
		}
	})
	return s, engine, l.Addr().String()
}

func connect(t *testing.T, address, extra string) *pgconn.PgConn {
	t.Helper()
	c, err := pgconn.Connect(context.Background(), url(address, extra))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func url(address, extra string) string {
	if extra == "" {
		extra = "sslmode=disable"
	}
	return "postgres://driftdb@" + address + "/driftdb?" + extra
}

// raw is a started session spoken to message by message.
type raw struct {
	t *testing.T
	net.Conn
	*pgproto3.Frontend
}

func dialRaw(t *testing.T, address string) *raw {
	t.Helper()
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	r := &raw{t, nc, pgproto3.NewFrontend(nc, nc)}
	r.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30,
		Parameters: map[string]string{"user": "driftdb", "database": "driftdb"}})
	if err := r.Flush(); err != nil {
		t.Fatal(err)
	}
	r.expectEnd("Z I")
	return r
}

// next returns the next message in short form, or the read's error.
func (r *raw) next() string {
	r.t.Helper()
	_ = r.SetReadDeadline(time.Now().Add(5 * time.Second))
	m, err := r.Receive()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "reset") {
			return "EOF"
		}
		return err.Error()
	}
	switch m := m.(type) {
	case *pgproto3.ReadyForQuery:
		return "Z " + string(m.TxStatus)
	case *pgproto3.ErrorResponse:
		return fmt.Sprintf("E %s %s %s", m.Severity, m.Code, m.Message)
	case *pgproto3.CommandComplete:
		return "C " + string(m.CommandTag)
	case *pgproto3.DataRow:
		return "D " + string(bytes.Join(m.Values, []byte("|")))
	case *pgproto3.ParameterStatus:
		return "S " + m.Name + "=" + m.Value
	case *pgproto3.CopyData:
		return "d " + string(m.Data)
	default:
		return strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
	}
}

func (r *raw) expect(want ...string) {
	r.t.Helper()
	for _, w := range want {
		if got := r.next(); got != w {
			r.t.Fatalf("got %q, want %q", got, w)
		}
	}
}

// expectEnd skips messages until want.
func (r *raw) expectEnd(want string) {
	r.t.Helper()
	for range 1000 {
		switch got := r.next(); got {
		case want:
			return
		case "EOF":
			r.t.Fatalf("end of file before %q", want)
		}
	}
	r.t.Fatalf("no %q", want)
}

func (r *raw) write(b ...byte) {
	r.t.Helper()
	if _, err := r.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

func message(t byte, body string) []byte {
	b := append([]byte{t}, binary.BigEndian.AppendUint32(nil, uint32(len(body)+4))...)
	return append(b, body...)
}

func (r *raw) send(messages ...[]byte) {
	r.t.Helper()
	r.write(bytes.Join(messages, nil)...)
}

func TestStartup(t *testing.T) {
	_, _, address := startServer(t, Options{})
	c := connect(t, address, "sslmode=disable&application_name=x&options=-c%20TimeZone%3Deurope/paris%20--work-mem%3D1MB")
	for name, want := range map[string]string{
		"server_version": "15.18", "server_encoding": "UTF8", "client_encoding": "UTF8", "application_name": "x", "is_superuser": "on",
		"session_authorization": "driftdb", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "TimeZone": "Europe/Paris",
		"integer_datetimes": "on", "standard_conforming_strings": "on", "in_hot_standby": "off", "default_transaction_read_only": "off",
	} {
		if got := c.ParameterStatus(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for extra, want := range map[string]string{
		"sslmode=disable&user=nobody":                          "28000 role \"nobody\" does not exist",
		"sslmode=disable&user=nologin":                         "28000 role \"nologin\" is not permitted to log in",
		"sslmode=disable&dbname=zz":                            "3D000 database \"zz\" does not exist",
		"sslmode=disable&foo=zz":                               "42704 unrecognized configuration parameter \"foo\"",
		"sslmode=disable&work_mem=zz":                          "22023 invalid value for parameter \"work_mem\": \"zz\"",
		"sslmode=disable&options=-c%20work_mem":                "42601 -c work_mem requires a value",
		"sslmode=disable&options=abc":                          "42601 invalid command-line argument for server process: abc",
		"sslmode=disable&replication=database":                 "0A000 replication connections are not supported",
		"sslmode=disable&work_mem=1MB&options=-c%20fsync%3Don": "55P02 parameter \"fsync\" cannot be changed now",
	} {
		_, err := pgconn.Connect(context.Background(), url(address, extra))
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", extra, err)
		} else if got := e.Code + " " + e.Message; got != want || e.Severity != "FATAL" {
			t.Errorf("%s: %s %s", extra, e.Severity, got)
		}
	}
}

// Broken first packets. Each gets an answer and the end of the connection.
func TestStartupBytes(t *testing.T) {
	_, _, address := startServer(t, Options{AuthTimeout: 300 * time.Millisecond})
	packet := func(s string) string { return string(binary.BigEndian.AppendUint32(nil, uint32(len(s)+4))) + s }
	for name, c := range map[string]struct{ in, want string }{
		"http":       {"GET / HTTP/1.1\r\n\r\n", "invalid length of startup packet"},
		"short":      {"\x00\x00\x00\x04", "invalid length of startup packet"},
		"version 2":  {packet("\x00\x02\x00\x00user\x00x\x00\x00"), "unsupported frontend protocol 2.0: server supports 3.0 to 3.0"},
		"no user":    {packet("\x00\x03\x00\x00\x00"), "no PostgreSQL user name specified in startup packet"},
		"no end":     {packet("\x00\x03\x00\x00user\x00driftdb\x00"), "invalid startup packet layout: expected terminator as last byte"},
		"utf8":       {packet("\x00\x03\x00\x00user\x00\xff\x00\x00"), "invalid byte sequence for encoding \"UTF8\": 0xff"},
		"silent":     {"", ""},
		"slow":       {"\x00\x00", ""},
		"ssl + more": {packet("\x04\xd2\x16\x2f") + "more", "received unencrypted data after SSL request"},
		"ssl, gss":   {packet("\x04\xd2\x16\x2f"), "N"},
		"cancel":     {packet("\x04\xd2\x16\x2e\x00\x00\x00\x01\x00\x00\x00\x01"), ""},
	} {
		nc, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nc.Write([]byte(c.in)); err != nil {
			t.Fatal(err)
		}
		_ = nc.SetReadDeadline(time.Now().Add(3 * time.Second))
		out, err := io.ReadAll(nc)
		if err != nil && !strings.Contains(err.Error(), "reset") {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(string(out), c.want) || c.want == "" && len(out) > 0 {
			t.Errorf("%s: %q", name, out)
		}
		_ = nc.Close()
	}
}

func TestNegotiateVersion(t *testing.T) {
	_, _, address := startServer(t, Options{})
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	r := &raw{t, nc, pgproto3.NewFrontend(nc, nc)}
	body := "\x00\x03\x00\x02user\x00driftdb\x00_pq_.foo\x00bar\x00\x00"
	r.write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)...)
	head := make([]byte, 5+8+9)
	if _, err := io.ReadFull(nc, head); err != nil {
		t.Fatal(err)
	}
	if string(head) != "v\x00\x00\x00\x15\x00\x03\x00\x00\x00\x00\x00\x01_pq_.foo\x00" {
		t.Errorf("%q", head)
	}
	r.expectEnd("Z I")
}

func TestSimple(t *testing.T) {
	_, _, address := startServer(t, Options{})
	r := dialRaw(t, address)
	q := func(sql string) []byte { return message('Q', sql+"\x00") }
	r.send(q("rows 2; begin"))
	r.expect("RowDescription", "D 0|some text of a row", "D 1|some text of a row", "C SELECT 2", "C BEGIN", "Z T")
	r.send(q("error 22012"))
	r.expect("E ERROR 22012 an error", "Z E")
	r.send(q("rows 1"))
	r.expect("E ERROR 25P02 current transaction is aborted, commands ignored until end of transaction block", "Z E")
	r.send(q("rollback"))
	r.expect("C ROLLBACK", "Z I")
	r.send(q(""), q(" ;"))
	r.expect("EmptyQueryResponse", "Z I", "EmptyQueryResponse", "Z I")
	r.send(q("notice"))
	r.expect("NoticeResponse", "C NOTICE", "Z I")
	r.send(q("set timezone europe/berlin"))
	r.expect("C SET", "S TimeZone=Europe/Berlin", "Z I")
	r.send(message('d', "ignored"), message('c', ""), message('f', "x\x00"), q("rows 0"))
	r.expect("RowDescription", "C SELECT 0", "Z I")
	r.send(message('F', "\x00\x00\x00\x01"))
	r.expect("E ERROR 0A000 the function call message is not supported", "Z I")
	r.send(message('X', ""))
	r.expect("EOF")
}

func TestErrorFields(t *testing.T) {
	_, _, address := startServer(t, Options{})
	c := connect(t, address, "")
	_, err := c.Exec(context.Background(), "error 23505").ReadAll()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	got := []string{e.Severity, e.SeverityUnlocalized, e.Code, e.Message, e.Detail, e.Hint, fmt.Sprint(e.Position), e.SchemaName, e.TableName, e.ColumnName, e.ConstraintName}
	if s := strings.Join(got, ","); s != "ERROR,ERROR,23505,an error,a detail,a hint,7,s,t,c,k" {
		t.Error(s)
	}
}

func TestExtended(t *testing.T) {
	_, _, address := startServer(t, Options{})
	r := dialRaw(t, address)
	parse := func(name, sql string) []byte { return message('P', name+"\x00"+sql+"\x00\x00\x00") }
	bind := func(portal, name string) []byte {
		return message('B', portal+"\x00"+name+"\x00\x00\x00\x00\x00\x00\x00")
	}
	execute := func(portal string, n byte) []byte { return message('E', portal+"\x00\x00\x00\x00"+string(n)) }
	sync, flush := message('S', ""), message('H', "")

	r.send(parse("a", "rows 3"), message('D', "Sa\x00"), flush)
	r.expect("ParseComplete", "ParameterDescription", "RowDescription")
	r.send(bind("p", "a"), message('D', "Pp\x00"), execute("p", 2), execute("p", 2), sync)
	r.expect("BindComplete", "RowDescription", "D 0|some text of a row", "D 1|some text of a row", "PortalSuspended",
		"D 2|some text of a row", "C SELECT 3", "Z I")

	// A suspended portal lives on after Sync in a transaction.
	r.send(parse("", "begin"), bind("", ""), execute("", 0), sync)
	r.expect("ParseComplete", "BindComplete", "C BEGIN", "Z T")
	r.send(bind("p", "a"), execute("p", 1), sync)
	r.expect("BindComplete", "D 0|some text of a row", "PortalSuspended", "Z T")
	r.send(execute("p", 0), message('C', "Pp\x00"), execute("p", 0), sync)
	r.expect("D 1|some text of a row", "D 2|some text of a row", "C SELECT 3", "CloseComplete", "E ERROR 34000 portal \"p\" does not exist", "Z E")
	r.send(message('Q', "rollback\x00"))
	r.expect("C ROLLBACK", "Z I")

	// An error skips everything up to Sync, a simple query too (I6).
	r.send(parse("", "syntax"), bind("", "a"), execute("", 0), message('Q', "rows 1\x00"), sync, parse("", ""), bind("", ""), execute("", 0), sync)
	r.expect("E ERROR 42601 syntax error", "Z I", "ParseComplete", "BindComplete", "EmptyQueryResponse", "Z I")

	// The door's own error fails an open transaction.
	r.send(message('Q', "begin\x00"), message('D', "Z\x00"), sync, message('Q', "rollback\x00"))
	r.expect("C BEGIN", "Z T", "E ERROR 08P01 invalid DESCRIBE message subtype 90", "Z E", "C ROLLBACK", "Z I")
	r.send(message('Q', "begin\x00"), message('Q', "x\xff\x00"), message('Q', "rollback\x00"))
	r.expect("C BEGIN", "Z T", "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xff", "Z E", "C ROLLBACK", "Z I")

	// Statements without rows, closing, pipelined batches.
	r.send(parse("b", "notice"), message('D', "Sb\x00"), bind("", "b"), message('D', "P\x00"), message('C', "Sb\x00"), message('C', "Sb\x00"), sync,
		bind("", "a"), execute("", 1), sync, bind("", "b"), sync)
	r.expect("ParseComplete", "ParameterDescription", "NoData", "BindComplete", "NoData", "CloseComplete", "CloseComplete", "Z I",
		"BindComplete", "D 0|some text of a row", "PortalSuspended", "Z I",
		"E ERROR 26000 prepared statement \"b\" does not exist", "Z I")
}

// Messages whose bytes are wrong; texts and codes are PostgreSQL's.
func TestBrokenMessages(t *testing.T) {
	_, _, address := startServer(t, Options{})
	parse := message('P', "\x00param\x00\x00\x00")
	sync := message('S', "")
	for name, c := range map[string]struct {
		in   [][]byte
		want []string
	}{
		"query utf8":     {[][]byte{message('Q', "select '\xe4bc'\x00")}, []string{"E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xe4 0x62 0x63", "Z I"}},
		"query nul":      {[][]byte{message('Q', "a\x00b\x00")}, []string{"E ERROR 08P01 invalid message format", "Z I"}},
		"query no end":   {[][]byte{message('Q', "a")}, []string{"E ERROR 08P01 invalid string in message", "Z I"}},
		"parse utf8":     {[][]byte{message('P', "\x00\xff\x00\x00\x00"), sync}, []string{"E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xff", "Z I"}},
		"parse short":    {[][]byte{message('P', "\x00x\x00\x00\x02\x00"), sync}, []string{"E ERROR 08P01 insufficient data left in message", "Z I"}},
		"param utf8":     {[][]byte{parse, message('B', "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02a\xff\x00\x00"), sync}, []string{"ParseComplete", "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0xff", "Z I"}},
		"param nul":      {[][]byte{parse, message('B', "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02a\x00\x00\x00"), sync}, []string{"ParseComplete", "E ERROR 22021 invalid byte sequence for encoding \"UTF8\": 0x00", "Z I"}},
		"param short":    {[][]byte{parse, message('B', "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x20a\x00\x00"), sync}, []string{"ParseComplete", "E ERROR 08P01 insufficient data left in message", "Z I"}},
		"param negative": {[][]byte{parse, message('B', "\x00\x00\x00\x00\x00\x01\xff\xff\xff\xf0a\x00\x00"), sync}, []string{"ParseComplete", "E ERROR 08P01 insufficient data left in message", "Z I"}},
		"formats":        {[][]byte{parse, message('B', "\x00\x00\x00\x02\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00"), sync}, []string{"ParseComplete", "E ERROR 08P01 bind message has 2 parameter formats but 1 parameters", "Z I"}},
		"format 7":       {[][]byte{parse, message('B', "\x00\x00\x00\x01\x00\x07\x00\x01\x00\x00\x00\x01a\x00\x00"), sync}, []string{"ParseComplete", "E ERROR 22023 unsupported format code: 7", "Z I"}},
		"bind trailing":  {[][]byte{parse, message('B', "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x00xx"), sync}, []string{"ParseComplete", "E ERROR 08P01 invalid message format", "Z I"}},
		"bind lies":      {[][]byte{parse, message('B', "\x00\x00\x00\x00\xff\xff"), sync}, []string{"ParseComplete", "E ERROR 08P01 bind message supplies 65535 parameters, but prepared statement \"\" requires 1", "Z I"}},
		"flush trailing": {[][]byte{message('H', "x"), sync}, []string{"E ERROR 08P01 invalid message format", "Z I"}},
		"close subtype":  {[][]byte{message('C', "Z\x00"), sync}, []string{"E ERROR 08P01 invalid CLOSE message subtype 90", "Z I"}},
		"empty describe": {[][]byte{message('D', ""), sync}, []string{"E ERROR 08P01 no data left in message", "Z I"}},
		"sync trailing":  {[][]byte{message('S', "abc")}, []string{"E ERROR 08P01 invalid message format", "Z I"}},
		"unknown type":   {[][]byte{message('y', "")}, []string{"E FATAL 08P01 invalid frontend message type 121", "EOF"}},
		"length 0":       {[][]byte{{'Q', 0, 0, 0, 0}}, []string{"E FATAL 08P01 invalid message length", "EOF"}},
		"large sync":     {[][]byte{{'S', 0, 1, 0, 0}}, []string{"E FATAL 08P01 invalid message length", "EOF"}},
		"huge query":     {[][]byte{{'Q', 0x7f, 0xff, 0xff, 0xff}}, []string{"E FATAL 08P01 invalid message length", "EOF"}},
		"panic":          {[][]byte{message('Q', "panic\x00")}, []string{"E FATAL XX000 internal error: a bug", "EOF"}},
		"fatal":          {[][]byte{message('Q', "fatal\x00")}, []string{"E FATAL 57P01 the end", "EOF"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := dialRaw(t, address)
			r.send(c.in...)
			r.expect(c.want...)
		})
	}
}

func TestLargeMessages(t *testing.T) {
	_, _, address := startServer(t, Options{})
	c := connect(t, address, "")
	// A query of 20 MB, a parameter of 20 MB, a row of 20 MB.
	if _, err := c.Exec(context.Background(), "rows 1"+strings.Repeat(" ", 20<<20)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("é"), 10<<20)
	res := c.ExecParams(context.Background(), "param", [][]byte{big}, nil, nil, nil).Read()
	if res.Err != nil || !bytes.Equal(res.Rows[0][0], big) {
		t.Fatal("large parameter", res.Err)
	}
	out, err := c.Exec(context.Background(), "big 20000000; rows 1").ReadAll()
	if err != nil || len(out[0].Rows[0][0]) != 20000000 || len(out[1].Rows) != 1 {
		t.Fatal("large row", err)
	}
}

// A client that announces 1 GB and sends 100 kB costs twice that, no more (I2).
func TestAnnouncedLengthCostsNothing(t *testing.T) {
	near, far := net.Pipe()
	c := &conn{base: near, net: near}
	go func() {
		_, _ = far.Write(append([]byte{'Q', 0x3f, 0xff, 0xff, 0x00}, make([]byte, 100<<10)...))
		_ = far.Close()
	}()
	if _, _, err := c.message(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if n := len(c.in.buf); n > 256<<10 {
		t.Errorf("buffer of %d bytes", n)
	}
}

func TestByteByByte(t *testing.T) {
	_, _, address := startServer(t, Options{})
	r := dialRaw(t, address)
	for _, b := range append(message('Q', "rows 1\x00"), message('X', "")...) {
		r.write(b)
	}
	r.expect("RowDescription", "D 0|some text of a row", "C SELECT 1", "Z I", "EOF")
}

func TestManyRows(t *testing.T) {
	_, _, address := startServer(t, Options{})
	c := connect(t, address, "")
	for _, format := range []int16{0, 1} {
		res := c.ExecParams(context.Background(), "rows 50000", nil, nil, nil, []int16{format}).Read()
		if res.Err != nil || len(res.Rows) != 50000 {
			t.Fatal(len(res.Rows), res.Err)
		}
		last := res.Rows[49999]
		if format == 0 && string(last[0]) != "49999" || format == 1 && binary.BigEndian.Uint64(last[0]) != 49999 {
			t.Errorf("format %d: %q", format, last[0])
		}
		if res.Rows[3][1] != nil {
			t.Error("NULL lost")
		}
	}
}

func TestPgx(t *testing.T) {
	_, _, address := startServer(t, Options{})
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url(address, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	var s string
	if err := c.QueryRow(ctx, "param", "hello").Scan(&s); err != nil || s != "hello" {
		t.Fatal(s, err)
	}
	batch := &pgx.Batch{}
	for range 100 {
		batch.Queue("rows 2")
	}
	res := c.SendBatch(ctx, batch)
	for range 100 {
		rows, err := res.Query()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if n != 2 || rows.Err() != nil {
			t.Fatal(n, rows.Err())
		}
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCopy(t *testing.T) {
	_, _, address := startServer(t, Options{})
	ctx := context.Background()
	c := connect(t, address, "")
	data := strings.Repeat("a line\n", 100000)
	if tag, err := c.CopyFrom(ctx, strings.NewReader(data), "copyin"); err != nil || tag.RowsAffected() != 100000 {
		t.Fatal(tag, err)
	}
	_, err := c.CopyFrom(ctx, strings.NewReader("a\nbad\n"+data), "copyin")
	if e := new(pgconn.PgError); !errors.As(err, &e) || e.Code != "22P04" {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if tag, err := c.CopyTo(ctx, &out, "copyout 3"); err != nil || tag.RowsAffected() != 3 || out.String() != "0\n1\n2\n" {
		t.Fatal(tag, err, out.String())
	}

	r := dialRaw(t, address)
	begin := message('Q', "copyin\x00")
	r.send(begin, message('d', "1\n"), message('H', ""), message('S', ""), message('d', ""), message('d', "2\n"), message('c', ""))
	r.expect("CopyInResponse", "C COPY 2", "Z I")
	r.send(begin, message('f', "no more\x00"))
	r.expect("CopyInResponse", "E ERROR 57014 COPY from stdin failed: no more", "Z I")
	// Extended: the end of the batch comes after the data.
	r.send(message('P', "\x00copyin\x00\x00\x00"), message('B', "\x00\x00\x00\x00\x00\x00\x00\x00"), message('E', "\x00\x00\x00\x00\x00"))
	r.expect("ParseComplete", "BindComplete", "CopyInResponse")
	r.send(message('d', "1\n2\n"), message('c', ""), message('S', ""))
	r.expect("C COPY 2", "Z I")
	r.send(begin, message('Q', "rows 1\x00"))
	r.expect("CopyInResponse", "E ERROR 08P01 unexpected message type 0x51 during COPY from stdin",
		"E FATAL 08P01 terminating connection because protocol synchronization was lost", "EOF")
}

func TestCopyVanishedClient(t *testing.T) {
	_, engine, address := startServer(t, Options{})
	r := dialRaw(t, address)
	r.send(message('Q', "copyin\x00"), message('d', "1\n"))
	r.expect("CopyInResponse")
	_ = r.Close()
	eventually(t, "the session ends", func() bool { return engine.closed.Load() == 1 })
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

func TestCancel(t *testing.T) {
	s, _, address := startServer(t, Options{})
	c := connect(t, address, "")
	for _, cancel := range map[string]func(){
		"request": func() {
			if err := c.CancelRequest(context.Background()); err != nil {
				t.Error(err)
			}
		},
		"function": func() {
			if !s.Cancel(int32(c.PID())) {
				t.Error("no such session")
			}
		},
	} {
		go func() {
			time.Sleep(50 * time.Millisecond)
			cancel()
		}()
		_, err := c.Exec(context.Background(), "sleep 5000").ReadAll()
		if e := new(pgconn.PgError); !errors.As(err, &e) || e.Code != "57014" {
			t.Fatal(err)
		}
	}
	// A wrong key cancels nothing.
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	b := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 16, 0x04, 0xd2, 0x16, 0x2e}, c.PID())
	if _, err := nc.Write(binary.BigEndian.AppendUint32(b, 12345)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(nc)
	if _, err := c.Exec(context.Background(), "sleep 50").ReadAll(); err != nil {
		t.Error(err)
	}
	if s.Cancel(99999) || s.Terminate(99999) {
		t.Error("found a session that does not exist")
	}
	go func() { time.Sleep(50 * time.Millisecond); s.Terminate(int32(c.PID())) }()
	_, err = c.Exec(context.Background(), "sleep 5000").ReadAll()
	if e := new(pgconn.PgError); !errors.As(err, &e) || e.Code != "57P01" {
		t.Fatal(err)
	}
}

func TestVanishedClientStopsItsStatement(t *testing.T) {
	_, engine, address := startServer(t, Options{})
	r := dialRaw(t, address)
	r.send(message('Q', "sleep 60000\x00"), message('Q', "rows 1\x00")) // pipelined bytes do not hide the end
	time.Sleep(50 * time.Millisecond)
	_ = r.Close()
	eventually(t, "the statement is cancelled", func() bool { return engine.canceled.Load() == 1 && engine.closed.Load() == 1 })
}

func TestPipelinedWhileBusy(t *testing.T) {
	_, _, address := startServer(t, Options{})
	r := dialRaw(t, address)
	r.send(message('Q', "sleep 500\x00"))
	time.Sleep(20 * time.Millisecond)
	r.send(message('Q', "rows 1\x00"))
	r.expect("C SLEEP", "Z I", "RowDescription", "D 0|some text of a row", "C SELECT 1", "Z I")
}

func TestIdleInTransaction(t *testing.T) {
	_, _, address := startServer(t, Options{})
	r := dialRaw(t, address)
	r.send(message('Q', "set idle_in_transaction_session_timeout 400; begin\x00"))
	r.expect("C SET", "C BEGIN", "Z T")
	time.Sleep(200 * time.Millisecond)
	r.send(message('Q', "rows 0\x00")) // work in time starts the wait anew
	r.expect("RowDescription", "C SELECT 0", "Z T")
	start := time.Now()
	r.expect("E FATAL 25P03 terminating connection due to idle-in-transaction timeout", "EOF")
	if d := time.Since(start); d < 300*time.Millisecond || d > 4*time.Second {
		t.Errorf("after %v", d)
	}
}

func TestTooManyConnections(t *testing.T) {
	_, _, address := startServer(t, Options{MaxConnections: 4, ReservedConnections: 1})
	code := func(user string) string {
		c, err := pgconn.Connect(context.Background(), "postgres://"+user+"@"+address+"/driftdb?sslmode=disable")
		var e *pgconn.PgError
		if errors.As(err, &e) {
			return e.Code + " " + e.Message
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(context.Background()) })
		return ""
	}
	for i, c := range []struct{ user, want string }{
		{"ada", ""}, {"few", ""}, {"few", "53300 too many connections for role \"few\""}, {"ada", ""},
		{"ada", "53300 remaining connection slots are reserved for non-replication superuser connections"},
		{"driftdb", ""},
		{"driftdb", "53300 sorry, too many clients already"},
	} {
		if got := code(c.user); got != c.want {
			t.Errorf("%d: %q", i, got)
		}
	}
}

func TestGracefulStop(t *testing.T) {
	s, engine, address := startServer(t, Options{})
	idle, working, stuck := dialRaw(t, address), dialRaw(t, address), dialRaw(t, address)
	working.send(message('Q', "sleep 150\x00"))
	stuck.send(message('Q', "sleep 60000\x00"))
	time.Sleep(30 * time.Millisecond)
	done := make(chan struct{})
	go func() { s.Stop(400 * time.Millisecond); close(done) }()
	const end = "E FATAL 57P01 terminating connection due to administrator command"
	idle.expect(end, "EOF")
	working.expect("C SLEEP", "Z I", end, "EOF") // a running statement ends in peace
	stuck.expect(end, "EOF")                     // after the grace it is cancelled
	<-done
	if engine.canceled.Load() != 1 {
		t.Error("the long statement was not cancelled")
	}
	if _, err := net.DialTimeout("tcp", address, time.Second); err == nil {
		t.Error("still listening")
	}
}

// Stop returns although a statement ignores its cancellation and a client never
// reads.
func TestStopDoesNotHang(t *testing.T) {
	s, _, address := startServer(t, Options{})
	r := dialRaw(t, address)
	r.send(message('Q', "big 50000000\x00"), message('Q', "rows 1\x00")) // fills the socket: nobody reads
	time.Sleep(50 * time.Millisecond)
	done := make(chan struct{})
	go func() { s.Stop(0); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Stop hangs")
	}
}

func tlsOptions(t *testing.T) Options {
	cfg, err := authn.SelfSigned(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return Options{TLS: cfg, Policy: authn.NewPolicy()}
}

func TestTLS(t *testing.T) {
	opts := tlsOptions(t)
	_, engine, address := startServer(t, opts)
	for _, extra := range []string{"sslmode=require", "sslmode=require&sslnegotiation=direct", "sslmode=disable",
		"sslmode=require&ssl_min_protocol_version=TLSv1.2&ssl_max_protocol_version=TLSv1.2"} {
		c := connect(t, address, strings.Split(extra, "&ssl_")[0])
		_, isTLS := c.Conn().(*tls.Conn)
		if want := !strings.Contains(extra, "disable"); isTLS != want {
			t.Errorf("%s: TLS %v", extra, isTLS)
		}
		for range 3 {
			res, err := c.Exec(context.Background(), "rows 2000").ReadAll()
			if err != nil || len(res[0].Rows) != 2000 {
				t.Fatal(extra, err)
			}
		}
		if err := c.CancelRequest(context.Background()); err != nil {
			t.Errorf("%s: cancel: %v", extra, err)
		}
	}
	// TLS from the first byte needs ALPN; old versions are refused.
	for name, cfg := range map[string]*tls.Config{
		"no ALPN":  {InsecureSkipVerify: true},
		"TLS 1.1":  {InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, NextProtos: []string{authn.ALPN}},
		"bad ALPN": {InsecureSkipVerify: true, NextProtos: []string{"h2"}},
	} {
		nc, err := tls.Dial("tcp", address, cfg)
		if err == nil {
			_ = nc.SetReadDeadline(time.Now().Add(2 * time.Second))
			_, err = nc.Read(make([]byte, 1))
			_ = nc.Close()
		}
		if err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: accepted", name)
		}
	}
	// A vanished client is seen through TLS too.
	c := connect(t, address, "sslmode=require")
	before := engine.canceled.Load()
	go func() { _, _ = c.Exec(context.Background(), "sleep 60000").ReadAll() }()
	time.Sleep(50 * time.Millisecond)
	_ = c.Conn().(*tls.Conn).NetConn().Close()
	eventually(t, "the statement is cancelled", func() bool { return engine.canceled.Load() == before+1 })
}

func TestPasswords(t *testing.T) {
	opts := tlsOptions(t)
	opts.Policy.NoTrust, opts.Policy.AllowMD5 = true, true
	_, _, address := startServer(t, opts)
	for _, c := range []struct{ user, password, extra, want string }{
		{"ada", "secret", "sslmode=disable", ""},
		{"ada", "secret", "sslmode=require", ""},
		{"ada", "secret", "sslmode=require&channel_binding=require", ""},
		{"old", "secret", "sslmode=disable", ""},
		{"ada", "x", "sslmode=disable", "28P01 password authentication failed for user \"ada\""},
		{"old", "x", "sslmode=disable", "28P01 password authentication failed for user \"old\""},
		{"nobody", "secret", "sslmode=disable", "28P01 password authentication failed for user \"nobody\""},
		{"nologin", "secret", "sslmode=disable", "28000 role \"nologin\" is not permitted to log in"},
	} {
		conn, err := pgconn.Connect(context.Background(), fmt.Sprintf("postgres://%s:%s@%s/driftdb?%s", c.user, c.password, address, c.extra))
		got := ""
		var e *pgconn.PgError
		switch {
		case errors.As(err, &e):
			got = e.Code + " " + e.Message
		case err != nil:
			got = err.Error()
		default:
			_ = conn.Close(context.Background())
		}
		if got != c.want {
			t.Errorf("%s/%s %s: %s", c.user, c.password, c.extra, got)
		}
	}
}

func TestStatementLogging(t *testing.T) {
	var mu sync.Mutex
	var b bytes.Buffer
	level := &slog.LevelVar{}
	level.Set(obs.LevelWarning)
	log := slog.New(obs.NewHandler(writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return b.Write(p)
	}), level, false))
	_, _, address := startServer(t, Options{Log: log, LogConnections: true, LogDisconnections: true})
	c := connect(t, address, "")
	if _, err := c.Exec(context.Background(), "set log_min_duration_statement 0; rows 0").ReadAll(); err != nil {
		t.Fatal(err)
	}
	if res := c.ExecParams(context.Background(), "rows 1", nil, nil, nil, nil).Read(); res.Err != nil {
		t.Fatal(res.Err)
	}
	if _, err := c.Exec(context.Background(), "error 22012").ReadAll(); err == nil {
		t.Fatal("no error")
	}
	_ = c.Close(context.Background())
	eventually(t, "the end is logged", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return strings.Contains(b.String(), "disconnection:")
	})
	for _, want := range []string{"LOG:  connection received: host=127.0.0.1", "driftdb@driftdb LOG:  connection authorized: user=driftdb",
		"ERROR:  22012: an error", "DETAIL:  a detail", "STATEMENT:  error 22012",
		" ms  execute <unnamed>: rows 1", " ms  statement: error 22012"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing %q in\n%s", want, b.String())
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// psql brings libpq as another judge, where it is installed.
func TestPsql(t *testing.T) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		t.Skip("psql is not installed")
	}
	opts := tlsOptions(t)
	opts.Policy.NoTrust = true
	_, _, address := startServer(t, opts)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, extra := range []string{"sslmode=disable", "sslmode=require channel_binding=disable", "sslmode=require channel_binding=require", "sslmode=prefer"} {
		cmd := exec.Command(psql, "-XAt", "-c", "rows 2", "host=127.0.0.1 user=ada dbname=driftdb port="+port+" "+extra)
		cmd.Env = append(os.Environ(), "PGPASSWORD=secret")
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != "0|some text of a row\n1|some text of a row\n" {
			t.Errorf("%s: %v %s", extra, err, out)
		}
	}
	cmd := exec.Command(psql, "-X", "-c", "copyin", "host=127.0.0.1 user=ada dbname=driftdb sslmode=disable port="+port)
	cmd.Env = append(os.Environ(), "PGPASSWORD=secret")
	cmd.Stdin = strings.NewReader("a\nb\n")
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "COPY 2\n" {
		t.Errorf("%v %s", err, out)
	}
}
