package builtin

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	pure1("byteaoctetlen", func(a datum.Datum) datum.Datum { return datum.NewInt(int64(len(a.Str()))) })
	pure2("byteacat", func(a, b datum.Datum) datum.Datum { return datum.NewBytea(a.Str() + b.Str()) })
	fn2("byteaGetByte", func(a, b datum.Datum) (datum.Datum, error) {
		s, n := a.Str(), b.Int()
		if err := checkIndex(n, int64(len(s))); err != nil {
			return null, err
		}
		return datum.NewInt(int64(s[n])), nil
	})
	fn2("byteaGetBit", func(a, b datum.Datum) (datum.Datum, error) {
		s, n := a.Str(), b.Int()
		if err := checkIndex(n, int64(len(s))*8); err != nil {
			return null, err
		}
		return datum.NewInt(int64(s[n/8] >> (n % 8) & 1)), nil
	})
	Register("byteaSetByte", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		s, n := args[0].Str(), args[1].Int()
		if err := checkIndex(n, int64(len(s))); err != nil {
			return null, err
		}
		b := []byte(s)
		b[n] = byte(args[2].Int())
		return datum.NewBytea(string(b)), nil
	})
	Register("byteaSetBit", byteaSetBit)
	registerByteaParts()
	registerEncodings()
	registerDigests()
	pure1("bytea_bit_count", func(a datum.Datum) datum.Datum {
		n := 0
		for i := 0; i < len(a.Str()); i++ {
			n += bits.OnesCount8(a.Str()[i])
		}
		return datum.NewInt(int64(n))
	})
	sqlBody("bit_length", []types.OID{types.Bytea}, func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return datum.NewInt(8 * int64(len(args[0].Str()))), nil
	})
}

func checkIndex(n, length int64) error {
	if n < 0 || n >= length {
		return pgerr.New(pgcode.ArraySubscriptError, "index %d out of valid range, 0..%d", n, length-1)
	}
	return nil
}

func byteaSetBit(_ *Context, args []datum.Datum) (datum.Datum, error) {
	s, n, bit := args[0].Str(), args[1].Int(), args[2].Int()
	if err := checkIndex(n, int64(len(s))*8); err != nil {
		return null, err
	}
	if bit != 0 && bit != 1 {
		return null, invalidParameter("new bit must be 0 or 1")
	}
	b := []byte(s)
	b[n/8] = b[n/8]&^(1<<(n%8)) | byte(bit)<<(n%8)
	return datum.NewBytea(string(b)), nil
}

func errNegativeLength() error {
	return pgerr.New(pgcode.SubstringError, "negative substring length not allowed")
}

// byteaSlice returns the bytes from position start (1 is the first), count of
// them, or all the rest when count is nil.
func byteaSlice(s string, start int64, count *int64) (string, error) {
	end := int64(math.MaxInt64)
	if count != nil {
		if *count < 0 {
			return "", errNegativeLength()
		}
		if end = start + *count; end > math.MaxInt32 {
			end = math.MaxInt64
		}
	}
	from := max(start, 1) - 1
	to := min(end-1, int64(len(s)))
	if from >= to {
		return "", nil
	}
	return s[from:to], nil
}

