package server

import (
	"context"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/types"
)

// Engine is what *engine.Engine offers a door: a Backend but for roles, which
// the engine knows as the catalog has them.
type Engine interface {
	NewSession(ctx context.Context, info client.Info) (client.Session, error)
	Ready() error
	SuperuserHasPassword(ctx context.Context) (bool, error)
	Defaults() *config.Defaults
	// Role returns a role as of now, nil for an unknown one.
	Role(name string) (*catalog.Role, error)
}

// For returns the Backend of an engine.
func For(e Engine) Backend { return engineBackend{e} }

type engineBackend struct{ engine Engine }

func (b engineBackend) NewSession(ctx context.Context, info client.Info) (client.Session, error) {
	return b.engine.NewSession(ctx, info)
}
func (b engineBackend) Ready() error { return b.engine.Ready() }
func (b engineBackend) SuperuserHasPassword(ctx context.Context) (bool, error) {
	return b.engine.SuperuserHasPassword(ctx)
}
func (b engineBackend) Defaults() *config.Defaults { return b.engine.Defaults() }

// Role implements authn.Roles.
func (b engineBackend) Role(_ context.Context, name string) (authn.Role, error) {
	r, err := b.engine.Role(name)
	switch {
	case err != nil:
		return authn.Role{}, err
	case r == nil:
		return authn.Role{}, authn.ErrNoRole
	}
	until, err := validUntil(r.ValidUntil)
	if err != nil {
		return authn.Role{}, err
	}
	role := authn.Role{Name: name, CanLogin: r.Login, Superuser: r.Super, Verifier: r.Password, ValidUntil: until}
	if limit := int(r.ConnLimit); limit >= 0 {
		role.ConnLimit = &limit
	}
	return role, nil
}

// epoch is the zero of PostgreSQL's timestamps.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// validUntil reads VALID UNTIL; the zero time is for ever.
func validUntil(text string) (time.Time, error) {
	if text == "" || text == "infinity" {
		return time.Time{}, nil
	}
	d, err := pgfmt.ParseText(text, types.Of(types.TimestampTZ), pgfmt.Default())
	if err != nil {
		return time.Time{}, err
	}
	micros := d.Int()
	return epoch.AddDate(0, 0, int(micros/86_400_000_000)).Add(time.Duration(micros%86_400_000_000) * time.Microsecond), nil
}
