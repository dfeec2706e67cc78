package pgfmt

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/jsontext"
	"github.com/driftdb/driftdb/internal/numeric"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

// ParseText reads a value's text as the type's input function does and applies
// the type modifier as an assignment would (varchar(3) refuses what is longer).
// The Datum may keep text.
func ParseText(text string, t types.T, s *Settings) (datum.Datum, error) {
	switch t.OID {
	case types.Int4:
		return parseInt(text, 32, "integer")
	case types.Int8:
		return parseInt(text, 64, "bigint")
	case types.Text, types.VarChar, types.BPChar, types.JSON, types.JSONB, types.Name, types.Char, types.Unknown, types.CString, types.PgNodeTree, types.RefCursor, types.ACLItem:
		return parseString(text, t)
	case types.Bool:
		return parseBool(text)
	case types.Numeric:
		d, err := numeric.Parse(text)
		if err != nil {
			return d, err
		}
		return numeric.Fit(d, t.Typmod)
	case types.Float8:
		return parseFloat(text, 64, "double precision")
	case types.Float4:
		return parseFloat(text, 32, "real")
	case types.Int2:
		return parseInt(text, 16, "smallint")
	case types.Oid:
		return parseOID(text)
	case types.Xid, types.Cid:
		return datum.NewInt(int64(uint32(parseUnsigned(text)))), nil
	case types.Xid8:
		return datum.NewInt(int64(parseUnsigned(text))), nil
	case types.Tid:
		return parseTid(text)
	case types.Bytea:
		return parseBytea(text)
	case types.UUID:
		return parseUUID(text)
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval:
		return parseTime(text, t, s)
	case types.Int2Vector, types.OidVector:
		return parseVector(text, t.OID)
	case types.Record:
		return datum.Datum{}, pgerr.New(pgcode.FeatureNotSupported, "input of anonymous composite types is not implemented")
	case types.Void:
		return datum.NewText(""), nil
	}
	if types.IsReg(t.OID) {
		return parseReg(text, t.OID, s)
	}
	if types.IsArray(t.OID) {
		return parseArray(text, types.T{OID: types.ElemOf(t.OID), Typmod: t.Typmod}, s)
	}
	return datum.Datum{}, unsupported(t)
}

// Supported reports whether values of a type can be read and printed.
func Supported(oid types.OID) bool {
	switch oid {
	case types.Bool, types.Bytea, types.Char, types.Name, types.Int8, types.Int2, types.Int2Vector, types.Int4, types.Text,
		types.Oid, types.Tid, types.Xid, types.Cid, types.OidVector, types.JSON, types.Float4, types.Float8, types.Unknown,
		types.BPChar, types.VarChar, types.Date, types.Time, types.Timestamp, types.TimestampTZ, types.Interval, types.TimeTZ,
		types.Numeric, types.Record, types.CString, types.Void, types.UUID, types.Xid8, types.JSONB, types.RefCursor,
		types.PgNodeTree, types.ACLItem:
		return true
	}
	return types.IsReg(oid) || types.IsArray(oid) && Supported(types.ElemOf(oid))
}

func unsupported(t types.T) error {
	if info := types.Lookup(t.OID); info != nil && info.Type == 'p' {
		return pgerr.New(pgcode.FeatureNotSupported, "cannot accept a value of type %s", info.Name)
	}
	return pgerr.NotSupported("Use one of the built-in scalar types, their arrays, or text.", "type %s is not supported", FormatType(types.Of(t.OID)))
}

func errSyntax(typ, text string) error {
	return pgerr.New(pgcode.InvalidTextRepresentation, "invalid input syntax for type %s: \"%s\"", typ, text)
}

func errRange(typ, text string) error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "value \"%s\" is out of range for type %s", text, typ)
}

func trimSpace(s string) string { return strings.Trim(s, " \t\n\v\f\r") }