func registerByteaParts() {
	Register("bytea_substr", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		count := args[2].Int()
		s, err := byteaSlice(args[0].Str(), args[1].Int(), &count)
		return datum.NewBytea(s), err
	})
	fn2("bytea_substr_no_len", func(a, b datum.Datum) (datum.Datum, error) {
		s, err := byteaSlice(a.Str(), b.Int(), nil)
		return datum.NewBytea(s), err
	})
	pure2("byteapos", func(a, b datum.Datum) datum.Datum { return datum.NewInt(int64(strings.Index(a.Str(), b.Str()) + 1)) })
	overlay := func(s, repl string, start, count int64) (datum.Datum, error) {
		if start <= 0 {
			return null, errNegativeLength()
		}
		after := start + count
		if after > math.MaxInt32 || after < math.MinInt32 {
			return null, errOutOfRange("integer")
		}
		before := start - 1
		head, err := byteaSlice(s, 1, &before)
		if err != nil {
			return null, err
		}
		tail, err := byteaSlice(s, after, nil)
		return datum.NewBytea(head + repl + tail), err
	}
	Register("byteaoverlay", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return overlay(args[0].Str(), args[1].Str(), args[2].Int(), args[3].Int())
	})
	Register("byteaoverlay_no_len", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		return overlay(args[0].Str(), args[1].Str(), args[2].Int(), int64(len(args[1].Str())))
	})
	trim := func(source string, left, right bool) {
		pure2(source, func(a, b datum.Datum) datum.Datum {
			s, set := a.Str(), b.Str()
			for left && s != "" && strings.IndexByte(set, s[0]) >= 0 {
				s = s[1:]
			}
			for right && s != "" && strings.IndexByte(set, s[len(s)-1]) >= 0 {
				s = s[:len(s)-1]
			}
			return datum.NewBytea(s)
		})
	}
	trim("byteatrim", true, true)
	trim("bytealtrim", true, false)
	trim("byteartrim", false, true)
}

func errEncoding(name string) error { return invalidParameter("unrecognized encoding: \"%s\"", name) }

func registerEncodings() {
	fn2("binary_encode", func(a, b datum.Datum) (datum.Datum, error) {
		s := a.Str()
		switch strings.ToLower(b.Str()) {
		case "hex":
			return datum.NewText(hex.EncodeToString([]byte(s))), nil
		case "base64":
			return datum.NewText(encodeBase64(s)), nil
		case "escape":
			return datum.NewText(encodeEscape(s)), nil
		}
		return null, errEncoding(b.Str())
	})
	fn2("binary_decode", func(a, b datum.Datum) (datum.Datum, error) {
		switch strings.ToLower(b.Str()) {
		case "hex":
			s, err := pgfmt.DecodeHex(a.Str())
			return datum.NewBytea(s), err
		case "base64":
			s, err := decodeBase64(a.Str())
			return datum.NewBytea(s), err
		case "escape":
			s, ok := pgfmt.DecodeEscape(a.Str())
			if !ok {
				return null, pgerr.New(pgcode.InvalidTextRepresentation, "invalid input syntax for type bytea")
			}
			return datum.NewBytea(s), nil
		}
		return null, errEncoding(b.Str())
	})
	fn2("pg_convert_from", func(a, b datum.Datum) (datum.Datum, error) {
		s, err := toUTF8(a.Str(), b.Str())
		return datum.NewText(s), err
	})
	fn2("pg_convert_to", func(a, b datum.Datum) (datum.Datum, error) {
		s, err := fromUTF8(a.Str(), b.Str())
		return datum.NewBytea(s), err
	})
	Register("pg_convert", func(_ *Context, args []datum.Datum) (datum.Datum, error) {
		s, err := toUTF8(args[0].Str(), args[1].Str())
		if err == nil {
			s, err = fromUTF8(s, args[2].Str())
		}
		return datum.NewBytea(s), err
	})
	fn2("length_in_encoding", func(a, b datum.Datum) (datum.Datum, error) {
		if encodingName(b.Str()) == "" {
			return null, invalidParameter("invalid encoding name \"%s\"", b.Str())
		}
		s, err := toUTF8(a.Str(), b.Str())
		return datum.NewInt(int64(utf8.RuneCountInString(s))), err
	})
}

// encodeBase64 breaks lines after 76 characters, as PostgreSQL does.
func encodeBase64(s string) string {
	text := base64.StdEncoding.EncodeToString([]byte(s))
	var b strings.Builder
	for len(text) > 76 {
		b.WriteString(text[:76])
		b.WriteByte('\n')
		text = text[76:]
	}
	b.WriteString(text)
	return b.String()
}

