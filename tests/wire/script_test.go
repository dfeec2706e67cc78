package wire

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgproto3"
)

// answerTimeout is how long an expected message may take.
const answerTimeout = 5 * time.Second

// quiet is how long a server must send nothing to have said all.
const quiet = 300 * time.Millisecond

// client is one connection a script talks through.
type client struct {
	net.Conn
	fe *pgproto3.Frontend
}

// dial connects and, unless params is nil, starts a session and waits for
// ReadyForQuery.
func dial(address string, params map[string]string) (*client, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &client{nc, pgproto3.NewFrontend(nc, nc)}
	if params == nil {
		return c, nil
	}
	c.fe.Send(&pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: params})
	if err := c.fe.Flush(); err != nil {
		return nil, err
	}
	for {
		m, err := c.receive(answerTimeout)
		switch {
		case err != nil:
			return nil, err
		case strings.HasPrefix(m, `{"ErrorResponse"`), strings.HasPrefix(m, `{"Authentication"`) && m != `{"Authentication":0}`:
			return nil, errors.New(m)
		case strings.HasPrefix(m, `{"ReadyForQuery"`):
			return c, nil
		}
	}
}

// exec runs statements and drops their results.
func (c *client) exec(sql string) error {
	if err := c.send(`{"Query":` + quote(sql) + `}`); err != nil {
		return err
	}
	var failure error
	for {
		m, err := c.receive(answerTimeout)
		if err != nil {
			return err
		}
		if strings.HasPrefix(m, `{"ErrorResponse"`) {
			failure = errors.New(m)
		}
		if strings.HasPrefix(m, `{"ReadyForQuery"`) {
			return failure
		}
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}

// outgoing is a line after ">": exactly one field is set.
type outgoing struct {
	Query *string
	Parse *struct {
		Name, SQL string
		Types     []uint32
	}
	Bind *struct {
		Portal, Name string
		Params       []*string // "\\x..." is bytes in hexadecimal
		Formats      []int16
		Results      []int16
	}
	Describe *string // "S" or "P" followed by the name
	Execute  *struct {
		Portal string
		Max    uint32
	}
	Close    *string
	Sync     bool
	Flush    bool
	Term     bool
	CopyData *string
	CopyDone bool
	CopyFail *string
	Hex      *string           // bytes as they are, blanks ignored
	Startup  map[string]string // only after "> {"Connect":true}"
	Connect  bool
}

// send sends the message of one line.
func (c *client) send(line string) error {
	var o outgoing
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	if o.Hex != nil {
		b, err := hex.DecodeString(strings.ReplaceAll(*o.Hex, " ", ""))
		if err != nil {
			return err
		}
		_, err = c.Write(b)
		return err
	}
	m, err := o.message()
	if err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	c.fe.Send(m)
	return c.fe.Flush()
}

func (o *outgoing) message() (pgproto3.FrontendMessage, error) {
	switch {
	case o.Query != nil:
		return &pgproto3.Query{String: *o.Query}, nil
	case o.Parse != nil:
		return &pgproto3.Parse{Name: o.Parse.Name, Query: o.Parse.SQL, ParameterOIDs: o.Parse.Types}, nil
	case o.Bind != nil:
		m := &pgproto3.Bind{DestinationPortal: o.Bind.Portal, PreparedStatement: o.Bind.Name,
			ParameterFormatCodes: o.Bind.Formats, ResultFormatCodes: o.Bind.Results}
		for _, p := range o.Bind.Params {
			b, err := param(p)
			if err != nil {
				return nil, err
			}
			m.Parameters = append(m.Parameters, b)
		}
		return m, nil
	case o.Describe != nil && *o.Describe != "":
		return &pgproto3.Describe{ObjectType: (*o.Describe)[0], Name: (*o.Describe)[1:]}, nil
	case o.Execute != nil:
		return &pgproto3.Execute{Portal: o.Execute.Portal, MaxRows: o.Execute.Max}, nil
	case o.Close != nil && *o.Close != "":
		return &pgproto3.Close{ObjectType: (*o.Close)[0], Name: (*o.Close)[1:]}, nil
	case o.Sync:
		return &pgproto3.Sync{}, nil
	case o.Flush:
		return &pgproto3.Flush{}, nil
	case o.Term:
		return &pgproto3.Terminate{}, nil
	case o.CopyData != nil:
		return &pgproto3.CopyData{Data: []byte(*o.CopyData)}, nil
	case o.CopyDone:
		return &pgproto3.CopyDone{}, nil
	case o.CopyFail != nil:
		return &pgproto3.CopyFail{Message: *o.CopyFail}, nil
	case o.Startup != nil:
		return &pgproto3.StartupMessage{ProtocolVersion: pgproto3.ProtocolVersion30, Parameters: o.Startup}, nil
	}
	return nil, errors.New("no message in this line")
}

func param(p *string) ([]byte, error) {
	if p == nil {
		return nil, nil
	}
	if h, ok := strings.CutPrefix(*p, `\x`); ok {
		return hex.DecodeString(h)
	}
	return []byte(*p), nil
}

// receive returns the next message in the form of a "<" line; the end of the
// connection is {"Closed":true}; nothing within wait is os.ErrDeadlineExceeded.
func (c *client) receive(wait time.Duration) (string, error) {
	_ = c.SetReadDeadline(time.Now().Add(wait))
	m, err := c.fe.Receive()
	if err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "reset") {
			return `{"Closed":true}`, nil
		}
		return "", err
	}
	name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*pgproto3.")
	if strings.HasPrefix(name, "Authentication") {
		raw, err := m.(interface{ Encode([]byte) ([]byte, error) }).Encode(nil)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf(`{"Authentication":%d}`, binary.BigEndian.Uint32(raw[5:])), nil
	}
	b, err := json.Marshal(map[string]any{name: summary(m)})
	return string(b), err
}

