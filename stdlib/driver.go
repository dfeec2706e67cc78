package stdlib

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"

	"github.com/driftdb/driftdb"
)

func init() { sql.Register("driftdb", drv{}) }

// memoryDSN opens a database in memory.
const memoryDSN = "memory:"

type drv struct{}

// Open implements driver.Driver; database/sql uses OpenConnector instead.
func (d drv) Open(name string) (driver.Conn, error) {
	c, err := d.OpenConnector(name)
	if err != nil {
		return nil, err
	}
	return c.Connect(context.Background())
}

// OpenConnector implements driver.DriverContext.
func (drv) OpenConnector(name string) (driver.Connector, error) {
	return &opener{path: name}, nil
}

// opener opens the database with the first connection and closes it with the
// sql.DB.
type opener struct {
	path string

	mu sync.Mutex // protects db
	db *driftdb.DB
}

// Connect implements driver.Connector.
func (o *opener) Connect(ctx context.Context) (driver.Conn, error) {
	db, err := o.open()
	if err != nil {
		return nil, err
	}
	return connector{db}.Connect(ctx)
}

func (o *opener) open() (*driftdb.DB, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.db == nil {
		db, err := driftdb.Open(o.path, &driftdb.Options{InMemory: o.path == memoryDSN})
		if err != nil {
			return nil, err
		}
		o.db = db
	}
	return o.db, nil
}

// Driver implements driver.Connector.
func (*opener) Driver() driver.Driver { return drv{} }

// Close implements io.Closer, which sql.DB.Close calls.
func (o *opener) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.db == nil {
		return nil
	}
	return o.db.Close()
}

// OpenDB returns a sql.DB over an open database. Closing it leaves db open.
func OpenDB(db *driftdb.DB) *sql.DB { return sql.OpenDB(connector{db}) }

type connector struct{ db *driftdb.DB }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	cn, err := c.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: cn}, nil
}

// Driver implements driver.Connector.
func (connector) Driver() driver.Driver { return drv{} }
