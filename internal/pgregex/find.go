package pgregex

import (
	"context"
	"strings"
	"unicode/utf8"
)

// Match reports whether s contains a match. It fails only when ctx ends.
func (r *Regexp) Match(ctx context.Context, s string) (bool, error) {
	if r.quick != nil {
		return r.quick.MatchString(s), nil
	}
	if !r.backrefs {
		m := &matcher{r: r, ctx: ctx, in: s}
		found := m.search(r.tree.prog, 0) >= 0
		return found, m.err
	}
	caps, err := r.Find(ctx, s, 0, false)
	return caps != nil, err
}

// Find returns the leftmost match in s that starts at or after the byte from, as
// starts and ends of the whole and, if captures is set, of each group (-1 when
// unset); nil when there is none. It fails only when ctx ends.
func (r *Regexp) Find(ctx context.Context, s string, from int, captures bool) ([]int, error) {
	m := &matcher{r: r, ctx: ctx, in: s}
	captures = captures && r.captures > 0
	short := r.tree.traits&shorterPart != 0
	begin, end := -1, -1
	if r.quick != nil && (from == 0 || !r.asserts) {
		loc := r.quick.FindStringIndex(s[from:])
		if loc == nil {
			return nil, nil
		}
		begin, end = from+loc[0], from+loc[1]
		if short {
			end = m.shortest(r.tree.prog, begin, begin, len(s))
		}
		if !captures {
			return []int{begin, end}, m.err
		}
		return m.dissected(begin, end)
	}
	for from <= len(s) {
		if begin = m.search(r.tree.prog, from); begin < 0 || m.err != nil {
			return nil, m.err
		}
		caps, err := m.ends(begin, short, captures || r.backrefs)
		if caps != nil || err != nil {
			return caps, err
		}
		// Only back references can refuse what the automaton accepted.
		_, size := utf8.DecodeRuneInString(s[begin:])
		from = begin + max(size, 1)
	}
	return nil, nil
}

// ends tries the ends of matches at begin in the order of preference.
func (m *matcher) ends(begin int, short, dissect bool) ([]int, error) {
	least, limit := begin, len(m.in)
	for {
		end := -1
		if short {
			end = m.shortest(m.r.tree.prog, begin, least, limit)
		} else {
			end = m.longest(m.r.tree.prog, begin, limit)
		}
		if end < 0 || m.err != nil {
			return nil, m.err
		}
		if !dissect {
			return []int{begin, end}, nil
		}
		if caps, err := m.dissected(begin, end); caps != nil || err != nil {
			return caps, err
		}
		if short && end == limit || !short && end == begin {
			return nil, nil
		}
		if short {
			least = m.after(end)
		} else {
			limit = m.before(end)
		}
	}
}

func (m *matcher) after(pos int) int {
	_, size := utf8.DecodeRuneInString(m.in[pos:])
	return pos + size
}

func (m *matcher) before(pos int) int {
	_, size := utf8.DecodeLastRuneInString(m.in[:pos])
	return pos - size
}

// dissected fills the groups of a match whose bounds are known; nil when back
// references do not agree.
func (m *matcher) dissected(begin, end int) ([]int, error) {
	m.caps = make([]int, 2*(m.r.captures+1))
	for i := range m.caps {
		m.caps[i] = -1
	}
	if !m.dissect(m.r.tree, begin, end) {
		return nil, m.err
	}
	m.caps[0], m.caps[1] = begin, end
	return m.caps, m.err
}

// dissect cuts the text from begin to end, which the part's automaton accepts,
// into what its sub-parts match.
func (m *matcher) dissect(p *part, begin, end int) bool {
	if !m.tick(1) {
		return false
	}
	switch p.op {
	case partCat:
		return m.dissectCat(p, begin, end)
	case partAlt:
		for _, s := range p.subs {
			if m.exactly(s.prog, begin, end) && m.dissect(s, begin, end) {
				return true
			}
		}
		return false
	case partCapture:
		if !m.dissect(p.subs[0], begin, end) {
			return false
		}
		m.caps[2*p.group], m.caps[2*p.group+1] = begin, end
	case partBackref:
		return m.repeats(p, begin, end)
	case partIterate:
		return m.dissectIterate(p, begin, end)
	}
	return true
}

func (m *matcher) dissectCat(p *part, begin, end int) bool {
	left, right := p.subs[0], p.subs[1]
	var middles []int
	m.run(left.prog, begin, end, func(at int) bool { middles = append(middles, at); return true })
	for i := range middles {
		mid := middles[len(middles)-1-i]
		if left.traits&shorterPart != 0 {
			mid = middles[i]
		}
		if !m.exactly(right.prog, mid, end) {
			continue
		}
		if m.dissect(left, begin, mid) && m.dissect(right, mid, end) {
			return true
		}
		if m.err != nil {
			return false
		}
		m.forget(p)
	}
	return false
}

