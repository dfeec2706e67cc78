package authn

import (
	"crypto/md5" //nolint:gosec // PostgreSQL's old password format
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"
)

// iterations is PostgreSQL's count for new verifiers.
const iterations = 4096

const scramPrefix = "SCRAM-SHA-256$"

// NewVerifier returns the text kept for a password, in the form of PostgreSQL's
// pg_authid.rolpassword: SCRAM-SHA-256$4096:salt$StoredKey:ServerKey.
func NewVerifier(password string) (string, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	c, err := deriveKeys(password, salt, iterations)
	if err != nil {
		return "", err
	}
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("%s%d:%s$%s:%s", scramPrefix, iterations, b64(salt), b64(c.StoredKey), b64(c.ServerKey)), nil
}

func deriveKeys(password string, salt []byte, iterations int) (scram.StoredCredentials, error) {
	// A password that SASLprep refuses is used as it is, as PostgreSQL does.
	client, err := scram.SHA256.NewClient("", password, "")
	if err != nil {
		if client, err = scram.SHA256.NewClientUnprepped("", password, ""); err != nil {
			return scram.StoredCredentials{}, err
		}
	}
	return client.GetStoredCredentialsWithError(scram.KeyFactors{Salt: string(salt), Iters: iterations})
}

// NewMD5Verifier returns PostgreSQL's old form: "md5" and the digest of the
// password followed by the user's name.
func NewMD5Verifier(user, password string) string { return "md5" + md5Hex(password+user) }

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// IsVerifier reports whether text given as a password is already a verifier,
// which CREATE ROLE ... PASSWORD then keeps as it is.
func IsVerifier(text string) bool {
	if isMD5(text) {
		return true
	}
	_, ok := parseVerifier(text)
	return ok
}

func isMD5(text string) bool {
	if len(text) != 35 || !strings.HasPrefix(text, "md5") {
		return false
	}
	_, err := hex.DecodeString(text[3:])
	return err == nil
}

// parseVerifier reads a SCRAM verifier.
func parseVerifier(text string) (scram.StoredCredentials, bool) {
	var c scram.StoredCredentials
	rest, ok := strings.CutPrefix(text, scramPrefix)
	if !ok {
		return c, false
	}
	factors, keys, ok := strings.Cut(rest, "$")
	if !ok {
		return c, false
	}
	iterText, saltText, ok1 := strings.Cut(factors, ":")
	storedText, serverText, ok2 := strings.Cut(keys, ":")
	iters, err := strconv.Atoi(iterText)
	if !ok1 || !ok2 || err != nil || iters <= 0 {
		return c, false
	}
	salt, err := base64.StdEncoding.DecodeString(saltText)
	if err != nil || len(salt) == 0 {
		return c, false
	}
	c.Salt, c.Iters = string(salt), iters
	for _, k := range []struct {
		text string
		dst  *[]byte
	}{{storedText, &c.StoredKey}, {serverText, &c.ServerKey}} {
		b, err := base64.StdEncoding.DecodeString(k.text)
		if err != nil || len(b) != sha256.Size {
			return c, false
		}
		*k.dst = b
	}
	return c, true
}

// PasswordMatches reports whether password is the one the verifier was made
// from, for callers that hold the password itself.
func PasswordMatches(verifier, user, password string) bool {
	if isMD5(verifier) {
		return equal(verifier, NewMD5Verifier(user, password))
	}
	c, ok := parseVerifier(verifier)
	if !ok {
		return false
	}
	mine, err := deriveKeys(password, []byte(c.Salt), c.Iters)
	return err == nil && equal(string(mine.StoredKey), string(c.StoredKey))
}