// parseInt reads as pg_strtoint32 and its kin.
func parseInt(text string, bits uint, typ string) (datum.Datum, error) {
	s := text
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	// Counting downwards reaches the smallest value too.
	limit := int64(-1) << (bits - 1)
	n, i := int64(0), 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		d := int64(s[i] - '0')
		if n < limit/10 || n*10 < limit+d {
			return datum.Datum{}, errRange(typ, text)
		}
		n = n*10 - d
	}
	if i == 0 {
		return datum.Datum{}, errSyntax(typ, text)
	}
	for ; i < len(s); i++ {
		if !isSpace(s[i]) {
			return datum.Datum{}, errSyntax(typ, text)
		}
	}
	if !negative {
		if n == limit {
			return datum.Datum{}, errRange(typ, text)
		}
		n = -n
	}
	return datum.NewInt(n), nil
}

// parseOID reads as oidin: an unsigned 32-bit number, negative ones wrapping.
func parseOID(text string) (datum.Datum, error) {
	s := trimSpace(text)
	body, negative := s, false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		body, negative = s[1:], s[0] == '-'
	}
	n, err := strconv.ParseUint(body, 10, 64)
	if err != nil {
		if e, ok := err.(*strconv.NumError); ok && e.Err == strconv.ErrRange {
			return datum.Datum{}, errRange("oid", text)
		}
		return datum.Datum{}, errSyntax("oid", text)
	}
	if negative {
		n = -n
	}
	if n > math.MaxUint32 && int64(n) < math.MinInt32 || n > math.MaxUint32 && int64(n) > 0 {
		return datum.Datum{}, errRange("oid", text)
	}
	return datum.NewInt(int64(uint32(n))), nil
}

// parseUnsigned reads as C's strtoul with base 0, which is all xidin does: bad
// text gives what was read before it.
func parseUnsigned(text string) uint64 {
	s := strings.TrimLeft(text, " \t\n\v\f\r")
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	base := uint64(10)
	switch {
	case len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'):
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	n := uint64(0)
	for i := 0; i < len(s); i++ {
		d, ok := hexValue(s[i])
		if !ok || uint64(d) >= base {
			break
		}
		if n > (math.MaxUint64-uint64(d))/base {
			return math.MaxUint64
		}
		n = n*base + uint64(d)
	}
	if negative {
		n = -n
	}
	return n
}

func hexValue(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// parseTid reads "(block,offset)"; the value is kept as that text.
func parseTid(text string) (datum.Datum, error) {
	block, offset, found := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(text, "("), ")"), ",")
	b, err1 := strconv.ParseUint(block, 10, 32)
	o, err2 := strconv.ParseUint(offset, 10, 16)
	if !found || err1 != nil || err2 != nil || text[0] != '(' || text[len(text)-1] != ')' {
		return datum.Datum{}, errSyntax("tid", text)
	}
	return datum.NewText("(" + strconv.FormatUint(b, 10) + "," + strconv.FormatUint(o, 10) + ")"), nil
}

// parseBool accepts unique prefixes of true, false, yes, no, on, off, and 1, 0.
func parseBool(text string) (datum.Datum, error) {
	if v, ok := ParseBoolWord(trimSpace(text)); ok {
		return datum.NewBool(v), nil
	}
	return datum.Datum{}, errSyntax("boolean", text)
}

// ParseBoolWord reads a boolean as PostgreSQL's parse_bool does, without blanks
// around; settings use the same words.
func ParseBoolWord(s string) (v, ok bool) {
	if s == "" || len(s) > 5 {
		return false, false
	}
	s = strings.ToLower(s)
	switch s[0] {
	case 't':
		return true, strings.HasPrefix("true", s)
	case 'f':
		return false, strings.HasPrefix("false", s)
	case 'y':
		return true, strings.HasPrefix("yes", s)
	case 'n':
		return false, strings.HasPrefix("no", s)
	case 'o':
		return s == "on", s == "on" || s == "of" || s == "off"
	case '1', '0':
		return s == "1", len(s) == 1
	}
	return false, false
}

