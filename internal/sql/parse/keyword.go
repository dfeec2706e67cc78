package parse

import "github.com/driftdb/driftdb/internal/sql/keyword"

// lookupKeyword returns the class of a word already folded to lower case, or
// tIdent.
func lookupKeyword(word string) class {
	if i := keyword.Lookup(word); i >= 0 {
		return keywordBase + class(i)
	}
	return tIdent
}

func (c class) isKeyword() bool { return c >= keywordBase }

func (c class) keyword() *keyword.Keyword { return &keyword.All[c-keywordBase] }
