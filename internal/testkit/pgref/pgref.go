// Package pgref gives tests a PostgreSQL 15 server to compare with. The
// environment variable DRIFTDB_PG_DSN names it ("host=127.0.0.1 user=postgres");
// tests are skipped, with that reason, when it is not set. Only tests import it.
package pgref

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Variable is the environment variable that names the reference server.
const Variable = "DRIFTDB_PG_DSN"

// Conn is one connection to the reference server; not for concurrent use.
type Conn struct {
	t    testing.TB
	conn *pgconn.PgConn
}

// Connect opens a connection with TimeZone UTC that is closed when the test
// ends, or skips the test.
func Connect(t testing.TB) *Conn {
	t.Helper()
	dsn := os.Getenv(Variable)
	if dsn == "" {
		t.Skipf("no reference server: %s is not set", Variable)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("%s: %v", Variable, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	c := &Conn{t, conn}
	c.Query("SET timezone = 'UTC'; SET statement_timeout = '5s'")
	return c
}

// Result is one statement's outcome: its rows (nil fields are NULL) or its error.
type Result struct {
	Rows [][][]byte
	Err  *pgconn.PgError
}

// Query runs statements with the simple protocol and returns the last one's rows.
func (c *Conn) Query(sql string) Result {
	c.t.Helper()
	all, err := c.conn.Exec(context.Background(), sql).ReadAll()
	if err != nil {
		return Result{Err: c.serverError(sql, err)}
	}
	if len(all) == 0 {
		return Result{}
	}
	return Result{Rows: all[len(all)-1].Rows}
}

// Params runs one statement with text parameters (nil is NULL) of the given type
// oids; resultFormat is 0 for text, 1 for binary.
func (c *Conn) Params(sql string, values [][]byte, oids []uint32, resultFormat int16) Result {
	c.t.Helper()
	r := c.conn.ExecParams(context.Background(), sql, values, oids, nil, []int16{resultFormat}).Read()
	if r.Err != nil {
		return Result{Err: c.serverError(sql, r.Err)}
	}
	return Result{Rows: r.Rows}
}

// Batch runs many statements in one pipeline of parameterless queries, each in
// its own implicit transaction, and returns their outcomes in order.
func (c *Conn) Batch(statements []string) []Result {
	c.t.Helper()
	ctx := context.Background()
	p := c.conn.StartPipeline(ctx)
	for _, sql := range statements {
		p.SendQueryParams(sql, nil, nil, nil, nil)
		p.SendPipelineSync()
	}
	if err := p.Flush(); err != nil {
		c.t.Fatalf("pipeline: %v", err)
	}
	results := make([]Result, 0, len(statements))
	for range statements {
		results = append(results, c.readOne(p))
	}
	if err := p.Close(); err != nil {
		c.t.Fatalf("pipeline: %v", err)
	}
	return results
}

// readOne reads results up to the next synchronisation point.
func (c *Conn) readOne(p *pgconn.Pipeline) (result Result) {
	for {
		got, err := p.GetResults()
		if err != nil {
			result.Err = c.serverError("pipeline", err)
			continue
		}
		switch r := got.(type) {
		case *pgconn.ResultReader:
			out := r.Read()
			result.Rows = out.Rows
			if out.Err != nil {
				result.Err = c.serverError("pipeline", out.Err)
			}
		case *pgconn.PipelineSync:
			return result
		case nil:
			return result
		}
	}
}

func (c *Conn) serverError(sql string, err error) *pgconn.PgError {
	c.t.Helper()
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		c.t.Fatalf("%s: %v", sql, err)
	}
	return e
}