func parseFloat(text string, bits int, typ string) (datum.Datum, error) {
	s := trimSpace(text)
	switch strings.ToLower(s) {
	case "nan":
		return datum.NewFloat(math.NaN()), nil
	case "infinity", "inf", "+infinity", "+inf":
		return datum.NewFloat(math.Inf(1)), nil
	case "-infinity", "-inf":
		return datum.NewFloat(math.Inf(-1)), nil
	}
	if s == "" || strings.ContainsAny(s, "_nN") || strings.ContainsAny(s, "iI") {
		return datum.Datum{}, errSyntax(typ, text)
	}
	number := s
	if hex := strings.TrimLeft(s, "+-"); len(hex) > 2 && (hex[1] == 'x' || hex[1] == 'X') && !strings.ContainsAny(hex, "pP") {
		number += "p0" // C lets a hexadecimal float go without exponent
	}
	f, err := strconv.ParseFloat(number, bits)
	if err != nil {
		if e, ok := err.(*strconv.NumError); ok && e.Err == strconv.ErrRange {
			return datum.Datum{}, errFloatRange(s, typ)
		}
		return datum.Datum{}, errSyntax(typ, text)
	}
	if f == 0 && underflowed(s) {
		return datum.Datum{}, errFloatRange(s, typ)
	}
	return datum.NewFloat(f), nil
}

func errFloatRange(text, typ string) error {
	return pgerr.New(pgcode.NumericValueOutOfRange, "\"%s\" is out of range for type %s", text, typ)
}

// underflowed reports whether a number that read as zero has a digit that is not.
func underflowed(s string) bool {
	if i := strings.IndexAny(s, "eEpP"); i >= 0 && !strings.ContainsAny(s, "xX") {
		s = s[:i]
	}
	return strings.ContainsAny(s, "123456789")
}

// CheckText refuses what a text value cannot hold: bytes that are not UTF-8, and
// zero bytes (22021).
func CheckText(s string) error {
	ascii := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == 0 {
			return invalidUTF8(s[i : i+1])
		} else if c >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return nil
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return invalidUTF8(s[i:min(i+sequenceLength(s[i]), len(s))])
		}
		if r == 0 {
			return invalidUTF8(s[i : i+1])
		}
		i += size
	}
	return nil
}

// sequenceLength is the length a UTF-8 lead byte announces.
func sequenceLength(c byte) int {
	switch {
	case c&0xe0 == 0xc0:
		return 2
	case c&0xf0 == 0xe0:
		return 3
	case c&0xf8 == 0xf0:
		return 4
	}
	return 1
}

func invalidUTF8(seq string) error {
	var b strings.Builder
	for i := 0; i < len(seq); i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("0x")
		b.WriteByte(hexDigits[seq[i]>>4])
		b.WriteByte(hexDigits[seq[i]&15])
	}
	return pgerr.New(pgcode.CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\": %s", b.String())
}

func parseString(text string, t types.T) (datum.Datum, error) {
	if err := CheckText(text); err != nil {
		return datum.Datum{}, err
	}
	switch t.OID {
	case types.VarChar:
		return fitVarchar(datum.NewText(text), t.Typmod, false)
	case types.BPChar:
		return fitBPChar(datum.NewBPChar(text), t.Typmod, false)
	case types.JSON:
		if err := jsontext.Check(text); err != nil {
			return datum.Datum{}, err
		}
	case types.JSONB:
		canonical, err := jsontext.Canonical(text)
		if err != nil {
			return datum.Datum{}, err
		}
		return datum.NewJSONB(canonical), nil
	case types.Name:
		return datum.NewText(ClipName(text)), nil
	case types.Char:
		return datum.NewText(CharByte(text)), nil
	}
	return datum.NewText(text), nil
}

// CharByte returns what the type "char" keeps of a text: its first byte, or the
// byte that \ooo names.
func CharByte(text string) string {
	if len(text) == 4 && text[0] == '\\' && octal(text[1]) && octal(text[2]) && octal(text[3]) {
		b := (text[1]-'0')<<6 | (text[2]-'0')<<3 | (text[3] - '0')
		if b == 0 {
			return ""
		}
		return string([]byte{b})
	}
	return text[:min(len(text), 1)]
}

// AppendChar appends the text form of a "char": its byte, in octal when it is
// not ASCII.
func AppendChar(dst []byte, s string) []byte {
	if s == "" || s[0] < 0x80 {
		return append(dst, s...)
	}
	return append(dst, '\\', '0'+s[0]>>6, '0'+s[0]>>3&7, '0'+s[0]&7)
}

// MaxNameBytes is the longest identifier (NAMEDATALEN - 1).
const MaxNameBytes = 63