func decodeBase64(s string) (string, error) {
	var out []byte
	group, count, end := uint32(0), 0, 0
	for i, c := range s {
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		case c == '=':
			if end == 0 {
				switch count {
				case 2:
					end = 1
				case 3:
					end = 2
				default:
					return "", invalidParameter("unexpected \"=\" while decoding base64 sequence")
				}
			}
			group, count = group<<6, count+1
		default:
			v := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", s[i])
			if v < 0 || c >= utf8.RuneSelf {
				return "", invalidParameter("invalid symbol \"%c\" found while decoding base64 sequence", c)
			}
			group, count = group<<6|uint32(v), count+1
		}
		if count == 4 {
			out = append(out, byte(group>>16))
			if end == 0 || end > 1 {
				out = append(out, byte(group>>8))
			}
			if end == 0 || end > 2 {
				out = append(out, byte(group))
			}
			group, count = 0, 0
		}
	}
	if count != 0 {
		return "", pgerr.New(pgcode.InvalidParameterValue, "invalid base64 end sequence").
			WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.")
	}
	return string(out), nil
}

func encodeEscape(s string) string {
	var b bytes.Buffer
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			b.WriteString(`\\`)
		case c == 0 || c >= 0x80:
			b.Write([]byte{'\\', '0' + c>>6, '0' + c>>3&7, '0' + c&7})
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// encodingName normalises an encoding's name as PostgreSQL matches them.
func encodingName(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func toUTF8(s, encoding string) (string, error) {
	switch encodingName(encoding) {
	case "utf8", "unicode":
		return s, pgfmt.CheckText(s)
	case "sqlascii":
		return s, pgfmt.CheckText(s)
	case "latin1", "iso88591":
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			b.WriteRune(rune(s[i]))
		}
		return b.String(), nil
	}
	return "", unknownEncoding(encoding, "source")
}

func fromUTF8(s, encoding string) (string, error) {
	switch encodingName(encoding) {
	case "utf8", "unicode", "sqlascii":
		return s, nil
	case "latin1", "iso88591":
		out := make([]byte, 0, len(s))
		for _, r := range s {
			if r > 0xff {
				return "", pgerr.New(pgcode.UntranslatableCharacter,
					"character with byte sequence %s in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"", byteSequence(r))
			}
			out = append(out, byte(r))
		}
		return string(out), nil
	}
	return "", unknownEncoding(encoding, "destination")
}

func byteSequence(r rune) string {
	var parts []string
	for _, c := range []byte(string(r)) {
		parts = append(parts, "0x"+hex.EncodeToString([]byte{c}))
	}
	return strings.Join(parts, " ")
}

// unknownEncoding tells an encoding we do not convert from one that does not exist.
func unknownEncoding(name, role string) error {
	switch n := encodingName(name); {
	case strings.HasPrefix(n, "latin"), strings.HasPrefix(n, "win"), strings.HasPrefix(n, "iso8859"), strings.HasPrefix(n, "euc"),
		n == "abc", n == "alt", n == "tcvn", n == "vscii", n == "sjis", n == "big5", n == "gbk", n == "uhc", n == "koi8r", n == "koi8u", n == "gb18030", n == "johab", n == "muleinternal":
		return pgerr.NotSupported("Convert to UTF8 or LATIN1.", "conversion of encoding \"%s\" is not supported", name)
	}
	return invalidParameter("invalid %s encoding name \"%s\"", role, name)
}

func registerDigests() {
	digest := func(source string, sum func(string) []byte) {
		pure1(source, func(a datum.Datum) datum.Datum { return datum.NewBytea(string(sum(a.Str()))) })
	}
	digest("sha224_bytea", func(s string) []byte { h := sha256.Sum224([]byte(s)); return h[:] })
	digest("sha256_bytea", func(s string) []byte { h := sha256.Sum256([]byte(s)); return h[:] })
	digest("sha384_bytea", func(s string) []byte { h := sha512.Sum384([]byte(s)); return h[:] })
	digest("sha512_bytea", func(s string) []byte { h := sha512.Sum512([]byte(s)); return h[:] })
	for _, source := range []string{"md5_text", "md5_bytea"} {
		pure1(source, func(a datum.Datum) datum.Datum {
			h := md5.Sum([]byte(a.Str()))
			return datum.NewText(hex.EncodeToString(h[:]))
		})
	}
}
