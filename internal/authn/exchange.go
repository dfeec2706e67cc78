package authn

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"

	"github.com/xdg-go/scram"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// The names of the SASL mechanisms.
const (
	MechanismSCRAM     = "SCRAM-SHA-256"
	MechanismSCRAMPlus = "SCRAM-SHA-256-PLUS"
)

// Exchange is one SCRAM conversation with one client. Not safe for concurrent use.
type Exchange struct {
	user    string
	doomed  bool // the proof can only fail
	binding scram.ChannelBinding
	server  *scram.Server
	conv    *scram.ServerConversation
}

// NewExchange starts a conversation for a role, which may be the zero Role for a
// user that does not exist. certificate is the server's own certificate when the
// connection has TLS, else nil.
func (p *Policy) NewExchange(user string, role Role, certificate *x509.Certificate) (*Exchange, error) {
	e := &Exchange{user: user, binding: endPointBinding(certificate)}
	credentials, ok := parseVerifier(role.Verifier)
	if !ok || !usable(role) {
		e.doomed = true
		credentials = scram.StoredCredentials{
			KeyFactors: scram.KeyFactors{Salt: string(p.mockSalt(user)), Iters: iterations},
			StoredKey:  make([]byte, sha256.Size), ServerKey: make([]byte, sha256.Size),
		}
		_, _ = rand.Read(credentials.StoredKey)
	}
	// The name inside the SCRAM messages is not used: the start-up packet's is.
	server, err := scram.SHA256.NewServer(func(string) (scram.StoredCredentials, error) { return credentials, nil })
	if err != nil {
		return nil, err
	}
	e.server = server
	return e, nil
}

// Mechanisms are those to offer, best first.
func (e *Exchange) Mechanisms() []string {
	if e.binding.IsSupported() {
		return []string{MechanismSCRAMPlus, MechanismSCRAM}
	}
	return []string{MechanismSCRAM}
}

// First takes the client's choice and first message and returns the server's.
func (e *Exchange) First(mechanism, message string) (string, *pgerr.Error) {
	switch {
	case mechanism == MechanismSCRAMPlus && e.binding.IsSupported():
		e.conv = e.server.NewConversationWithChannelBindingRequired(e.binding)
	case mechanism == MechanismSCRAM && e.binding.IsSupported():
		e.conv = e.server.NewConversationWithChannelBinding(e.binding)
	case mechanism == MechanismSCRAM:
		e.conv = e.server.NewConversation()
	default:
		return "", pgerr.New(pgcode.ProtocolViolation, "client selected an invalid SASL authentication mechanism")
	}
	answer, err := e.conv.Step(message)
	if err != nil {
		return "", pgerr.New(pgcode.ProtocolViolation, "malformed SCRAM message").WithDetail("%s", err.Error())
	}
	return answer, nil
}

// Final takes the client's proof and returns the server's signature.
func (e *Exchange) Final(message string) (string, *pgerr.Error) {
	answer, err := e.conv.Step(message)
	if err != nil || e.doomed || !e.conv.Valid() {
		return "", Failed(e.user)
	}
	return answer, nil
}

// endPointBinding is tls-server-end-point (RFC 5929): the certificate's hash by
// its own signature's hash function, SHA-256 in place of MD5 and SHA-1.
func endPointBinding(cert *x509.Certificate) scram.ChannelBinding {
	if cert == nil {
		return scram.ChannelBinding{}
	}
	var sum []byte
	switch cert.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.ECDSAWithSHA256:
		h := sha256.Sum256(cert.Raw)
		sum = h[:]
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		h := sha512.Sum384(cert.Raw)
		sum = h[:]
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		h := sha512.Sum512(cert.Raw)
		sum = h[:]
	default: // Ed25519 has no hash to name: no binding is offered
		return scram.ChannelBinding{}
	}
	return scram.ChannelBinding{Type: scram.ChannelBindingTLSServerEndpoint, Data: sum}
}

// CheckMD5 checks an answer to an MD5 challenge.
func CheckMD5(role Role, user string, salt [4]byte, answer string) *pgerr.Error {
	if !usable(role) || !isMD5(role.Verifier) || !equal(answer, "md5"+md5Hex(role.Verifier[3:]+string(salt[:]))) {
		return Failed(user)
	}
	return nil
}