// ClipName shortens s to what the type name holds, at a character boundary.
func ClipName(s string) string {
	if len(s) <= MaxNameBytes {
		return s
	}
	n := MaxNameBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func parseBytea(text string) (datum.Datum, error) {
	if strings.HasPrefix(text, `\x`) {
		b, err := DecodeHex(text[2:])
		return datum.NewBytea(b), err
	}
	b, ok := DecodeEscape(text)
	if !ok {
		return datum.Datum{}, pgerr.New(pgcode.InvalidTextRepresentation, "invalid input syntax for type bytea")
	}
	return datum.NewBytea(b), nil
}

// DecodeHex decodes pairs of hexadecimal digits with blanks between pairs.
func DecodeHex(s string) (string, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); {
		if c := s[i]; c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		hi, err := hexDigit(s[i:])
		if err != nil {
			return "", err
		}
		if i+1 >= len(s) {
			return "", pgerr.New(pgcode.InvalidParameterValue, "invalid hexadecimal data: odd number of digits")
		}
		lo, err := hexDigit(s[i+1:])
		if err != nil {
			return "", err
		}
		out = append(out, hi<<4|lo)
		i += 2
	}
	return string(out), nil
}

func hexDigit(s string) (byte, error) {
	if v, ok := hexValue(s[0]); ok {
		return v, nil
	}
	_, size := utf8.DecodeRuneInString(s)
	return 0, pgerr.New(pgcode.InvalidParameterValue, "invalid hexadecimal digit: \"%s\"", s[:size])
}

// DecodeEscape decodes bytea's escape format: \\ and \nnn.
func DecodeEscape(s string) (string, bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, true
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
			i++
		case i+1 < len(s) && s[i+1] == '\\':
			out = append(out, '\\')
			i += 2
		case i+3 < len(s) && s[i+1] >= '0' && s[i+1] <= '3' && octal(s[i+2]) && octal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 4
		default:
			return "", false
		}
	}
	return string(out), true
}

func octal(c byte) bool { return c >= '0' && c <= '7' }

// parseUUID reads 32 hexadecimal digits with optional braces around and optional
// hyphens after each four digits.
func parseUUID(text string) (datum.Datum, error) {
	s := text
	braces := strings.HasPrefix(s, "{")
	if braces {
		s = s[1:]
	}
	var out [16]byte
	for i := range out {
		if len(s) < 2 {
			return datum.Datum{}, errSyntax("uuid", text)
		}
		hi, ok1 := hexValue(s[0])
		lo, ok2 := hexValue(s[1])
		if !ok1 || !ok2 {
			return datum.Datum{}, errSyntax("uuid", text)
		}
		out[i] = hi<<4 | lo
		s = s[2:]
		if i%2 == 1 && i < 15 && s != "" && s[0] == '-' {
			s = s[1:]
		}
	}
	if braces {
		if !strings.HasPrefix(s, "}") {
			return datum.Datum{}, errSyntax("uuid", text)
		}
		s = s[1:]
	}
	if s != "" {
		return datum.Datum{}, errSyntax("uuid", text)
	}
	return datum.NewUUID(string(out[:])), nil
}

// parseVector reads int2vector and oidvector: numbers between blanks, from
// subscript 0.
func parseVector(text string, oid types.OID) (datum.Datum, error) {
	elem := types.ElemOf(oid)
	v := &datum.ArrayValue{Elem: uint32(elem)}
	for _, f := range strings.Fields(text) {
		d, err := ParseText(f, types.Of(elem), nil)
		if err != nil {
			return d, err
		}
		v.Elems = append(v.Elems, d)
	}
	v.Dims = []datum.Dim{{Len: int32(len(v.Elems)), Lower: 0}}
	return datum.NewArray(v), nil
}

// parseReg reads a reg* value: a number, "-" for none, or a name.
func parseReg(text string, oid types.OID, s *Settings) (datum.Datum, error) {
	if text == "-" && oid != types.RegNamespace && oid != types.RegRole || text != "" && text[0] >= '0' && text[0] <= '9' && strings.Trim(text, "0123456789") == "" {
		if text == "-" {
			return datum.NewInt(0), nil
		}
		return parseOID(text)
	}
	if s == nil || s.Names == nil {
		return datum.Datum{}, errSyntax(FormatType(types.Of(oid)), text)
	}
	n, err := s.Names.RegIn(uint32(oid), text)
	return datum.NewInt(int64(n)), err
}
