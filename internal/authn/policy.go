package authn

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// ErrNoRole is returned by Roles for a name that is no role.
var ErrNoRole = errors.New("no such role")

// Role is what authentication reads of a role.
type Role struct {
	Name     string
	CanLogin bool
	// Superuser may use the connection slots kept in reserve.
	Superuser bool
	// Verifier is rolpassword, "" when the role has no password.
	Verifier string
	// ValidUntil ends the password's validity; the zero time means never.
	ValidUntil time.Time
	// ConnLimit is how many sessions the role may have at once, nil any number.
	// Superusers have no limit.
	ConnLimit *int
}

// Roles looks up roles by name. It must be safe for concurrent use and return
// ErrNoRole for an unknown one.
type Roles interface {
	Role(ctx context.Context, name string) (Role, error)
}

// Method is how a client must prove who it is.
type Method uint8

// The methods.
const (
	Trust Method = iota
	SCRAM
	MD5
)

// Policy holds the choices of the server. Its fields are set before use and not
// changed; it is then safe for concurrent use.
type Policy struct {
	// NoTrust asks clients on loopback for a password too.
	NoTrust bool
	// AllowMD5 lets roles with an md5 verifier log in by MD5.
	AllowMD5 bool
	// RequireTLS refuses clients from elsewhere that did not start TLS.
	RequireTLS bool

	secret []byte // makes the salts of users that do not exist look steady
}

// NewPolicy returns a policy with a fresh secret.
func NewPolicy() *Policy {
	p := &Policy{secret: make([]byte, 32)}
	_, _ = rand.Read(p.secret) // crypto/rand does not fail: it stops the program
	return p
}

// Method returns the method for a client. A role may be the zero Role when it
// does not exist.
func (p *Policy) Method(remote net.Addr, role Role) Method {
	switch {
	case !p.NoTrust && IsLoopback(remote):
		return Trust
	case p.AllowMD5 && isMD5(role.Verifier):
		return MD5
	}
	return SCRAM
}

// Admit refuses a client before any proof is asked, or returns nil.
func (p *Policy) Admit(remote net.Addr, overTLS bool, user, database string) *pgerr.Error {
	if p.RequireTLS && !overTLS && !IsLoopback(remote) {
		host := "?"
		if remote != nil {
			host = remote.String()
			if h, _, err := net.SplitHostPort(host); err == nil {
				host = h
			}
		}
		return pgerr.New(pgcode.InvalidAuthorizationSpecification,
			"no pg_hba.conf entry for host \"%s\", user \"%s\", database \"%s\", no encryption", host, user, database)
	}
	return nil
}

// MayLogin checks the role itself once the client proved who it is.
func MayLogin(name string, role Role, err error) *pgerr.Error {
	switch {
	case errors.Is(err, ErrNoRole):
		return pgerr.New(pgcode.InvalidAuthorizationSpecification, "role \"%s\" does not exist", name)
	case err != nil:
		return pgerr.From(err)
	case !role.CanLogin:
		return pgerr.New(pgcode.InvalidAuthorizationSpecification, "role \"%s\" is not permitted to log in", name)
	}
	return nil
}

// Failed is the one answer to every failed proof.
func Failed(user string) *pgerr.Error {
	return pgerr.New(pgcode.InvalidPassword, "password authentication failed for user \"%s\"", user)
}

// usable reports whether the role's password may be used now.
func usable(role Role) bool {
	return role.Verifier != "" && (role.ValidUntil.IsZero() || time.Now().Before(role.ValidUntil))
}

// mockSalt is the salt shown for a user without a usable verifier: the same each
// time, so that nobody learns which users exist.
func (p *Policy) mockSalt(user string) []byte {
	h := hmac.New(sha256.New, p.secret)
	h.Write([]byte(user))
	return h.Sum(nil)[:16]
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// IsLoopback reports whether the client is on this machine: a loopback address
// or a local socket.
func IsLoopback(a net.Addr) bool {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	case *net.UnixAddr:
		return true
	}
	return false
}

// MayListen checks the rule on addresses: a loopback address is always allowed;
// any other needs TLS and a password for the superuser, since without them
// everybody who reaches the port would own the data. The error says what to do.
func MayListen(address string, haveTLS, havePassword bool) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", address, err)
	}
	if host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return nil
	}
	switch {
	case !havePassword:
		return fmt.Errorf("refusing to listen on %s: no superuser has a password; connect on loopback and set one with "+
			"ALTER ROLE driftdb PASSWORD '...'", address)
	case !haveTLS:
		return fmt.Errorf("refusing to listen on %s without TLS: give a certificate and key, or let a self-signed one be made", address)
	}
	return nil
}
