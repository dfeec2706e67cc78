package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// backend is a database of which only the doors matter.
type backend struct {
	defaults *config.Defaults
	password bool
}

func (b *backend) Role(context.Context, string) (authn.Role, error) {
	return authn.Role{}, authn.ErrNoRole
}

func (b *backend) NewSession(context.Context, client.Info) (client.Session, error) {
	return nil, pgerr.Internal("not reached")
}
func (b *backend) Ready() error                                       { return nil }
func (b *backend) SuperuserHasPassword(context.Context) (bool, error) { return b.password, nil }
func (b *backend) Defaults() *config.Defaults                         { return b.defaults }

func TestRun(t *testing.T) {
	b := &backend{defaults: config.NewDefaults()}
	s, err := NewOn(context.Background(), b, Options{Listen: "127.0.0.1:0", HTTP: "127.0.0.1:0", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	_, err = pgconn.Connect(ctx, "postgres://nobody@"+s.Addr().String()+"/x?sslmode=disable")
	if err == nil || !strings.Contains(err.Error(), `role "nobody" does not exist (SQLSTATE 28000)`) {
		t.Error(err)
	}
	for path, want := range map[string]string{"/health/live": "live", "/health/ready": "ready", "/metrics": `driftdb_connections_rejected_total{sqlstate="28000"} 1`} {
		res, err := http.Get("http://" + s.HTTPAddr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %v", path, res.StatusCode, err)
		}
		_ = res.Body.Close()
	}
	if got := b.defaults.Get("listen_addresses"); got != "127.0.0.1" || b.defaults.Get("ssl") != "off" {
		t.Error(got)
	}
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Run does not return")
	}
}

func TestRules(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name     string
		password bool
		opts     Options
		want     string
	}{
		{"no password", false, Options{Listen: "0.0.0.0:0", SelfSignedDir: dir}, "no superuser has a password"},
		{"no TLS", true, Options{Listen: "0.0.0.0:0"}, "without TLS"},
		{"both", true, Options{Listen: "0.0.0.0:0", SelfSignedDir: dir}, ""},
		{"loopback", false, Options{Listen: "127.0.0.1:0"}, ""},
		{"TLS without certificate", false, Options{Listen: "127.0.0.1:0", TLS: true}, "TLS needs a certificate"},
		{"no such certificate", false, Options{Listen: "127.0.0.1:0", CertFile: dir + "/none", KeyFile: dir + "/none"}, "no such file"},
		{"bad HTTP address", false, Options{Listen: "127.0.0.1:0", HTTP: "127.0.0.1:99999"}, "listen for HTTP"},
	} {
		b := &backend{defaults: config.NewDefaults(), password: c.password}
		s, err := NewOn(context.Background(), b, c.opts)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if want := map[bool]string{true: "on", false: "off"}[c.opts.SelfSignedDir != ""]; b.defaults.Get("ssl") != want {
				t.Errorf("%s: ssl %s", c.name, b.defaults.Get("ssl"))
			}
			_ = s.Close()
		} else if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
