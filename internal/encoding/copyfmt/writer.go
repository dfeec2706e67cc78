package copyfmt

import "strings"

// AppendRow appends one line with its newline. Field i is NULL when nulls[i].
func AppendRow(dst []byte, o *Options, fields [][]byte, nulls []bool) []byte {
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, o.Delimiter)
		}
		switch {
		case nulls[i]:
			dst = append(dst, o.Null...)
		case o.CSV:
			dst = appendCSV(dst, o, f, flag(o.ForceQuote, i), len(fields) == 1)
		default:
			dst = appendPlain(dst, o, f)
		}
	}
	return append(dst, '\n')
}

// AppendHeader appends the line of column names.
func AppendHeader(dst []byte, o *Options, names []string) []byte {
	for i, name := range names {
		if i > 0 {
			dst = append(dst, o.Delimiter)
		}
		if o.CSV {
			dst = appendCSV(dst, o, []byte(name), false, len(names) == 1)
		} else {
			dst = appendPlain(dst, o, []byte(name))
		}
	}
	return append(dst, '\n')
}

func appendPlain(dst []byte, o *Options, f []byte) []byte {
	for _, c := range f {
		switch c {
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\v':
			dst = append(dst, '\\', 'v')
		case '\\', o.Delimiter:
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func appendCSV(dst []byte, o *Options, f []byte, force, single bool) []byte {
	quote := force || string(f) == o.Null || single && string(f) == `\.`
	for i := 0; !quote && i < len(f); i++ {
		c := f[i]
		quote = c == o.Delimiter || c == o.Quote || c == '\n' || c == '\r'
	}
	if !quote {
		return append(dst, f...)
	}
	dst = append(dst, o.Quote)
	for _, c := range f {
		if c == o.Quote || c == o.Escape {
			dst = append(dst, o.Escape)
		}
		dst = append(dst, c)
	}
	return append(dst, o.Quote)
}

// Valid reports whether a delimiter may be used in the text format, where
// letters, digits, the dot and the backslash would be read as something else.
func Valid(delimiter byte) bool {
	return strings.IndexByte("\\.abcdefghijklmnopqrstuvwxyz0123456789", delimiter) < 0
}
