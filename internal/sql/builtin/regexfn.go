package builtin

import (
	"strings"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgregex"
	"github.com/driftdb/driftdb/internal/types"
)

// The functions over regular expressions.

func init() {
	registerRegexMatch()
	registerRegexReplace()
	registerRegexSplit()
	registerRegexPosition()
	Register("textregexsubstr", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		return c.regexSubstring(a[0].Str(), a[1].Str())
	})
	// substring(text similar pattern escape char)
	sqlBody("substring", []types.OID{types.Text, types.Text, types.Text}, func(c *Context, a []datum.Datum) (datum.Datum, error) {
		pattern, err := similarToRegexp(a[1].Str(), a[2].Str())
		if err != nil {
			return null, err
		}
		return c.regexSubstring(a[0].Str(), pattern)
	})
}

// regexSubstring returns the first group, or the whole match when there is none.
func (c *Context) regexSubstring(s, pattern string) (datum.Datum, error) {
	r, err := c.scan(s, pattern, 0, true)
	if err != nil {
		return null, err
	}
	loc, err := r.find()
	if loc == nil || err != nil {
		return null, err
	}
	return r.group(loc, min(r.re.NumCaptures(), 1)), nil
}

// optional returns the text of an argument that a shorter form may lack.
func optional(a []datum.Datum, i int) string {
	if i < len(a) {
		return a[i].Str()
	}
	return ""
}

func registerRegexMatch() {
	like := func(c *Context, a []datum.Datum) (datum.Datum, error) {
		flags, err := singleFlags("regexp_like", optional(a, 2))
		if err != nil {
			return null, err
		}
		ok, err := c.matches(a[0].Str(), a[1].Str(), flags)
		return datum.NewBool(ok), err
	}
	match := func(c *Context, a []datum.Datum) (datum.Datum, error) {
		flags, err := singleFlags("regexp_match", optional(a, 2))
		if err != nil {
			return null, err
		}
		r, err := c.scan(a[0].Str(), a[1].Str(), flags, true)
		if err != nil {
			return null, err
		}
		loc, err := r.find()
		if loc == nil || err != nil {
			return null, err
		}
		return r.groups(loc), nil
	}
	matches := func(c *Context, a []datum.Datum, yield func([]datum.Datum) error) error {
		flags, global, err := regexFlags(optional(a, 2))
		if err != nil {
			return err
		}
		r, err := c.scan(a[0].Str(), a[1].Str(), flags, true)
		if err != nil {
			return err
		}
		for {
			loc, err := r.find()
			if loc == nil || err != nil {
				return err
			}
			if err := yield([]datum.Datum{r.groups(loc)}); err != nil || !global {
				return err
			}
		}
	}
	for _, suffix := range []string{"", "_no_flags"} {
		Register("regexp_like"+suffix, like)
		Register("regexp_match"+suffix, match)
		RegisterSet("regexp_matches"+suffix, matches)
	}
}

func registerRegexReplace() {
	Register("textregexreplace_noopt", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		return c.regexReplace(a, 0, 1, 1)
	})
	Register("textregexreplace", func(c *Context, a []datum.Datum) (datum.Datum, error) {
		letters := a[3].Str()
		flags, global, err := regexFlags(letters)
		if err != nil {
			if letters[0] >= '0' && letters[0] <= '9' {
				err = pgerr.From(err).WithHint("If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.")
			}
			return null, err
		}
		nth := 1
		if global {
			nth = 0
		}
		return c.regexReplace(a, flags, 1, nth)
	})
	extended := func(c *Context, a []datum.Datum) (datum.Datum, error) {
		start, nth := int(a[3].Int()), 1
		if start <= 0 {
			return null, errParameter("start", start)
		}
		if len(a) > 4 {
			if nth = int(a[4].Int()); nth < 0 {
				return null, errParameter("n", nth)
			}
		}
		flags, _, err := regexFlags(optional(a, 5))
		if err != nil {
			return null, err
		}
		return c.regexReplace(a, flags, start, nth)
	}
	for _, suffix := range []string{"", "_no_flags", "_no_n"} {
		Register("textregexreplace_extended"+suffix, extended)
	}
}

func errParameter(name string, value int) error {
	return invalidParameter("invalid value for parameter \"%s\": %d", name, value)
}

