package authn

import (
	"context"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xdg-go/scram"

	"github.com/driftdb/driftdb/internal/pgerr"
)

// This verifier was made by PostgreSQL 15 for the password "secret".
const fromPostgres = "SCRAM-SHA-256$4096:ENzLxWxq9a3suU8I1r3dxg==$DSBJWiz5IHxMUz05R2Qm2afVg0fBJhLLBR/V9lAM5zQ=:BnmM631xq3Dsu+XvGKBUYr0QUGMJ+MhZxotZ+VVzCAo="

func TestVerifier(t *testing.T) {
	v, err := NewVerifier("secret")
	if err != nil || !strings.HasPrefix(v, "SCRAM-SHA-256$4096:") || !IsVerifier(v) {
		t.Fatal(v, err)
	}
	for _, verifier := range []string{v, fromPostgres, NewMD5Verifier("ada", "secret")} {
		if !PasswordMatches(verifier, "ada", "secret") || PasswordMatches(verifier, "ada", "Secret") {
			t.Errorf("%s", verifier)
		}
	}
	if got := NewMD5Verifier("ada", "secret"); got != "md52953f29bc314bd0a7ea7ddf6ccc1555f" {
		t.Error(got)
	}
	for _, bad := range []string{"", "secret", "SCRAM-SHA-256$", "SCRAM-SHA-256$0:AAAA$AAAA:AAAA", "SCRAM-SHA-256$4096:AAAA$AAAA:AAAA", "md5xyz"} {
		if IsVerifier(bad) {
			t.Errorf("%q taken for a verifier", bad)
		}
	}
}

// converse runs a whole SCRAM conversation with the library's client.
func converse(t *testing.T, p *Policy, role Role, password, mechanism string, cert *x509.Certificate) *pgerr.Error {
	t.Helper()
	client, err := scram.SHA256.NewClient("", password, "")
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.NewExchange("ada", role, cert)
	if err != nil {
		t.Fatal(err)
	}
	conv := client.NewConversation()
	if mechanism == MechanismSCRAMPlus {
		conv = client.NewConversationWithChannelBinding(endPointBinding(cert))
	}
	first, err := conv.Step("")
	if err != nil {
		t.Fatal(err)
	}
	answer, perr := e.First(mechanism, first)
	if perr != nil {
		return perr
	}
	if first, err = conv.Step(answer); err != nil {
		t.Fatal(err)
	}
	answer, perr = e.Final(first)
	if perr != nil {
		return perr
	}
	if _, err := conv.Step(answer); err != nil {
		t.Fatalf("client did not accept the server: %v", err)
	}
	return nil
}

func TestExchange(t *testing.T) {
	p := NewPolicy()
	good := Role{Name: "ada", CanLogin: true, Verifier: fromPostgres}
	expired := good
	expired.ValidUntil = time.Now().Add(-time.Second)
	cfg, err := SelfSigned(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cert := cfg.Certificates[0].Leaf
	for _, c := range []struct {
		name, password, mechanism string
		role                      Role
		cert                      *x509.Certificate
		want                      string
	}{
		{"right", "secret", MechanismSCRAM, good, nil, ""},
		{"plus", "secret", MechanismSCRAMPlus, good, cert, ""},
		{"no binding on tls", "secret", MechanismSCRAM, good, cert, ""},
		{"wrong", "x", MechanismSCRAM, good, nil, "28P01 password authentication failed for user \"ada\""},
		{"plus wrong", "x", MechanismSCRAMPlus, good, cert, "28P01 password authentication failed for user \"ada\""},
		{"unknown user", "secret", MechanismSCRAM, Role{}, nil, "28P01 password authentication failed for user \"ada\""},
		{"expired", "secret", MechanismSCRAM, expired, nil, "28P01 password authentication failed for user \"ada\""},
		{"mechanism", "secret", "PLAIN", good, nil, "08P01 client selected an invalid SASL authentication mechanism"},
	} {
		got := ""
		if err := converse(t, p, c.role, c.password, c.mechanism, c.cert); err != nil {
			got = string(err.Code) + " " + err.Message
		}
		if got != c.want {
			t.Errorf("%s: got %q", c.name, got)
		}
	}
	first, again := string(p.mockSalt("a")), string(p.mockSalt("a"))
	if first != again || first == string(p.mockSalt("b")) {
		t.Error("mock salts are not steady per user")
	}
}

func TestMD5(t *testing.T) {
	role := Role{Verifier: NewMD5Verifier("ada", "secret")}
	salt := [4]byte{1, 2, 3, 4}
	answer := "md5" + md5Hex(role.Verifier[3:]+string(salt[:]))
	if err := CheckMD5(role, "ada", salt, answer); err != nil {
		t.Error(err)
	}
	if err := CheckMD5(role, "ada", [4]byte{}, answer); err == nil {
		t.Error("old answer accepted")
	}
	if err := CheckMD5(Role{}, "ada", salt, answer); err == nil {
		t.Error("unknown user accepted")
	}
}

func TestMethodAndRules(t *testing.T) {
	local, far := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}
	p := NewPolicy()
	if p.Method(local, Role{}) != Trust || p.Method(far, Role{}) != SCRAM || p.Method(nil, Role{}) != SCRAM {
		t.Error("default policy")
	}
	md5role := Role{Verifier: NewMD5Verifier("a", "b")}
	if p.Method(far, md5role) != SCRAM {
		t.Error("MD5 without configuration")
	}
	p.NoTrust, p.AllowMD5, p.RequireTLS = true, true, true
	if p.Method(local, Role{}) != SCRAM || p.Method(far, md5role) != MD5 {
		t.Error("strict policy")
	}
	if p.Admit(far, false, "a", "b") == nil || p.Admit(far, true, "a", "b") != nil || p.Admit(local, false, "a", "b") != nil {
		t.Error("RequireTLS")
	}
	if err := MayLogin("x", Role{}, ErrNoRole); err == nil || err.Message != "role \"x\" does not exist" || err.Code != "28000" {
		t.Error(err)
	}
	if err := MayLogin("x", Role{}, nil); err == nil || err.Message != "role \"x\" is not permitted to log in" {
		t.Error(err)
	}
	if err := MayLogin("x", Role{}, context.Canceled); err == nil || err.Code != "XX000" {
		t.Error(err)
	}
}

func TestMayListen(t *testing.T) {
	for _, c := range []struct {
		address       string
		tls, password bool
		ok            bool
	}{
		{"127.0.0.1:5433", false, false, true}, {"localhost:5433", false, false, true}, {"[::1]:1", false, false, true},
		{"127.9.9.9:1", false, false, true}, {"0.0.0.0:5433", true, false, false}, {":5433", false, true, false},
		{":5433", true, true, true}, {"db.example.org:5433", true, false, false}, {"nonsense", true, true, false},
	} {
		if err := MayListen(c.address, c.tls, c.password); (err == nil) != c.ok {
			t.Errorf("%s tls=%v password=%v: %v", c.address, c.tls, c.password, err)
		}
	}
}

func TestSelfSignedIsKept(t *testing.T) {
	dir := t.TempDir()
	a, err := SelfSigned(dir)
	if err != nil {
		t.Fatal(err)
	}
	b, err := SelfSigned(dir)
	if err != nil || !a.Certificates[0].Leaf.Equal(b.Certificates[0].Leaf) {
		t.Error("a second start made another certificate")
	}
	if info, err := os.Stat(filepath.Join(dir, "server.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("the key is readable by others")
	}
}
