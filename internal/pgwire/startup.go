package pgwire

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/driftdb/driftdb/internal/authn"
	"github.com/driftdb/driftdb/internal/config"
	"github.com/driftdb/driftdb/internal/obs"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/client"
)

// Codes in the place of a protocol version.
const (
	codeCancel = 80877102
	codeSSL    = 80877103
	codeGSS    = 80877104
)

// startupLimit is the longest start-up packet, as PostgreSQL has it.
const startupLimit = 10000

// tlsHandshake is the first byte of a client that starts TLS without asking.
const tlsHandshake = 0x16

// errCancelRequest ends a connection that only brought a cancel request.
var errCancelRequest = errors.New("cancel request")

// start brings a connection from its first byte to ReadyForQuery. Its goroutine
// ends with it: the session's own begins with a small stack.
func (c *conn) start() {
	c.starting = true
	_ = c.net.SetDeadline(time.Now().Add(c.server.opts.AuthTimeout))
	err := c.guard(c.negotiate)
	var e *pgerr.Error
	switch {
	case err == nil:
		_ = c.net.SetDeadline(time.Time{})
		c.starting = false
		go c.run()
		return
	case errors.As(err, &e):
		e = fatal(e)
		c.server.free(c) // before the client knows, who may try again at once
		c.server.metrics.Rejected(string(e.Code))
		c.logError(e, "")
		_ = c.out.report('E', e)
		_ = c.out.flush()
	}
	c.close()
}

func (c *conn) negotiate() error {
	params, err := c.startupPacket()
	if err != nil {
		return err
	}
	info, err := c.clientInfo(params)
	if err != nil {
		return err
	}
	// The session and its goroutine hold this logger for life.
	c.log = c.log.With(obs.KeyUser, c.user, obs.KeyDatabase, c.database)
	if err := c.server.reserve(c); err != nil {
		return err
	}
	ctx := c.ctx
	if e := c.server.opts.Policy.Admit(c.net.RemoteAddr(), c.tls != nil, c.user, c.database); e != nil {
		return e
	}
	role, roleErr := c.server.opts.Engine.Role(ctx, c.user)
	if roleErr != nil && !errors.Is(roleErr, authn.ErrNoRole) {
		return pgerr.From(roleErr)
	}
	if err := c.authenticate(role); err != nil {
		return err
	}
	if e := authn.MayLogin(c.user, role, roleErr); e != nil {
		return e
	}
	if err := c.server.admit(role); err != nil {
		return err
	}
	if options := params["options"]; options != "" {
		if err := parseOptions(options, info.Settings); err != nil {
			return err
		}
	}
	if c.session, err = c.server.opts.Engine.NewSession(ctx, info); err != nil {
		return pgerr.From(err)
	}
	c.out.conn = c
	c.readSettings()
	for _, name := range config.Reported {
		if value, ok := c.session.Setting(name); ok {
			_ = c.out.status(name, value)
		}
	}
	at := c.out.begin('K')
	c.out.int32(int(c.pid))
	c.out.int32(int(int32(c.key)))
	_ = c.out.finish(at)
	c.server.add(c)
	if c.server.opts.LogConnections {
		c.log.Log(ctx, obs.LevelLog, "connection authorized: user="+c.user+" database="+c.database+tlsText(c.tls))
	}
	return c.readyForQuery()
}

func tlsText(t *tls.Conn) string {
	if t == nil {
		return ""
	}
	state := t.ConnectionState()
	return " SSL enabled (protocol=" + tls.VersionName(state.Version) + ", cipher=" + tls.CipherSuiteName(state.CipherSuite) + ")"
}

// startupPacket reads packets until one starts a session, answering requests for
// encryption on the way. Keys keep the letter case they came in.
func (c *conn) startupPacket() (map[string]string, error) {
	for round := 0; ; round++ {
		if err := c.fill(1); err != nil {
			return nil, err
		}
		if c.in.buf[c.in.r] == tlsHandshake && c.tls == nil && c.server.opts.TLS != nil {
			if err := c.startTLS(true); err != nil {
				return nil, err
			}
			continue
		}
		if err := c.fill(4); err != nil {
			return nil, err
		}
		length := int(binary.BigEndian.Uint32(c.in.buf[c.in.r:]))
		if length < 8 || length > startupLimit {
			return nil, protocolViolation("invalid length of startup packet")
		}
		if err := c.fill(length); err != nil {
			return nil, err
		}
		packet := c.in.buf[c.in.r+4 : c.in.r+length]
		c.in.r += length
		switch code := binary.BigEndian.Uint32(packet); {
		case code == codeCancel && len(packet) == 12:
			c.server.cancel(int32(binary.BigEndian.Uint32(packet[4:])), binary.BigEndian.Uint32(packet[8:]))
			return nil, errCancelRequest
		case (code == codeSSL || code == codeGSS) && round < 3:
			if err := c.answerEncryption(code); err != nil {
				return nil, err
			}
		case code>>16 == 3:
			return c.startupParams(code, packet[4:])
		default:
			return nil, pgerr.New(pgcode.FeatureNotSupported, "unsupported frontend protocol %d.%d: server supports 3.0 to 3.0",
				code>>16, code&0xffff)
		}
	}
}

