// Package copyfmt reads and writes the text and CSV formats of COPY: lines into
// fields and back. It knows nothing of types, tables or messages; a field is
// text or NULL. Errors are *pgerr.Error with PostgreSQL's codes and texts (22P04
// and the like); the caller adds the table and line they happened in.
package copyfmt

// Options are the format options of COPY. Make them with Text or CSV and then
// change fields.
type Options struct {
	CSV       bool
	Delimiter byte
	Null      string
	Header    bool
	Quote     byte // CSV
	Escape    byte // CSV
	// ForceQuote, ForceNotNull and ForceNull say it per field; nil means none.
	ForceQuote   []bool
	ForceNotNull []bool
	ForceNull    []bool
}

// Text are the defaults of FORMAT text.
func Text() Options { return Options{Delimiter: '\t', Null: `\N`} }

// CSV are the defaults of FORMAT csv.
func CSV() Options { return Options{CSV: true, Delimiter: ',', Quote: '"', Escape: '"'} }

// Field is one value of a line.
type Field struct {
	Text string
	Null bool
}

func flag(list []bool, i int) bool { return i < len(list) && list[i] }
