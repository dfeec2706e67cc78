package server

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/catalog"
)

type roles struct {
	Engine
	role *catalog.Role
}

func (r roles) Role(string) (*catalog.Role, error) { return r.role, nil }

func TestRole(t *testing.T) {
	ctx := context.Background()
	if _, err := For(roles{}).Role(ctx, "x"); !errors.Is(err, authn.ErrNoRole) {
		t.Error(err)
	}
	for text, want := range map[string]time.Time{
		"": {}, "infinity": {}, "2030-01-02 03:04:05+01": time.Date(2030, 1, 2, 2, 4, 5, 0, time.UTC),
		"1999-12-31 23:59:59+00": time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		r, err := For(roles{role: &catalog.Role{Login: true, Password: "v", ValidUntil: text, ConnLimit: 7}}).Role(ctx, "x")
		if err != nil || !r.ValidUntil.Equal(want) || r.Name != "x" || r.Verifier != "v" || !r.CanLogin || r.Superuser || *r.ConnLimit != 7 {
			t.Errorf("%q: %+v %v", text, r, err)
		}
	}
	if _, err := For(roles{role: &catalog.Role{ValidUntil: "nonsense"}}).Role(ctx, "x"); err == nil {
		t.Error("nonsense accepted")
	}
}