// regexReplace replaces the nth match from character start on, all when nth is 0.
func (c *Context) regexReplace(a []datum.Datum, flags pgregex.Flags, start, nth int) (datum.Datum, error) {
	template := a[2].Str()
	r, err := c.scan(a[0].Str(), a[1].Str(), flags, strings.Contains(template, `\`))
	if err != nil {
		return null, err
	}
	r.next = regexStart(r.s, start)
	var b strings.Builder
	copied := 0
	for n := 1; ; n++ {
		loc, err := r.find()
		if err != nil {
			return null, err
		}
		if loc == nil {
			break
		}
		if nth > 0 && n != nth {
			continue
		}
		b.WriteString(r.s[copied:loc[0]])
		expand(&b, template, r.s, loc)
		if copied = loc[1]; b.Len() > maxTextLength {
			return null, errTooLong()
		}
		if nth > 0 {
			break
		}
	}
	if copied == 0 && b.Len() == 0 {
		return a[0], nil
	}
	b.WriteString(r.s[copied:])
	return datum.NewText(b.String()), nil
}

// regexStart returns the byte where a search from a character begins, beyond the
// end when there is no such position.
func regexStart(s string, start int) int {
	if start-1 > utf8.RuneCountInString(s) {
		return len(s) + 1
	}
	return charOffset(s, start-1)
}

// expand appends a replacement: \1 to \9 are groups, \& is the whole match, \\ a
// backslash; others stay as they are.
func expand(b *strings.Builder, template, s string, loc []int) {
	for {
		at := strings.IndexByte(template, '\\')
		if at < 0 || at+1 == len(template) {
			b.WriteString(template)
			return
		}
		b.WriteString(template[:at])
		c, group := template[at+1], 0
		switch {
		case c >= '1' && c <= '9':
			group = int(c - '0')
		case c == '&':
		case c == '\\':
			b.WriteByte('\\')
			template = template[at+2:]
			continue
		default:
			b.WriteByte('\\')
			template = template[at+1:]
			continue
		}
		template = template[at+2:]
		if 2*group+1 < len(loc) && loc[2*group] >= 0 {
			b.WriteString(s[loc[2*group]:loc[2*group+1]])
		}
	}
}

func registerRegexSplit() {
	toArray := func(c *Context, a []datum.Datum) (datum.Datum, error) {
		var elems []datum.Datum
		err := c.regexSplit("regexp_split_to_array", a, func(row []datum.Datum) error {
			elems = append(elems, row[0])
			return nil
		})
		if err != nil {
			return null, err
		}
		return textArrayOf(elems), nil
	}
	toTable := func(c *Context, a []datum.Datum, yield func([]datum.Datum) error) error {
		return c.regexSplit("regexp_split_to_table", a, yield)
	}
	for _, suffix := range []string{"", "_no_flags"} {
		Register("regexp_split_to_array"+suffix, toArray)
		RegisterSet("regexp_split_to_table"+suffix, toTable)
	}
	RegisterSet("text_to_table", splitToTable)
	RegisterSet("text_to_table_null", splitToTable)
}

// regexSplit yields what lies between matches. Empty matches at the ends of the
// text or right behind another match do not split.
func (c *Context) regexSplit(function string, a []datum.Datum, yield func([]datum.Datum) error) error {
	flags, err := singleFlags(function, optional(a, 2))
	if err != nil {
		return err
	}
	r, err := c.scan(a[0].Str(), a[1].Str(), flags, false)
	if err != nil {
		return err
	}
	from, lastEnd := 0, 0
	for {
		loc, err := r.find()
		if err != nil {
			return err
		}
		if loc == nil {
			break
		}
		if loc[0] < len(r.s) && loc[1] > lastEnd {
			if err := yield([]datum.Datum{datum.NewText(r.s[from:loc[0]])}); err != nil {
				return err
			}
			from = loc[1]
		}
		lastEnd = loc[1]
	}
	return yield([]datum.Datum{datum.NewText(r.s[from:])})
}

// splitToTable is string_to_table: the fields of a text, its characters when the
// separator is NULL. Fields that equal the third argument become NULL.
func splitToTable(_ *Context, a []datum.Datum, yield func([]datum.Datum) error) error {
	if a[0].IsNull() || a[0].Str() == "" {
		return nil
	}
	emit := func(field string) error {
		d := datum.NewText(field)
		if len(a) > 2 && !a[2].IsNull() && a[2].Str() == field {
			d = null
		}
		return yield([]datum.Datum{d})
	}
	s := a[0].Str()
	switch {
	case a[1].IsNull():
		for s != "" {
			_, n := utf8.DecodeRuneInString(s)
			if err := emit(s[:n]); err != nil {
				return err
			}
			s = s[n:]
		}
		return nil
	case a[1].Str() == "":
		return emit(s)
	}
	for {
		field, rest, found := strings.Cut(s, a[1].Str())
		if err := emit(field); err != nil || !found {
			return err
		}
		s = rest
	}
}

// regexPlace is a request for the nth match from a position and a group in it.
type regexPlace struct {
	start, nth int
	end        bool // the position behind the match is wanted
	flags      pgregex.Flags
	group      int
}

func registerRegexPosition() {
	count := func(c *Context, a []datum.Datum) (datum.Datum, error) {
		start := 1
		if len(a) > 2 {
			start = int(a[2].Int())
		}
		if start <= 0 {
			return null, errParameter("start", start)
		}
		flags, err := singleFlags("regexp_count", optional(a, 3))
		if err != nil {
			return null, err
		}
		r, err := c.scan(a[0].Str(), a[1].Str(), flags, false)
		if err != nil {
			return null, err
		}
		r.next = regexStart(r.s, start)
		for n := 0; ; n++ {
			if loc, err := r.find(); loc == nil || err != nil {
				return intOf(n), err
			}
		}
	}
	for _, suffix := range []string{"", "_no_flags", "_no_start"} {
		Register("regexp_count"+suffix, count)
	}
	for _, suffix := range []string{"", "_no_endoption", "_no_flags", "_no_n", "_no_start", "_no_subexpr"} {
		Register("regexp_instr"+suffix, regexInstr)
	}
	for _, suffix := range []string{"", "_no_flags", "_no_n", "_no_start", "_no_subexpr"} {
		Register("regexp_substr"+suffix, regexSubstr)
	}
}

// startAndNth reads the third and fourth arguments.
func (p *regexPlace) startAndNth(a []datum.Datum) error {
	p.start, p.nth = 1, 1
	if len(a) > 2 {
		if p.start = int(a[2].Int()); p.start <= 0 {
			return errParameter("start", p.start)
		}
	}
	if len(a) > 3 {
		if p.nth = int(a[3].Int()); p.nth <= 0 {
			return errParameter("n", p.nth)
		}
	}
	return nil
}

func (p *regexPlace) flagsAndGroup(function string, a []datum.Datum, at int) (err error) {
	if len(a) > at+1 {
		if p.group = int(a[at+1].Int()); p.group < 0 {
			return errParameter("subexpr", p.group)
		}
	}
	p.flags, err = singleFlags(function, optional(a, at))
	return err
}

// locate returns the bounds of the wanted group; found is false when there is no
// such match or group.
func (c *Context) locate(a []datum.Datum, p *regexPlace) (start, end int, found bool, err error) {
	r, err := c.scan(a[0].Str(), a[1].Str(), p.flags, p.group > 0)
	if err != nil {
		return 0, 0, false, err
	}
	switch captures := r.re.NumCaptures(); {
	case captures == 0 && p.group == 1:
		p.group = 0 // without parentheses the whole counts as the first
	case p.group > captures:
		return 0, 0, false, nil
	}
	r.next = regexStart(r.s, p.start)
	for range p.nth - 1 {
		if loc, err := r.find(); loc == nil || err != nil {
			return 0, 0, false, err
		}
	}
	loc, err := r.find()
	if loc == nil || err != nil || loc[2*p.group] < 0 {
		return 0, 0, false, err
	}
	return loc[2*p.group], loc[2*p.group+1], true, nil
}

func regexInstr(c *Context, a []datum.Datum) (datum.Datum, error) {
	var p regexPlace
	if err := p.startAndNth(a); err != nil {
		return null, err
	}
	if len(a) > 4 {
		option := int(a[4].Int())
		if option != 0 && option != 1 {
			return null, errParameter("endoption", option)
		}
		p.end = option == 1
	}
	if err := p.flagsAndGroup("regexp_instr", a, 5); err != nil {
		return null, err
	}
	start, end, found, err := c.locate(a, &p)
	if err != nil || !found {
		return intOf(0), err
	}
	if p.end {
		start = end
	}
	return intOf(utf8.RuneCountInString(a[0].Str()[:start]) + 1), nil
}

func regexSubstr(c *Context, a []datum.Datum) (datum.Datum, error) {
	var p regexPlace
	if err := p.startAndNth(a); err != nil {
		return null, err
	}
	if err := p.flagsAndGroup("regexp_substr", a, 4); err != nil {
		return null, err
	}
	start, end, found, err := c.locate(a, &p)
	if err != nil || !found {
		return null, err
	}
	return datum.NewText(a[0].Str()[start:end]), nil
}
