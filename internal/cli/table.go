package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"golang.org/x/text/width"
)

// writeTable prints rows as psql's aligned format does.
func writeTable(w io.Writer, fields []pgproto3.FieldDescription, rows [][]*string) error {
	widths := make([]int, len(fields))
	for i, f := range fields {
		widths[i] = columns(string(f.Name))
	}
	for _, row := range rows {
		for i, cell := range row {
			if cell != nil {
				for line := range strings.SplitSeq(*cell, "\n") {
					widths[i] = max(widths[i], columns(line))
				}
			}
		}
	}
	b := bufio.NewWriter(w)
	for i, f := range fields {
		name := string(f.Name)
		room := widths[i] - columns(name)
		separate(b, i, " ")
		fmt.Fprintf(b, " %s%s%s", strings.Repeat(" ", room/2), name, strings.Repeat(" ", room-room/2))
	}
	b.WriteString(" \n")
	for i := range fields {
		if i > 0 {
			b.WriteByte('+')
		}
		b.WriteString(strings.Repeat("-", widths[i]+2))
	}
	b.WriteByte('\n')
	for _, row := range rows {
		writeRow(b, fields, row, widths)
	}
	s := "s"
	if len(rows) == 1 {
		s = ""
	}
	fmt.Fprintf(b, "(%d row%s)\n\n", len(rows), s)
	return b.Flush()
}

func separate(b *bufio.Writer, i int, before string) {
	if i > 0 {
		b.WriteString(before + "|")
	}
}

// writeRow prints one row; a cell with several lines makes several, marked by +.
func writeRow(b *bufio.Writer, fields []pgproto3.FieldDescription, row []*string, widths []int) {
	cells, height := make([][]string, len(row)), 1
	for i, cell := range row {
		if cell != nil {
			cells[i] = strings.Split(*cell, "\n")
			height = max(height, len(cells[i]))
		}
	}
	for line := range height {
		for i := range row {
			text, more := "", false
			if line < len(cells[i]) {
				text, more = cells[i][line], line+1 < len(cells[i])
			}
			pad := strings.Repeat(" ", widths[i]-columns(text))
			switch {
			case rightAligned(fields[i].DataTypeOID):
				fmt.Fprintf(b, " %s%s", pad, text)
			case i+1 < len(row) || more:
				fmt.Fprintf(b, " %s%s", text, pad)
			default:
				fmt.Fprintf(b, " %s", text)
			}
			end := " "
			if more {
				end = "+"
			}
			if i+1 < len(row) {
				b.WriteString(end + "|")
			} else if more {
				b.WriteString(end)
			}
		}
		b.WriteByte('\n')
	}
}

// rightAligned reports whether values of a type stand at the right, as psql has
// it: numbers and what is like them.
func rightAligned(oid uint32) bool {
	switch oid {
	case 20, 21, 23, 26, 28, 29, 700, 701, 790, 1700, 5069: // int8, int2, int4, oid, xid, cid, float4, float8, money, numeric, xid8
		return true
	}
	return false
}

// columns is how many columns of a terminal a line takes.
func columns(line string) int {
	n := 0
	for _, r := range line {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n++
		}
		n++
	}
	return n
}

// printMessage prints an error or notice as psql does, with the line it points
// at.
func printMessage(w io.Writer, e *pgconn.PgError, query string) {
	fmt.Fprintf(w, "%s:  %s\n", e.Severity, e.Message)
	if line, column, text, ok := locate(query, int(e.Position)); ok {
		head := fmt.Sprintf("LINE %d: ", line)
		fmt.Fprintf(w, "%s%s\n%s^\n", head, text, strings.Repeat(" ", columns(head)+column))
	}
	if e.Detail != "" {
		fmt.Fprintf(w, "DETAIL:  %s\n", e.Detail)
	}
	if e.Hint != "" {
		fmt.Fprintf(w, "HINT:  %s\n", e.Hint)
	}
}

// locate finds the line of a position in characters from 1, and the columns
// before it there.
func locate(query string, position int) (line, before int, text string, ok bool) {
	if position < 1 || position > utf8.RuneCountInString(query)+1 {
		return 0, 0, "", false
	}
	at := 0
	for range position - 1 {
		_, size := utf8.DecodeRuneInString(query[at:])
		at += size
	}
	start := strings.LastIndexByte(query[:at], '\n') + 1
	text, _, _ = strings.Cut(query[start:], "\n")
	text = strings.ReplaceAll(strings.TrimSuffix(text, "\r"), "\t", " ")
	return strings.Count(query[:at], "\n") + 1, columns(query[start:at]), text, true
}
