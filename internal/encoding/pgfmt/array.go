package pgfmt

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/types"
)

const (
	maxDims     = 6
	maxElements = 134217727 // MaxArraySize
)

// appendArray prints as array_out.
func appendArray(dst []byte, v *datum.ArrayValue, s *Settings) []byte {
	if len(v.Elems) == 0 {
		return append(dst, "{}"...)
	}
	for _, d := range v.Dims {
		if d.Lower != 1 {
			for _, d := range v.Dims {
				dst = append(dst, '[')
				dst = strconv.AppendInt(dst, int64(d.Lower), 10)
				dst = append(dst, ':')
				dst = strconv.AppendInt(dst, int64(d.Lower)+int64(d.Len)-1, 10)
				dst = append(dst, ']')
			}
			dst = append(dst, '=')
			break
		}
	}
	elem, delim := types.Of(types.OID(v.Elem)), byte(',')
	if info := types.Lookup(elem.OID); info != nil {
		delim = info.Delim
	}
	dst, _ = appendDim(dst, v.Elems, v.Dims, elem, delim, s)
	return dst
}

// appendDim prints one brace level and returns the elements left over.
func appendDim(dst []byte, elems []datum.Datum, dims []datum.Dim, elem types.T, delim byte, s *Settings) ([]byte, []datum.Datum) {
	dst = append(dst, '{')
	for i := int32(0); i < dims[0].Len; i++ {
		if i > 0 {
			dst = append(dst, delim)
		}
		if len(dims) > 1 {
			dst, elems = appendDim(dst, elems, dims[1:], elem, delim, s)
			continue
		}
		dst = appendElement(dst, elem, elems[0], delim, s)
		elems = elems[1:]
	}
	return append(dst, '}'), elems
}

func appendElement(dst []byte, elem types.T, d datum.Datum, delim byte, s *Settings) []byte {
	start := len(dst)
	switch d.Kind() {
	case datum.Null:
		return append(dst, "NULL"...)
	case datum.Bool, datum.Float, datum.Numeric, datum.UUID:
		return AppendText(dst, elem, d, s)
	}
	dst = AppendText(dst, elem, d, s)
	if !needsQuotes(dst[start:], delim) {
		return dst
	}
	return quoteFrom(dst, start, false)
}

func needsQuotes(text []byte, delim byte) bool {
	if len(text) == 0 || len(text) == 4 && strings.EqualFold(string(text), "null") {
		return true
	}
	for _, c := range text {
		switch c {
		case '"', '\\', '{', '}', ' ', '\t', '\n', '\v', '\f', '\r', delim:
			return true
		}
	}
	return false
}

// quoteFrom puts dst[start:] in double quotes, in place. A record doubles quotes
// and backslashes, an array escapes them.
func quoteFrom(dst []byte, start int, doubled bool) []byte {
	extra := 2
	for _, c := range dst[start:] {
		if c == '"' || c == '\\' {
			extra++
		}
	}
	from := len(dst) - 1
	for range extra {
		dst = append(dst, 0)
	}
	to := len(dst) - 1
	dst[to] = '"'
	to--
	for ; from >= start; from-- {
		c := dst[from]
		dst[to] = c
		to--
		if c == '"' || c == '\\' {
			dst[to] = '\\'
			if doubled {
				dst[to] = c
			}
			to--
		}
	}
	dst[to] = '"'
	return dst
}

// state of the array reader, as in PostgreSQL's ArrayCount.
type arrayState uint8

const (
	noLevel arrayState = iota
	levelStarted
	elemStarted
	quotedStarted
	quotedDone
	elemDelimited
	levelDone
	levelDelimited
)

// arrayReader reads an array literal into raw element texts.
type arrayReader struct {
	text   string // the whole literal, for messages
	s      string // from the first brace on
	delim  byte
	state  arrayState
	quotes bool
	elems  []rawElem
	cur    strings.Builder
	keep   int  // length of cur that must not be trimmed
	plain  bool // the element has neither quotes nor escapes

	depth, dims int
	counts      [maxDims]int32 // as temp in ArrayCount
	width, last [maxDims]int32
}

type rawElem struct {
	text string
	null bool
}

func (r *arrayReader) fail(detail string, args ...any) error {
	return pgerr.New(pgcode.InvalidTextRepresentation, "malformed array literal: \"%s\"", r.text).WithDetail(detail, args...)
}

