package grammar

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testdata returns the directory of shared test data, or skips the test.
func testdata(t *testing.T) string {
	t.Helper()
	for _, dir := range []string{os.Getenv("DRIFTDB_TESTDATA"), "../../../shared/testdata"} {
		if dir == "" {
			continue
		}
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir
		}
	}
	t.Skip("no test data: set DRIFTDB_TESTDATA to a directory with pgregress and slt")
	return ""
}

// regressStatements returns the statements of PostgreSQL's regression files.
func regressStatements(t *testing.T) []string {
	files, _ := filepath.Glob(filepath.Join(testdata(t), "pgregress", "sql", "*.sql"))
	if len(files) == 0 {
		t.Skip("no pgregress/sql/*.sql in the test data")
	}
	var out []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, splitScript(string(text))...)
	}
	return out
}

// splitScript splits a psql script at semicolons outside of strings, comments
// and parentheses. Backslash commands end a statement, and the rows behind COPY
// FROM STDIN are dropped.
func splitScript(text string) []string {
	var out []string
	var cur strings.Builder
	depth := 0
	flush := func() {
		if s := strings.TrimSpace(cur.String()); s != "" {
			out = append(out, s)
		}
		cur.Reset()
		depth = 0
	}
	for i := 0; i < len(text); {
		n := 1
		switch c := text[i]; {
		case c == '\'':
			n = stringLen(text[i:], i > 0 && (text[i-1] == 'E' || text[i-1] == 'e'))
		case c == '"':
			n = quoteLen(text[i:], `"`, 1)
		case strings.HasPrefix(text[i:], "--"):
			n = quoteLen(text[i:], "\n", 2)
		case strings.HasPrefix(text[i:], "/*"):
			n = quoteLen(text[i:], "*/", 2)
		case c == '$':
			if end := strings.IndexByte(text[i+1:], '$'); end >= 0 && tagLike(text[i+1:i+1+end]) {
				n = quoteLen(text[i:], text[i:i+end+2], end+2)
			}
		case c == '\\':
			flush()
			i += quoteLen(text[i:], "\n", 1)
			continue
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ';' && depth <= 0:
			stmt := strings.ToLower(cur.String())
			flush()
			i++
			if strings.Contains(stmt, "copy") && strings.Contains(stmt, "from stdin") {
				i += quoteLen(text[i:], "\n\\.\n", 0)
			}
			continue
		}
		cur.WriteString(text[i : i+n])
		i += n
	}
	flush()
	return out
}

func tagLike(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if !(c >= 'a' && c <= 'z' || s[i] == '_' || i > 0 && s[i] >= '0' && s[i] <= '9') {
			return false
		}
	}
	return true
}

func stringLen(s string, escapes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && escapes:
			i++
		case s[i] == '\'':
			return i + 1
		}
	}
	return len(s)
}

// quoteLen returns the length of s up to and including end, looked for from skip.
func quoteLen(s, end string, skip int) int {
	if i := strings.Index(s[min(skip, len(s)):], end); i >= 0 {
		return skip + i + len(end)
	}
	return len(s)
}

// sltStatements returns a sample of the statements of sqllogictest's files.
func sltStatements(t *testing.T, limit int) []string {
	var out []string
	seen := map[string]bool{}
	filepath.WalkDir(filepath.Join(testdata(t), "slt"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".test") || len(out) >= limit {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		taken := 0
		for _, record := range strings.Split(string(text), "\n\n") {
			lines := strings.Split(strings.TrimSpace(record), "\n")
			for len(lines) > 0 && (strings.HasPrefix(lines[0], "skipif") || strings.HasPrefix(lines[0], "onlyif") || strings.HasPrefix(lines[0], "#")) {
				lines = lines[1:]
			}
			if len(lines) < 2 || !strings.HasPrefix(lines[0], "statement") && !strings.HasPrefix(lines[0], "query") {
				continue
			}
			sql, _, _ := strings.Cut(strings.Join(lines[1:], "\n"), "\n----")
			if !seen[sql] && taken < 200 {
				seen[sql] = true
				taken++
				out = append(out, sql)
			}
		}
		return nil
	})
	if len(out) == 0 {
		t.Skip("no slt files in the test data")
	}
	return out
}
