package keyenc

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/cockroachdb/apd/v3"

	"github.com/driftdb/driftdb/internal/datum"
)

// Tags of jsonb values, in PostgreSQL's order of types. An empty array at the
// top sorts below everything, as it does there.
const (
	jsonEmptyTop = 0x10
	jsonNull     = 0x11
	jsonString   = 0x12
	jsonNumber   = 0x13
	jsonFalse    = 0x14
	jsonTrue     = 0x15
	jsonArray    = 0x16
	jsonObject   = 0x17
)

// appendJSON writes a canonical jsonb text so that it sorts as PostgreSQL's
// jsonb btree class sorts it: by type, then containers by size and contents.
func appendJSON(dst []byte, canonical string) []byte {
	dec := json.NewDecoder(strings.NewReader(canonical))
	dec.UseNumber()
	at := len(dst)
	dst, ok := appendJSONValue(dst, dec, true)
	if !ok {
		// Not canonical, so not from jsonb input: keep it distinct and skippable.
		return appendEscaped(append(dst[:at], jsonString), canonical)
	}
	return dst
}

func appendJSONValue(dst []byte, dec *json.Decoder, top bool) ([]byte, bool) {
	tok, err := dec.Token()
	if err != nil {
		return dst, false
	}
	switch t := tok.(type) {
	case nil:
		return append(dst, jsonNull), true
	case bool:
		if t {
			return append(dst, jsonTrue), true
		}
		return append(dst, jsonFalse), true
	case string:
		return appendEscaped(append(dst, jsonString), t), true
	case json.Number:
		d, _, err := apd.NewFromString(string(t))
		if err != nil {
			return dst, false
		}
		return appendNumeric(append(dst, jsonNumber), datum.NewDecimal(d)), true
	case json.Delim:
		return appendJSONContainer(dst, dec, t, top)
	}
	return dst, false
}

// appendJSONContainer writes the members of an array or object after their
// count, which PostgreSQL compares first. dec stands behind the opening bracket.
func appendJSONContainer(dst []byte, dec *json.Decoder, open json.Delim, top bool) ([]byte, bool) {
	var members bytes.Buffer
	count, ok := int64(0), true
	for dec.More() {
		body := members.AvailableBuffer()
		if open == '{' {
			tok, err := dec.Token()
			name, isName := tok.(string)
			if err != nil || !isName {
				return dst, false
			}
			body = appendEscaped(body, name)
		}
		if body, ok = appendJSONValue(body, dec, false); !ok {
			return dst, false
		}
		members.Write(body)
		count++
	}
	if _, err := dec.Token(); err != nil {
		return dst, false
	}
	switch {
	case open == '[' && count == 0 && top:
		return append(dst, jsonEmptyTop), true
	case open == '[':
		dst = append(dst, jsonArray)
	default:
		dst = append(dst, jsonObject)
	}
	return append(AppendInt(dst, count), members.Bytes()...), true
}
