package pgwire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// Types of messages from the client.
const (
	msgQuery        = 'Q'
	msgParse        = 'P'
	msgBind         = 'B'
	msgDescribe     = 'D'
	msgExecute      = 'E'
	msgClose        = 'C'
	msgFlush        = 'H'
	msgSync         = 'S'
	msgTerminate    = 'X'
	msgFunctionCall = 'F'
	msgCopyData     = 'd'
	msgCopyDone     = 'c'
	msgCopyFail     = 'f'
	msgPassword     = 'p' // also SASL responses
)

// Limits of a message's length, as PostgreSQL has them: 1 GiB where the client
// sends data, little where it sends a name.
const (
	largeMessage = 1<<30 - 2
	smallMessage = 10000
)

// messageLimit returns the largest length field of that type, 0 for a type that
// no client may send in a session.
func messageLimit(t byte) int {
	switch t {
	case msgQuery, msgParse, msgBind, msgFunctionCall, msgCopyData:
		return largeMessage
	case msgDescribe, msgExecute, msgClose, msgFlush, msgSync, msgTerminate, msgCopyDone, msgCopyFail:
		return smallMessage
	}
	return 0
}

// reader takes a message's body apart. The first fault is kept in err and makes
// every later call return nothing.
type reader struct {
	b   []byte
	err *pgerr.Error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = pgerr.New(pgcode.ProtocolViolation, format, args...)
	}
	r.b = nil
}

// cstring returns the bytes up to the next NUL, checked to be UTF-8.
func (r *reader) cstring() []byte {
	if r.err != nil {
		return nil
	}
	end := bytes.IndexByte(r.b, 0)
	if end < 0 {
		r.fail("invalid string in message")
		return nil
	}
	s := r.b[:end]
	r.b = r.b[end+1:]
	if !utf8.Valid(s) {
		r.err = invalidUTF8(s)
	}
	return s
}

func (r *reader) bytes(n int) []byte {
	if r.err == nil && (n < 0 || n > len(r.b)) {
		r.fail("insufficient data left in message")
	}
	if r.err != nil {
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) byte() byte {
	if r.err == nil && len(r.b) == 0 {
		r.fail("no data left in message")
	}
	if r.err != nil {
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) int16() int {
	if b := r.bytes(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *reader) int32() int32 {
	if b := r.bytes(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

// end reports the reader's fault, or bytes left over.
func (r *reader) end() *pgerr.Error {
	if r.err == nil && len(r.b) != 0 {
		r.fail("invalid message format")
	}
	return r.err
}

// invalidUTF8 names the first bytes of b that are not UTF-8, as PostgreSQL does:
// as many as the first one says the character has.
func invalidUTF8(b []byte) *pgerr.Error {
	for len(b) > 0 && b[0] != 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size <= 1 {
			break
		}
		b = b[size:]
	}
	n := 1
	switch {
	case len(b) == 0:
		n = 0
	case b[0]&0xe0 == 0xc0:
		n = 2
	case b[0]&0xf0 == 0xe0:
		n = 3
	case b[0]&0xf8 == 0xf0:
		n = 4
	}
	text := ""
	for i := range min(n, len(b)) {
		if i > 0 {
			text += " "
		}
		text += fmt.Sprintf("0x%02x", b[i])
	}
	return pgerr.New(pgcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", text)
}

// decodeQuery reads Query's text.
func decodeQuery(body []byte) (string, *pgerr.Error) {
	r := reader{b: body}
	sql := r.cstring()
	if err := r.end(); err != nil {
		return "", err
	}
	return string(sql), nil
}

// parseMessage is Parse. name and sql point into the message.
type parseMessage struct {
	name, sql []byte
	params    []types.OID
}

func decodeParse(body []byte) (m parseMessage, err *pgerr.Error) {
	r := reader{b: body}
	m.name, m.sql = r.cstring(), r.cstring()
	if n := r.int16(); n > 0 && len(r.b) >= n*4 {
		m.params = make([]types.OID, n)
		for i := range m.params {
			m.params[i] = types.OID(uint32(r.int32()))
		}
	} else if n > 0 {
		r.fail("insufficient data left in message")
	}
	return m, r.end()
}

// bindMessage is Bind. Everything but resultFormats points into the message or
// is reused by the next decode.
type bindMessage struct {
	portal, statement []byte
	named             bool // both names could be read
	count             int  // parameters announced, -1 when it could not be read
	paramFormats      []int16
	params            [][]byte
	resultFormats     []int16
}

// decode reads Bind into m, using m's slices again.
func (m *bindMessage) decode(body []byte) *pgerr.Error {
	r := reader{b: body}
	m.portal, m.statement = r.cstring(), r.cstring()
	m.named, m.count = r.err == nil, -1
	m.paramFormats = appendFormats(m.paramFormats[:0], &r)
	m.params = m.params[:0]
	count := r.int16()
	if n := len(m.paramFormats); r.err == nil && n > 1 && n != count {
		r.fail("bind message has %d parameter formats but %d parameters", n, count)
	}
	if r.err == nil {
		m.count = count
	}
	for i := range count {
		param := m.param(&r, i)
		if r.err != nil {
			break
		}
		m.params = append(m.params, param)
	}
	m.resultFormats = resultFormats(&r)
	return r.end()
}

// param reads the i-th parameter; nil is NULL.
func (m *bindMessage) param(r *reader, i int) []byte {
	n := r.int32()
	if n == -1 || r.err != nil {
		return nil
	}
	b := r.bytes(int(n))
	format := int16(0)
	switch len(m.paramFormats) {
	case 0:
	case 1:
		format = m.paramFormats[0]
	default:
		format = m.paramFormats[i]
	}
	if r.err == nil {
		switch {
		case format != 0 && format != 1:
			r.err = pgerr.New(pgcode.InvalidParameterValue, "unsupported format code: %d", format)
		case format == 0 && (bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b)):
			r.err = invalidUTF8(b)
		}
	}
	if r.err != nil {
		where := fmt.Sprintf("portal \"%s\" parameter $%d", m.portal, i+1)
		if len(m.portal) == 0 {
			where = fmt.Sprintf("unnamed portal parameter $%d", i+1)
		}
		e := *r.err
		e.Where = where
		r.err = &e
	}
	return b
}

func appendFormats(dst []int16, r *reader) []int16 {
	n := r.int16()
	if len(r.b) < n*2 {
		r.fail("insufficient data left in message")
		return dst
	}
	for range n {
		dst = append(dst, int16(r.int16()))
	}
	return dst
}

// The result formats that clients send nearly always; sessions may keep them.
var (
	allText   = []int16{0}
	allBinary = []int16{1}
)

func resultFormats(r *reader) []int16 {
	if len(r.b) == 4 && r.b[0] == 0 && r.b[1] == 1 && r.b[2] == 0 && r.b[3] <= 1 {
		code := r.b[3]
		r.b = r.b[4:]
		if code == 1 {
			return allBinary
		}
		return allText
	}
	return appendFormats(nil, r)
}
