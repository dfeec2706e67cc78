package deparse

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

func formatOID(oid uint32) string { return strconv.FormatUint(uint64(oid), 10) }

// showType says whether a constant gets a type label.
type showType int8

const (
	showNever  showType = -1
	showNeeded showType = 0
	showAlways showType = 1
)

// constant prints a literal, as get_const_expr.
func (p *printer) constant(c *plan.Const, show showType) {
	t := c.Type()
	if c.Value.IsNull() {
		p.write("NULL")
		if show >= 0 {
			p.write("::", pgfmt.FormatType(t))
		}
		return
	}
	text := pgfmt.Text(t, c.Value, p.fmt)
	label := true
	switch t.OID {
	case types.Int4:
		if label = text[0] == '-'; label {
			p.write("'", text, "'")
		} else {
			p.write(text)
		}
	case types.Numeric:
		if label = !(text[0] >= '0' && text[0] <= '9' && strings.ContainsAny(text, "eE.")); label {
			p.write("'", text, "'")
		} else {
			p.write(text)
		}
		label = label || t.Typmod >= 0
	case types.Bool:
		label = false
		p.write(map[string]string{"t": "true", "f": "false"}[text])
	default:
		label = t.OID != types.Unknown
		p.write(quoteLiteral(text))
	}
	if show >= 0 && (label || show > 0) {
		p.write("::", pgfmt.FormatType(t))
	}
}

func quoteLiteral(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
