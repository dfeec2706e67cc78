package parse

import (
	"testing"

	"github.com/driftdb/driftdb/internal/pgerr"
)

func addSeeds(f *testing.F) {
	for _, sql := range dataStatements(f) {
		f.Add(sql)
	}
	f.Add("select E'\\u00e9' U&'\\00e9' $a$ b $a$ /* /* */ */ 1.5e3 @-- x")
}

// FuzzParse feeds text to the parser: it must not panic, errors must lie inside
// the text, and what parses must survive printing.
func FuzzParse(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, sql string) {
		list, err := Statements(sql)
		if err != nil {
			e := pgerr.From(err)
			if e.Code == "XX000" || e.Position < 0 || e.Position > len(sql)+1 {
				t.Fatalf("bad error %+v", e)
			}
			return
		}
		end := 0
		for _, s := range list {
			if s.Start < end || s.Len <= 0 || s.Start+s.Len > len(sql) {
				t.Fatalf("bad extent %d+%d after %d of %d", s.Start, s.Len, end, len(sql))
			}
			end = s.Start + s.Len
			roundTrip(t, s.Stmt)
		}
	})
}

// FuzzLexer checks that tokens lie in order inside the text and that the lexer
// reaches the end.
func FuzzLexer(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, sql string) {
		for _, backslashes := range []bool{false, true} {
			l := lexer{sql: sql, backslashes: backslashes}
			for end := 0; ; {
				tok := l.next()
				if tok.cls == tEOF {
					break
				}
				if tok.cls == tError {
					if l.err == nil {
						t.Fatal("error token without error")
					}
					break
				}
				if tok.pos < end || tok.end <= tok.pos || tok.end > len(sql) {
					t.Fatalf("token %+v after %d", tok, end)
				}
				end = tok.end
			}
		}
	})
}
