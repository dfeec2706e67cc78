package pgfmt

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/types"
)

// appendRecord prints as record_out: fields in parentheses, NULL as nothing.
func appendRecord(dst []byte, v *datum.RecordValue, s *Settings) []byte {
	dst = append(dst, '(')
	for i, f := range v.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		if f.IsNull() {
			continue
		}
		start := len(dst)
		dst = AppendText(dst, types.Of(types.OID(v.Types[i])), f, s)
		if fieldNeedsQuotes(dst[start:]) {
			dst = quoteFrom(dst, start, true)
		}
	}
	return append(dst, ')')
}

func fieldNeedsQuotes(text []byte) bool {
	for _, c := range text {
		switch c {
		case '"', '\\', '(', ')', ',', ' ', '\t', '\n', '\v', '\f', '\r':
			return true
		}
	}
	return len(text) == 0
}
