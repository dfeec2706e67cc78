package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// client is one connection that speaks as much of protocol 3 as a load needs, so
// that the driver's own work is small next to the server's. It sends what libpq
// sends for a prepared statement: Bind, Describe, Execute, Sync. Not for
// concurrent use.
type client struct {
	conn net.Conn
	r    *bufio.Reader
	out  []byte
	body []byte
	// keep makes calls collect their rows in rows.
	keep bool
	rows []string
	tag  string
}

// dial connects with everything a connection string may say.
func dial(ctx context.Context, config *pgconn.Config) (*client, error) {
	c, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	h, err := c.Hijack()
	if err != nil {
		return nil, err
	}
	return &client{conn: h.Conn, r: bufio.NewReaderSize(h.Conn, 16<<10)}, nil
}

func (c *client) close() {
	_, _ = c.conn.Write([]byte{'X', 0, 0, 0, 4})
	_ = c.conn.Close()
}

// begin starts a message in out and returns where its length goes.
func (c *client) begin(kind byte) int {
	c.out = append(c.out, kind, 0, 0, 0, 0)
	return len(c.out) - 4
}

func (c *client) end(at int) { binary.BigEndian.PutUint32(c.out[at:], uint32(len(c.out)-at)) }

func (c *client) cstring(s string) { c.out = append(append(c.out, s...), 0) }

// flush sends what was put together and reads up to ReadyForQuery.
func (c *client) flush() error {
	_, err := c.conn.Write(c.out)
	c.out = c.out[:0]
	if err != nil {
		return err
	}
	return c.answer()
}

// prepare makes a named statement; parameter types are found by the server.
func (c *client) prepare(name, sql string) error {
	at := c.begin('P')
	c.cstring(name)
	c.cstring(sql)
	c.out = append(c.out, 0, 0)
	c.end(at)
	c.end(c.begin('S'))
	if err := c.flush(); err != nil {
		return fmt.Errorf("prepare %s: %w", sql, err)
	}
	return nil
}

// exec runs a prepared statement with text parameters.
func (c *client) exec(name string, params ...[]byte) error {
	at := c.begin('B')
	c.out = append(c.out, 0)
	c.cstring(name)
	c.out = append(c.out, 0, 0)
	c.out = binary.BigEndian.AppendUint16(c.out, uint16(len(params)))
	for _, p := range params {
		c.out = binary.BigEndian.AppendUint32(c.out, uint32(len(p)))
		c.out = append(c.out, p...)
	}
	c.out = append(c.out, 0, 0)
	c.end(at)
	at = c.begin('D')
	c.out = append(c.out, 'P', 0)
	c.end(at)
	at = c.begin('E')
	c.out = append(c.out, 0, 0, 0, 0, 0)
	c.end(at)
	c.end(c.begin('S'))
	return c.flush()
}

// simple runs a query string.
func (c *client) simple(sql string) error {
	at := c.begin('Q')
	c.cstring(sql)
	c.end(at)
	return c.flush()
}

// query runs a query string and returns its rows, columns apart by tabs.
func (c *client) query(sql string) ([]string, error) {
	c.keep, c.rows = true, nil
	defer func() { c.keep = false }()
	if err := c.simple(sql); err != nil {
		return nil, fmt.Errorf("%s: %w", sql, err)
	}
	return c.rows, nil
}

// answer reads messages up to ReadyForQuery; the first error is returned.
func (c *client) answer() error {
	var failed error
	for {
		var head [5]byte
		if _, err := io.ReadFull(c.r, head[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint32(head[1:])) - 4
		if cap(c.body) < n {
			c.body = make([]byte, n)
		}
		body := c.body[:n]
		if _, err := io.ReadFull(c.r, body); err != nil {
			return err
		}
		switch head[0] {
		case 'Z':
			return failed
		case 'G':
			return nil // COPY IN: the caller sends
		case 'E':
			if failed == nil {
				failed = serverError(body)
			}
		case 'D':
			if c.keep {
				c.rows = append(c.rows, rowText(body))
			}
		case 'C':
			if c.keep {
				c.tag = string(body[:n-1])
			}
		}
	}
}

func rowText(body []byte) string {
	var b strings.Builder
	n := int(binary.BigEndian.Uint16(body))
	body = body[2:]
	for i := range n {
		if i > 0 {
			b.WriteByte('\t')
		}
		size := int32(binary.BigEndian.Uint32(body))
		body = body[4:]
		if size < 0 {
			b.WriteString(`\N`)
			continue
		}
		b.Write(body[:size])
		body = body[size:]
	}
	return b.String()
}

func serverError(body []byte) error {
	var code, message string
	for len(body) > 1 {
		field, rest, _ := strings.Cut(string(body[1:]), "\x00")
		switch body[0] {
		case 'C':
			code = field
		case 'M':
			message = field
		}
		body = []byte(rest)
	}
	return errors.New(code + " " + message)
}

// copyIn sends rows made by next, which returns nil at the end.
func (c *client) copyIn(sql string, next func(b []byte) []byte) error {
	if err := c.simple(sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	var at int
	for more := true; more; {
		at = c.begin('d')
		for len(c.out) < 64<<10 {
			b := next(c.out)
			if b == nil {
				more = false
				break
			}
			c.out = b
		}
		c.end(at)
		if _, err := c.conn.Write(c.out); err != nil {
			return err
		}
		c.out = c.out[:0]
	}
	c.end(c.begin('c'))
	return c.flush()
}
