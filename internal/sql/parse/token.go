package parse

// class is the class of a token: the character itself for PostgreSQL's
// one-character tokens, one of the constants below, or a keyword.
type class uint16

const (
	tEOF class = iota + 256
	tError
	tIdent
	tIconst
	tFconst
	tSconst
	tBconst
	tParam
	tOp            // any operator that has no class of its own
	tTypecast      // ::
	tDotDot        // ..
	tColonEquals   // :=
	tEqualsGreater // =>
	tLessEquals    // <=
	tGreaterEquals // >=
	tNotEquals     // <> and !=

	// Keywords that mean something else by the next word, as in PostgreSQL's
	// base_yylex. They are no names.
	tNotLA   // NOT before BETWEEN, IN, LIKE, ILIKE, SIMILAR
	tNullsLA // NULLS before FIRST, LAST
	tWithLA  // WITH before TIME, ORDINALITY

	keywordBase class = 512
)

// token is a token with its extent in the statement string. text is the folded
// name of an identifier or keyword, the value of a string, the digits of a
// number, the name of an operator; empty for one-character tokens.
type token struct {
	cls  class
	pos  int
	end  int
	text string
}

// Character classes of the lexer.
const (
	chSpace      = 1 << iota // white space
	chIdentStart             // letters, _ and every byte of a non-ASCII character
	chDigit
	chDollar
	chOp    // may be part of an operator
	chSelf  // a token by itself
	chUpper // A-Z
	chHex

	chIdentCont = chIdentStart | chDigit | chDollar
)

var charClass = buildCharClass()

func buildCharClass() (t [256]uint8) {
	mark := func(chars string, bit uint8) {
		for i := 0; i < len(chars); i++ {
			t[chars[i]] |= bit
		}
	}
	mark(" \t\n\r\f", chSpace)
	mark("0123456789", chDigit|chHex)
	mark("abcdefABCDEF", chHex)
	mark("$", chDollar)
	mark("~!@#^&|`?+-*/%<>=", chOp)
	mark(",()[].;:+-*/%^<>=", chSelf)
	mark("_", chIdentStart)
	for c := 'a'; c <= 'z'; c++ {
		t[c] |= chIdentStart
		t[c-'a'+'A'] |= chIdentStart | chUpper
	}
	for c := 128; c < 256; c++ {
		t[c] |= chIdentStart
	}
	return t
}

func isSpace(c byte) bool      { return charClass[c]&chSpace != 0 }
func isDigit(c byte) bool      { return charClass[c]&chDigit != 0 }
func isHex(c byte) bool        { return charClass[c]&chHex != 0 }
func isIdentStart(c byte) bool { return charClass[c]&chIdentStart != 0 }
func isIdentCont(c byte) bool  { return charClass[c]&chIdentCont != 0 }
func isOpChar(c byte) bool     { return charClass[c]&chOp != 0 }