// read fills elems and the dimensions' lengths.
func (r *arrayReader) read() error {
	for i := range r.width {
		r.width[i] = 1
	}
	i := 0
	for done := false; !done; i++ {
		if i >= len(r.s) {
			return r.fail("Unexpected end of input.")
		}
		var err error
		switch c := r.s[i]; {
		case c == '\\':
			i++
			err = r.escape(i)
		case c == '"':
			err = r.quote()
		case r.quotes:
			r.cur.WriteByte(c)
		case c == '{':
			err = r.open()
		case c == '}':
			done, err = r.close()
		case c == r.delim:
			err = r.delimiter()
		case isSpace(c):
			if r.state == elemStarted {
				r.cur.WriteByte(c)
			}
		default:
			err = r.other(c)
		}
		if err != nil {
			return err
		}
	}
	for ; i < len(r.s); i++ {
		if !isSpace(r.s[i]) {
			return r.fail("Junk after closing right brace.")
		}
	}
	return nil
}

func (r *arrayReader) begin() {
	r.cur.Reset()
	r.keep, r.plain = 0, true
}

func (r *arrayReader) escape(i int) error {
	switch r.state {
	case levelStarted, elemDelimited:
		r.begin()
		r.state = elemStarted
	case elemStarted, quotedStarted:
	default:
		return r.fail(`Unexpected "%c" character.`, '\\')
	}
	if i >= len(r.s) {
		return r.fail("Unexpected end of input.")
	}
	r.cur.WriteByte(r.s[i])
	r.keep, r.plain = r.cur.Len(), false
	return nil
}

func (r *arrayReader) quote() error {
	switch r.state {
	case levelStarted, elemDelimited:
		r.begin()
		r.quotes, r.plain, r.state = true, false, quotedStarted
	case quotedStarted:
		r.quotes, r.state = false, quotedDone
		r.keep = r.cur.Len()
	default:
		return r.fail("Unexpected array element.")
	}
	return nil
}

