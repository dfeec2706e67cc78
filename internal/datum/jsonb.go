package datum

import "strings"

// compareJSONB orders canonical jsonb texts. Equality is exact because the
// text is canonical; CompareJSONBOrder, set by the package that can parse JSON,
// gives PostgreSQL's order for unequal ones.
func compareJSONB(a, b string) int {
	if a == b {
		return 0
	}
	return CompareJSONBOrder(a, b)
}

// CompareJSONBOrder orders two canonical jsonb texts as PostgreSQL does. It is
// replaced once, at start, by sql/builtin's comparison; bytewise until then.
var CompareJSONBOrder = strings.Compare