// forget unsets the groups within a part, after a failed try.
func (m *matcher) forget(p *part) {
	if p.op == partCapture {
		m.caps[2*p.group], m.caps[2*p.group+1] = -1, -1
	}
	for _, s := range p.subs {
		m.forget(s)
	}
}

// dissectIterate finds the ends of the single rounds. Rounds without a character
// count only where the minimum needs them.
func (m *matcher) dissectIterate(p *part, begin, end int) bool {
	low := p.min
	if low <= 0 {
		if begin == end {
			// No round is needed, but one that can be empty leaves its captures,
			// unless it prefers to be short.
			sub := p.subs[0]
			if sub.traits&shorterPart == 0 && m.exactly(sub.prog, begin, end) && !m.dissect(sub, begin, end) {
				m.forget(sub)
			}
			return m.err == nil
		}
		low = 1
	}
	high := max(end-begin, low)
	if p.max != infinite {
		high = min(high, p.max)
	}
	it := &iteration{m: m, sub: p.subs[0], low: low, high: high, end: end, ends: []int{begin}}
	if it.sub.traits&shorterPart != 0 {
		return it.shortRounds()
	}
	return it.longRounds()
}

// iteration is the state of dissectIterate. ends[k] is where round k ends;
// ends[0] is where the first begins.
type iteration struct {
	m         *matcher
	sub       *part
	low, high int
	end       int
	ends      []int
}

// place sets the end of round k and forgets later ones.
func (it *iteration) place(k, at int) { it.ends = append(it.ends[:k], at) }

// emptyAllowed reports whether round k may match nothing at a position: when the
// minimum cannot be reached with the characters that remain.
func (it *iteration) emptyAllowed(k, at int) bool {
	return k < it.low && it.low-k >= utf8.RuneCountInString(it.m.in[at:it.end])
}

// longRounds lets each round take as much as it can; when the rest does not work
// out, the last round that can gives way.
func (it *iteration) longRounds() bool {
	for k, limit := 1, it.end; k > 0 && it.m.err == nil; {
		from := it.ends[k-1]
		at := it.m.longest(it.sub.prog, from, limit)
		it.place(k, at)
		switch {
		case at < 0, at != it.end && k >= it.high:
			k-- // give way in an earlier round
		case at == it.end:
			if k >= it.low && it.verify() {
				return true
			}
		case at > from || it.emptyAllowed(k, at):
			k++
			limit = it.end
			continue
		}
		for ; k > 0; k-- {
			before := it.ends[k-1]
			if it.ends[k] <= before {
				continue
			}
			if limit = it.m.before(it.ends[k]); limit > before || it.emptyAllowed(k, before) {
				break
			}
		}
	}
	return false
}

// shortRounds lets each round take as little as it can; when the rest does not
// work out, the last round that can takes more.
func (it *iteration) shortRounds() bool {
	for k, least := 1, it.ends[0]; k > 0 && it.m.err == nil; {
		from := it.ends[k-1]
		if least == from && least != it.end && !it.emptyAllowed(k, least) {
			least = it.m.after(least)
		}
		if k >= it.high {
			least = it.end
		}
		at := it.m.shortest(it.sub.prog, from, least, it.end)
		it.place(k, at)
		switch {
		case at < 0, at != it.end && k >= it.high:
			k-- // take more in an earlier round
		case at == it.end:
			if k >= it.low && it.verify() {
				return true
			}
		default:
			k++
			least = at
			continue
		}
		for ; k > 0; k-- {
			if it.ends[k] < it.end {
				least = it.m.after(it.ends[k])
				break
			}
		}
	}
	return false
}

// verify dissects all rounds.
func (it *iteration) verify() bool {
	for k := 1; k < len(it.ends); k++ {
		it.m.forget(it.sub)
		if !it.m.dissect(it.sub, it.ends[k-1], it.ends[k]) {
			it.m.forget(it.sub)
			return false
		}
	}
	return true
}

// repeats reports whether the text is that of a group, min to max times.
func (m *matcher) repeats(p *part, begin, end int) bool {
	start, stop := m.caps[2*p.group], m.caps[2*p.group+1]
	if start < 0 {
		return false
	}
	unit, text := m.in[start:stop], m.in[begin:end]
	if unit == "" {
		return text == "" // any number of nothings
	}
	if len(text)%len(unit) != 0 {
		return false
	}
	n := len(text) / len(unit)
	if n < p.min || p.max != infinite && n > p.max {
		return false
	}
	for ; text != ""; text = text[len(unit):] {
		if piece := text[:len(unit)]; piece != unit && !(p.fold && foldEqual(piece, unit)) {
			return false
		}
	}
	return true
}

// foldEqual compares ignoring the case of ASCII letters.
func foldEqual(a, b string) bool {
	lower := func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	return strings.Map(lower, a) == strings.Map(lower, b)
}
