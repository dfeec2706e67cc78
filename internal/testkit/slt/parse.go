package slt

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Record is one step of a file.
type Record struct {
	Line  int    // of its first line, from 1
	Kind  string // statement, query or let
	SQL   string
	Count int // rows a statement must change, -1 for any

	WantError     bool
	Code, Message string // of the error wanted; empty is any

	Types, Sort, Label string
	Want               []string
	Data               string // for COPY FROM STDIN
	Name               string // of let, without $
	Only, Skip         string // servers

	head, sqlEnd, end int // line numbers from 0: header, first line after the SQL, first after all
}

// File is a parsed file.
type File struct {
	Path    string
	Records []*Record
	lines   []string
}

// Parse reads a file. It returns an error that names the line for one that is
// malformed.
func Parse(path string) (*File, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &File{Path: path, lines: strings.Split(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")}
	only, skip := "", ""
	for i := 0; i < len(f.lines); {
		words := strings.Fields(f.lines[i])
		if len(words) == 0 || strings.HasPrefix(words[0], "#") || words[0] == "hash-threshold" {
			i++
			continue
		}
		switch words[0] {
		case "onlyif", "skipif":
			if len(words) < 2 {
				return nil, fmt.Errorf("%s:%d: which server?", path, i+1)
			}
			if words[0] == "onlyif" {
				only = words[1]
			} else {
				skip += words[1] + " "
			}
			i++
		case "halt":
			if only == "" && skip == "" {
				return f, nil
			}
			only, skip = "", ""
			i++
		case "statement", "query", "let":
			r := &Record{Line: i + 1, Kind: words[0], Count: -1, Only: only, Skip: skip, head: i}
			only, skip = "", ""
			if err := r.header(words[1:], f.lines[i]); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
			}
			i = r.body(f.lines, i+1)
			f.Records = append(f.Records, r)
		default:
			return nil, fmt.Errorf("%s:%d: unknown directive %s", path, i+1, words[0])
		}
	}
	return f, nil
}

func (r *Record) header(words []string, line string) error {
	if len(words) == 0 && r.Kind != "query" {
		return fmt.Errorf("%s what?", r.Kind)
	}
	switch {
	case r.Kind == "let":
		r.Name = strings.TrimPrefix(words[0], "$")
	case r.Kind == "query":
		for i, w := range words {
			switch {
			case w == "rowsort" || w == "valuesort" || w == "nosort":
				r.Sort = w
			case i == 0 && strings.Trim(w, "ITRB") == "":
				r.Types = w
			default:
				r.Label = w
			}
		}
	case words[0] == "error":
		r.WantError = true
		if len(words) > 1 {
			r.Code = words[1]
			_, r.Message, _ = strings.Cut(line, words[1]+" ")
		}
	case words[0] == "count":
		n, err := strconv.Atoi(words[1])
		if err != nil {
			return err
		}
		r.Count = n
	case words[0] != "ok":
		return fmt.Errorf("unknown statement %s", words[0])
	}
	return nil
}

// body reads the SQL and what is wanted; it returns the line after the record.
func (r *Record) body(lines []string, i int) int {
	from := i
	for i < len(lines) && lines[i] != "----" && strings.TrimSpace(lines[i]) != "" {
		i++
	}
	r.SQL = strings.Join(lines[from:i], "\n")
	r.sqlEnd = i
	if i < len(lines) && lines[i] == "----" {
		from = i + 1
		for i++; i < len(lines) && lines[i] != ""; i++ {
		}
		if r.copies("FROM STDIN") {
			r.Data = strings.Join(lines[from:i], "\n") + "\n"
		} else {
			r.Want = lines[from:i]
		}
	}
	r.end = i
	return i
}

// copies tells whether the record is a COPY in this direction.
func (r *Record) copies(direction string) bool {
	up := strings.ToUpper(r.SQL)
	return strings.HasPrefix(up, "COPY ") && strings.Contains(up, direction)
}