func (r *arrayReader) open() error {
	switch r.state {
	case noLevel, levelStarted, levelDelimited:
	default:
		return r.fail(`Unexpected "%c" character.`, '{')
	}
	r.state = levelStarted
	if r.depth >= maxDims {
		return pgerr.New(pgcode.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", r.depth+1, maxDims)
	}
	r.counts[r.depth] = 0
	r.depth++
	r.dims = max(r.dims, r.depth)
	return nil
}

func (r *arrayReader) close() (done bool, err error) {
	switch r.state {
	case elemStarted, quotedDone:
		r.finish()
	case levelDone:
	case levelStarted:
		if r.depth != 1 {
			return false, r.fail(`Unexpected "%c" character.`, '}')
		}
	default:
		return false, r.fail(`Unexpected "%c" character.`, '}')
	}
	r.state = levelDone
	if r.depth == 0 {
		return false, r.fail(`Unmatched "%c" character.`, '}')
	}
	r.depth--
	if r.last[r.depth] != 0 && r.width[r.depth] != r.last[r.depth] {
		return false, r.fail("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	r.last[r.depth], r.width[r.depth] = r.width[r.depth], 1
	if r.depth == 0 {
		r.counts[r.dims-1]++
		return true, nil
	}
	r.counts[r.depth-1]++
	return false, nil
}

func (r *arrayReader) delimiter() error {
	switch r.state {
	case elemStarted, quotedDone:
		r.finish()
		r.state = elemDelimited
	case levelDone:
		r.state = levelDelimited
	default:
		return r.fail(`Unexpected "%c" character.`, r.delim)
	}
	r.counts[r.dims-1]++
	r.width[r.depth-1]++
	return nil
}

func (r *arrayReader) other(c byte) error {
	switch r.state {
	case levelStarted, elemDelimited:
		r.begin()
	case elemStarted:
	default:
		return r.fail("Unexpected array element.")
	}
	r.state = elemStarted
	r.cur.WriteByte(c)
	r.keep = r.cur.Len()
	return nil
}

// finish ends the current element, dropping blanks after an unquoted one.
func (r *arrayReader) finish() {
	text := r.cur.String()[:r.keep]
	r.elems = append(r.elems, rawElem{text, r.plain && strings.EqualFold(text, "null")})
}

func isSpace(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\v', '\f', '\r':
		return true
	}
	return false
}

// parseArray reads an array literal of any dimensions.
func parseArray(text string, elem types.T, s *Settings) (datum.Datum, error) {
	var none datum.Datum
	r := arrayReader{text: text, delim: ','}
	if info := types.Lookup(elem.OID); info != nil {
		r.delim = info.Delim
	}
	bounds, rest, err := r.bounds(strings.TrimLeft(text, " \t\n\v\f\r"))
	if err != nil {
		return none, err
	}
	r.s = rest
	if err := r.read(); err != nil {
		return none, err
	}
	v := &datum.ArrayValue{Elem: uint32(elem.OID)}
	if len(r.elems) == 0 {
		if bounds != nil {
			return none, r.fail("Specified array dimensions do not match array contents.")
		}
		return datum.NewArray(v), nil
	}
	if v.Dims, err = r.shape(bounds); err != nil {
		return none, err
	}
	v.Elems = make([]datum.Datum, len(r.elems))
	for i, e := range r.elems {
		if e.null {
			continue
		}
		if v.Elems[i], err = ParseText(e.text, elem, s); err != nil {
			return none, err
		}
	}
	return datum.NewArray(v), nil
}

// shape checks the counted lengths against explicit bounds and the elements.
func (r *arrayReader) shape(bounds []datum.Dim) ([]datum.Dim, error) {
	if bounds != nil && len(bounds) != r.dims {
		return nil, r.fail("Specified array dimensions do not match array contents.")
	}
	dims := make([]datum.Dim, r.dims)
	total := int64(1)
	for i := range dims {
		dims[i] = datum.Dim{Len: r.counts[i], Lower: 1}
		if bounds != nil {
			if bounds[i].Len != r.counts[i] {
				return nil, r.fail("Specified array dimensions do not match array contents.")
			}
			dims[i].Lower = bounds[i].Lower
		}
		total *= int64(r.counts[i])
	}
	if total != int64(len(r.elems)) {
		return nil, r.fail("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	return dims, nil
}

// bounds reads an optional "[1:2][0:3]=" prefix.
func (r *arrayReader) bounds(s string) (dims []datum.Dim, rest string, err error) {
	for {
		s = strings.TrimLeft(s, " \t\n\v\f\r")
		if s == "" || s[0] != '[' {
			break
		}
		if len(dims) >= maxDims {
			return nil, "", pgerr.New(pgcode.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", len(dims)+1, maxDims)
		}
		first, after, ok := cutInt(s[1:])
		if !ok {
			return nil, "", r.fail(`"[" must introduce explicitly-specified array dimensions.`)
		}
		lower, upper := int64(1), first
		if strings.HasPrefix(after, ":") {
			lower = first
			if upper, after, ok = cutInt(after[1:]); !ok {
				return nil, "", r.fail("Missing array dimension value.")
			}
		}
		if !strings.HasPrefix(after, "]") {
			return nil, "", r.fail(`Missing "%s" after array dimensions.`, "]")
		}
		if upper < lower {
			return nil, "", pgerr.New(pgcode.ArraySubscriptError, "upper bound cannot be less than lower bound")
		}
		if upper-lower+1 > maxElements {
			return nil, "", pgerr.New(pgcode.ProgramLimitExceeded, "array size exceeds the maximum allowed (%d)", maxElements)
		}
		dims = append(dims, datum.Dim{Len: int32(upper - lower + 1), Lower: int32(lower)})
		s = after[1:]
	}
	if dims == nil {
		if s == "" || s[0] != '{' {
			return nil, "", r.fail(`Array value must start with "{" or dimension information.`)
		}
		return nil, s, nil
	}
	if s == "" || s[0] != '=' {
		return nil, "", r.fail(`Missing "%s" after array dimensions.`, "=")
	}
	s = strings.TrimLeft(s[1:], " \t\n\v\f\r")
	if s == "" || s[0] != '{' {
		return nil, "", r.fail(`Array contents must start with "{".`)
	}
	return dims, s, nil
}

// cutInt reads a leading integer that fits 32 bits.
func cutInt(s string) (n int64, rest string, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(s[:i], 10, 32)
	return n, s[i:], err == nil
}
