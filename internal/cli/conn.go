package cli

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb"
	"github.com/driftdb/driftdb/internal/pgwire"
	"github.com/driftdb/driftdb/internal/private"
	"github.com/driftdb/driftdb/server"
)

// Dial connects to a server by a PostgreSQL URL or connection string. onNotice
// gets its notices. password asks for one when the server wants it and the URL
// and the environment have none; it may be nil.
func Dial(ctx context.Context, url string, onNotice func(*pgconn.Notice), password func() (string, error)) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	configure(config, onNotice)
	conn, err := pgconn.ConnectConfig(ctx, config)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "28P01" && config.Password == "" && password != nil {
		if config.Password, err = password(); err != nil {
			return nil, err
		}
		conn, err = pgconn.ConnectConfig(ctx, config)
	}
	return conn, err
}

func configure(config *pgconn.Config, onNotice func(*pgconn.Notice)) {
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = "driftdb sql"
	}
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { onNotice(n) }
}

// Local is a PostgreSQL door on a DB of this process that nobody else can reach.
type Local struct{ wire *pgwire.Server }

// NewLocal opens a door; Close it before db.
func NewLocal(db *driftdb.DB) *Local {
	return &Local{pgwire.NewServer(pgwire.Options{Engine: server.For(private.Engine(db))})}
}

// Dial connects as the superuser.
func (l *Local) Dial(ctx context.Context, onNotice func(*pgconn.Notice)) (*pgconn.PgConn, error) {
	config, err := pgconn.ParseConfig("host=127.0.0.1 port=1 user=driftdb dbname=driftdb sslmode=disable connect_timeout=0 password=''")
	if err != nil {
		return nil, err
	}
	configure(config, onNotice)
	config.DialFunc = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		l.wire.ServeConn(pipe{far})
		return near, nil
	}
	return pgconn.ConnectConfig(ctx, config)
}

// Close ends all sessions.
func (l *Local) Close() { l.wire.Stop(0) }

// pipe is a connection from this machine, as far as the server's rules go.
type pipe struct{ net.Conn }

// RemoteAddr implements net.Conn.
func (pipe) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