func (c *conn) answerEncryption(code uint32) error {
	if c.in.r != c.in.w {
		// Bytes sent before the answer could be an attacker's, taken as encrypted.
		what := "SSL"
		if code == codeGSS {
			what = "GSSAPI encryption"
		}
		return protocolViolation("received unencrypted data after %s request", what)
	}
	if code == codeSSL && c.tls == nil && c.server.opts.TLS != nil {
		if _, err := c.net.Write([]byte{'S'}); err != nil {
			return err
		}
		return c.startTLS(false)
	}
	_, err := c.net.Write([]byte{'N'})
	return err
}

// startTLS encrypts the connection; direct is true when the client began with
// TLS, which must then name the protocol (ALPN).
func (c *conn) startTLS(direct bool) error {
	under := c.net
	if c.in.w > c.in.r {
		under = &prefixConn{Conn: c.net, prefix: append([]byte(nil), c.in.buf[c.in.r:c.in.w]...)}
		c.in.r = c.in.w
	}
	c.in.release()
	t := tls.Server(under, c.server.opts.TLS)
	ctx, done := context.WithTimeout(c.ctx, c.server.opts.AuthTimeout)
	defer done()
	if err := t.HandshakeContext(ctx); err != nil {
		return err
	}
	if direct && t.ConnectionState().NegotiatedProtocol != authn.ALPN {
		_ = t.Close()
		return errors.New("received direct SSL connection request without ALPN protocol negotiation extension")
	}
	c.tls, c.net, c.out.net = t, t, t
	c.in.sock.encrypted()
	return nil
}

// startupParams reads the name and value pairs and answers what is newer than
// protocol 3.0.
func (c *conn) startupParams(version uint32, body []byte) (map[string]string, error) {
	params, unknown := map[string]string{}, []string(nil)
	r := reader{b: body}
	for len(r.b) > 1 && r.b[0] != 0 {
		name, value := string(r.cstring()), string(r.cstring())
		if r.err != nil {
			if r.err.Code == pgcode.ProtocolViolation {
				break
			}
			return nil, r.err
		}
		if strings.HasPrefix(name, "_pq_.") {
			unknown = append(unknown, name)
			continue
		}
		params[name] = value
	}
	if r.err != nil || len(r.b) != 1 || r.b[0] != 0 {
		return nil, protocolViolation("invalid startup packet layout: expected terminator as last byte")
	}
	if version&0xffff != 0 || len(unknown) > 0 {
		at := c.out.begin('v')
		c.out.int32(3 << 16)
		c.out.int32(len(unknown))
		for _, name := range unknown {
			c.out.string(name)
		}
		return params, c.out.finish(at)
	}
	return params, nil
}

// clientInfo sorts the start-up parameters.
func (c *conn) clientInfo(params map[string]string) (client.Info, error) {
	info := client.Info{Settings: map[string]string{}, PID: c.pid, RemoteAddr: c.net.RemoteAddr().String()}
	info.Terminate = func() { c.terminate(errShutdown) }
	for name, value := range params {
		switch name {
		case "user":
			info.User = clip(value)
		case "database":
			info.Database = clip(value)
		case "options":
		case "replication":
			switch strings.ToLower(value) {
			case "false", "off", "no", "0":
			case "true", "on", "yes", "1", "database":
				return info, pgerr.NotSupported("Connect without the replication parameter.", "replication connections are not supported")
			default:
				return info, pgerr.New(pgcode.InvalidParameterValue, "invalid value for parameter \"replication\": \"%s\"", value).
					WithHint("Valid values are: \"false\", 0, \"true\", 1, \"database\".")
			}
		default:
			info.Settings[name] = value
			if strings.EqualFold(name, "application_name") {
				info.ApplicationName = value
			}
		}
	}
	if info.User == "" {
		return info, pgerr.New(pgcode.InvalidAuthorizationSpecification, "no PostgreSQL user name specified in startup packet")
	}
	if info.Database == "" {
		info.Database = info.User
	}
	c.user, c.database = info.User, info.Database
	return info, nil
}

