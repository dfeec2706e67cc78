package bind

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/types"
)

// input reads a literal as the type's input function does.
func (b *binder) input(t types.T, text string) (datum.Datum, error) {
	return pgfmt.ParseText(text, t, b.opts.Settings)
}

// typeText names a type as error messages do.
func typeText(oid types.OID) string { return pgfmt.TypeName(oid) }

// Parts of an interval's modifier: all fields, and no precision.
const (
	intervalFull   = 0x7fff
	intervalNoPrec = 0xffff
)

// isArray reports whether a type is subscripted as an array; unlike for
// types.IsArray the vector types count.
func isArray(oid types.OID) bool {
	return types.IsArray(oid) || oid == types.Int2Vector || oid == types.OidVector
}