// summary is what of a message is compared: no process ids, no source lines of
// the server.
func summary(m pgproto3.BackendMessage) any {
	switch m := m.(type) {
	case *pgproto3.ReadyForQuery:
		return string(m.TxStatus)
	case *pgproto3.CommandComplete:
		return string(m.CommandTag)
	case *pgproto3.RowDescription:
		return columns(m)
	case *pgproto3.DataRow:
		return values(m.Values)
	case *pgproto3.ParameterDescription:
		return m.ParameterOIDs
	case *pgproto3.ParameterStatus:
		return []string{m.Name, m.Value}
	case *pgproto3.CopyData:
		return printable(m.Data)
	case *pgproto3.CopyInResponse:
		return m.ColumnFormatCodes
	case *pgproto3.CopyOutResponse:
		return m.ColumnFormatCodes
	case *pgproto3.ErrorResponse:
		return fields(*m)
	case *pgproto3.NoticeResponse:
		return fields(pgproto3.ErrorResponse(*m))
	}
	return true
}

func columns(m *pgproto3.RowDescription) [][]any {
	out := [][]any{}
	for _, f := range m.Fields {
		out = append(out, []any{string(f.Name), f.DataTypeOID, f.DataTypeSize, f.TypeModifier, f.Format})
	}
	return out
}

func values(row [][]byte) []any {
	out := make([]any, len(row))
	for i, v := range row {
		if v != nil {
			out[i] = printable(v)
		}
	}
	return out
}

// printable is text as it is, and other bytes in hexadecimal.
func printable(b []byte) string {
	if utf8.Valid(b) && !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' && c != '\n' && c != '\t' }) {
		return string(b)
	}
	return `\x` + hex.EncodeToString(b)
}

func fields(e pgproto3.ErrorResponse) map[string]string {
	out := map[string]string{"S": e.Severity, "C": e.Code, "M": e.Message}
	for k, v := range map[string]string{"D": e.Detail, "H": e.Hint, "s": e.SchemaName, "t": e.TableName, "c": e.ColumnName,
		"d": e.DataTypeName, "n": e.ConstraintName} {
		if v != "" {
			out[k] = v
		}
	}
	if e.Position != 0 {
		out["P"] = strconv.Itoa(int(e.Position))
	}
	return out
}

// run plays a script and returns it with the answers that came, which is the
// script itself when all are as expected. With rewrite every run of "<" lines
// stands for all answers that come there.
func run(address, script string, rewrite bool) (string, error) {
	params := map[string]string{"user": user, "database": user, "TimeZone": "UTC", "options": "-c search_path=" + schema}
	c, err := dial(address, params)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	var out strings.Builder
	previous := ""
	for n, line := range strings.Split(strings.TrimSuffix(script, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "> "):
			if line == `> {"Connect":true}` { // a connection that has not begun its session
				_ = c.Close()
				c, err = dial(address, nil)
			} else {
				err = c.send(line[2:])
			}
			if err != nil {
				return out.String(), fmt.Errorf("line %d: %w", n+1, err)
			}
			out.WriteString(line + "\n")
		case strings.HasPrefix(line, "<") && rewrite:
			if !strings.HasPrefix(previous, "<") {
				if err := c.drain(&out); err != nil {
					return out.String(), fmt.Errorf("line %d: %w", n+1, err)
				}
			}
		case strings.HasPrefix(line, "< "):
			got, err := c.receive(answerTimeout)
			if err != nil {
				return out.String(), fmt.Errorf("line %d: waiting for %s: %w", n+1, line[2:], err)
			}
			out.WriteString("< " + got + "\n")
		case line == "<":
			return out.String(), fmt.Errorf("line %d: no expectation yet: run with -rewrite", n+1)
		default:
			out.WriteString(line + "\n")
		}
		previous = line
	}
	return out.String(), nil
}

// drain writes the answers that come until none does for a while.
func (c *client) drain(out *strings.Builder) error {
	for {
		got, err := c.receive(quiet)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return err
		}
		out.WriteString("< " + got + "\n")
		if got == `{"Closed":true}` {
			return nil
		}
	}
}

// user is the name of the user and of the database, schema where the scripts work.
const (
	user   = "driftdb"
	schema = "wire_test"
)

// prepare makes the schema that the scripts work in.
func prepare(address string) error {
	c, err := dial(address, map[string]string{"user": user, "database": user})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.exec("DROP SCHEMA IF EXISTS " + schema + " CASCADE; CREATE SCHEMA " + schema)
}

func cleanup(address string) error {
	c, err := dial(address, map[string]string{"user": user, "database": user})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return c.exec("DROP SCHEMA IF EXISTS " + schema + " CASCADE")
}