// clip cuts a name to 63 bytes, not inside a character.
func clip(s string) string {
	if len(s) <= 63 {
		return s
	}
	n := 63
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// parseOptions reads the "options" parameter (-c name=value, --name=value) into
// settings; a setting the packet names itself wins.
func parseOptions(options string, settings map[string]string) error {
	args := splitOptions(options)
	for i := 0; i < len(args); i++ {
		arg, isSwitch := args[i], false
		switch {
		case strings.HasPrefix(arg, "--"):
			arg = arg[2:]
		case strings.HasPrefix(arg, "-c"):
			isSwitch = true
			if arg = arg[2:]; arg == "" {
				if i++; i == len(args) {
					return pgerr.New(pgcode.SyntaxError, "invalid command-line argument for server process: -c").
						WithHint("Try \"postgres --help\" for more information.")
				}
				arg = args[i]
			}
		default:
			return pgerr.New(pgcode.SyntaxError, "invalid command-line argument for server process: %s", arg).
				WithHint("Try \"postgres --help\" for more information.")
		}
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			if isSwitch {
				return pgerr.New(pgcode.SyntaxError, "-c %s requires a value", arg)
			}
			return pgerr.New(pgcode.SyntaxError, "--%s requires a value", arg)
		}
		name = strings.ReplaceAll(name, "-", "_")
		given := false
		for other := range settings {
			given = given || strings.EqualFold(other, name)
		}
		if !given {
			settings[name] = value
		}
	}
	return nil
}

// splitOptions splits at blanks; a backslash takes the next character as it is.
func splitOptions(s string) (args []string) {
	var arg []byte
	inArg := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			arg, inArg = append(arg, s[i]), true
		case c == ' ' || c >= '\t' && c <= '\r':
			if inArg {
				args, arg, inArg = append(args, string(arg)), nil, false
			}
		default:
			arg, inArg = append(arg, c), true
		}
	}
	if inArg {
		args = append(args, string(arg))
	}
	return args
}

// Authentication requests, by the code in the message.
const (
	authOK           = 0
	authMD5          = 5
	authSASL         = 10
	authSASLContinue = 11
	authSASLFinal    = 12
)

func (c *conn) authRequest(code int, body []byte) {
	at := c.out.begin('R')
	c.out.int32(code)
	c.out.buf = append(c.out.buf, body...)
	_ = c.out.finish(at)
}

// password flushes the request and reads the client's answer to it.
func (c *conn) password() ([]byte, error) {
	if err := c.out.flush(); err != nil {
		return nil, err
	}
	if err := c.fill(1); err != nil {
		return nil, err
	}
	if t := c.in.buf[c.in.r]; t != msgPassword {
		return nil, protocolViolation("expected password response, got message type %d", t)
	}
	return c.body(startupLimit)
}

// authenticate runs the method that the policy asks for, up to AuthenticationOk.
func (c *conn) authenticate(role authn.Role) error {
	var err error
	switch c.server.opts.Policy.Method(c.net.RemoteAddr(), role) {
	case authn.Trust:
	case authn.MD5:
		err = c.authenticateMD5(role)
	default:
		err = c.authenticateSCRAM(role)
	}
	if err != nil {
		return err
	}
	c.authRequest(authOK, nil)
	return c.out.broken
}

func (c *conn) authenticateMD5(role authn.Role) error {
	var salt [4]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return err
	}
	c.authRequest(authMD5, salt[:])
	body, err := c.password()
	if err != nil {
		return err
	}
	r := reader{b: body}
	answer := string(r.cstring())
	if fault := r.end(); fault != nil {
		return fault
	}
	if e := authn.CheckMD5(role, c.user, salt, answer); e != nil {
		return e
	}
	return nil
}

func (c *conn) authenticateSCRAM(role authn.Role) error {
	exchange, err := c.server.opts.Policy.NewExchange(c.user, role, c.certificate())
	if err != nil {
		return err
	}
	var list []byte
	for _, m := range exchange.Mechanisms() {
		list = append(append(list, m...), 0)
	}
	c.authRequest(authSASL, append(list, 0))
	body, err := c.password()
	if err != nil {
		return err
	}
	r := reader{b: body}
	mechanism := string(r.cstring())
	first := r.bytes(int(r.int32()))
	if fault := r.end(); fault != nil {
		return fault
	}
	challenge, e := exchange.First(mechanism, string(first))
	if e != nil {
		return e
	}
	c.authRequest(authSASLContinue, []byte(challenge))
	if body, err = c.password(); err != nil {
		return err
	}
	signature, e := exchange.Final(string(body))
	if e != nil {
		return e
	}
	c.authRequest(authSASLFinal, []byte(signature))
	return nil
}

// certificate returns the server's own certificate on this connection, nil
// without TLS.
func (c *conn) certificate() *x509.Certificate {
	if c.tls == nil || len(c.server.opts.TLS.Certificates) == 0 {
		return nil
	}
	return c.server.opts.TLS.Certificates[0].Leaf
}
