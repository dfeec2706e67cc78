package builtin

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
)

// Characters as numbers, Unicode escapes and normal forms, hashes.

func init() {
	fn1("chr", func(a datum.Datum) (datum.Datum, error) { return chr(a.Int()) })
	pure1("ascii", func(a datum.Datum) datum.Datum {
		if a.Str() == "" {
			return intOf(0)
		}
		r, _ := utf8.DecodeRuneInString(a.Str())
		return intOf(int(r))
	})
	digest := func(a datum.Datum) datum.Datum {
		sum := md5.Sum([]byte(a.Str()))
		return datum.NewText(hex.EncodeToString(sum[:]))
	}
	pure1("md5_text", digest)
	pure1("md5_bytea", digest)
	pure1("to_hex32", func(a datum.Datum) datum.Datum { return datum.NewText(strconv.FormatUint(uint64(uint32(a.Int())), 16)) })
	pure1("to_hex64", func(a datum.Datum) datum.Datum { return datum.NewText(strconv.FormatUint(uint64(a.Int()), 16)) })
	fn1("unistr", func(a datum.Datum) (datum.Datum, error) { return unistr(a.Str()) })
	fn2("unicode_normalize_func", func(a, b datum.Datum) (datum.Datum, error) {
		form, err := normalForm(b.Str())
		if err != nil {
			return null, err
		}
		return datum.NewText(form.String(a.Str())), nil
	})
	fn2("unicode_is_normalized", func(a, b datum.Datum) (datum.Datum, error) {
		form, err := normalForm(b.Str())
		if err != nil {
			return null, err
		}
		return datum.NewBool(form.IsNormalString(a.Str())), nil
	})
}

func chr(n int64) (datum.Datum, error) {
	limit := func(text string) (datum.Datum, error) {
		return null, pgerr.New(pgcode.ProgramLimitExceeded, text, n)
	}
	switch {
	case n < 0:
		return null, invalidParameter("character number must be positive")
	case n == 0:
		return null, pgerr.New(pgcode.ProgramLimitExceeded, "null character not permitted")
	case n > utf8.MaxRune:
		return limit("requested character too large for encoding: %d")
	case !utf8.ValidRune(rune(n)):
		return limit("requested character not valid for encoding: %d")
	}
	return datum.NewText(string(rune(n))), nil
}

func normalForm(name string) (norm.Form, error) {
	switch asciiUpper(name) {
	case "NFC":
		return norm.NFC, nil
	case "NFD":
		return norm.NFD, nil
	case "NFKC":
		return norm.NFKC, nil
	case "NFKD":
		return norm.NFKD, nil
	}
	return 0, invalidParameter("invalid normalization form: %s", name)
}

// unistr replaces \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX by the characters they
// number; two halves of a UTF-16 pair make one.
func unistr(s string) (datum.Datum, error) {
	out := make([]byte, 0, len(s))
	var high rune // the first half of a pair, waiting for the second
	errPair := pgerr.New(pgcode.SyntaxError, "invalid Unicode surrogate pair")
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			if high != 0 {
				return null, errPair
			}
			out = append(out, s[i])
			i++
			continue
		}
		if i+1 < len(s) && s[i+1] == '\\' {
			if high != 0 {
				return null, errPair
			}
			out = append(out, '\\')
			i += 2
			continue
		}
		code, n := unicodeEscape(s[i+1:])
		if n == 0 {
			return null, pgerr.New(pgcode.SyntaxError, "invalid Unicode escape").
				WithHint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.")
		}
		i += 1 + n
		if code < 1 || code > utf8.MaxRune {
			return null, invalidParameter("invalid Unicode code point: %04X", code)
		}
		r := rune(code)
		if high != 0 {
			if r = utf16.DecodeRune(high, r); r == utf8.RuneError {
				return null, errPair
			}
			high = 0
		} else if utf16.IsSurrogate(r) {
			if r >= 0xdc00 {
				return null, errPair
			}
			high = r
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	if high != 0 {
		return null, errPair
	}
	return datum.NewText(string(out)), nil
}

// unicodeEscape reads an escape behind its backslash; n is 0 when it is none.
func unicodeEscape(s string) (code uint64, n int) {
	if s == "" {
		return 0, 0
	}
	prefix, digits := 0, 4
	switch s[0] {
	case 'u':
		prefix = 1
	case '+':
		prefix, digits = 1, 6
	case 'U':
		prefix, digits = 1, 8
	}
	if len(s) < prefix+digits {
		return 0, 0
	}
	for _, c := range []byte(s[prefix : prefix+digits]) {
		if !isHexDigit(c) {
			return 0, 0
		}
	}
	code, _ = strconv.ParseUint(s[prefix:prefix+digits], 16, 32)
	return code, prefix + digits
}

func isHexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}
