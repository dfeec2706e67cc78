package diff

import (
	"slices"
	"strings"
	"time"
)

// shrinkTime is how long one difference is made smaller.
const shrinkTime = 12 * time.Second

// shrink looks for a shorter script whose last statement still differs in the
// same way: it leaves out statements, then runs of tokens. It returns "" when the
// whole script does not show the difference a second time.
func (r *runner) shrink(script []*statement, what string) ([]*statement, string) {
	deadline := time.Now().Add(shrinkTime)
	best, shown := script, ""
	try := func(s []*statement) bool {
		if time.Now().After(deadline) {
			return false
		}
		d := r.replay(s)
		if w, _, _ := strings.Cut(d, ":"); d == "" || w == undecided || w != what {
			return false
		}
		best, shown = s, d
		return true
	}
	if !try(script) {
		return nil, ""
	}
	last := len(best) - 1
	for chunk := max(1, last/2); chunk >= 1; chunk /= 2 {
		for i := last - chunk; i >= 0; {
			if try(slices.Delete(slices.Clone(best), i, i+chunk)) {
				last -= chunk
			}
			i = min(i, last) - chunk
		}
	}
	for i := len(best) - 1; i >= 0; i-- {
		r.shrinkText(&best, i, try)
	}
	return best, shown
}

// shrinkText leaves out tokens of one statement as long as the difference stays.
func (r *runner) shrinkText(best *[]*statement, i int, try func([]*statement) bool) {
	for chunk := len(tokenize((*best)[i].sql)) / 2; chunk >= 1; chunk /= 2 {
		for at := 0; ; {
			tokens := tokenize((*best)[i].sql)
			if at+chunk > len(tokens) {
				break
			}
			st := *(*best)[i]
			st.sql = strings.Join(slices.Delete(tokens, at, at+chunk), " ")
			candidate := slices.Clone(*best)
			candidate[i] = &st
			// Rows that are compared in order must stay in order.
			unsorted := st.ordered && sorting(st.sql) != sorting((*best)[i].sql)
			if st.sql == "" || unsorted || !try(candidate) {
				at++
			}
		}
	}
}

// sorting is what follows a statement's last ORDER BY, as tokens.
func sorting(sql string) string {
	tokens := strings.Join(tokenize(sql), " ")
	return tokens[max(0, strings.LastIndex(tokens, " ORDER BY ")):]
}

// replay runs a script in a fresh schema and returns the last statement's
// difference, "" when it has none or an earlier one differs.
func (r *runner) replay(script []*statement) string {
	r.stale, r.synced = nil, 0
	for _, s := range []*side{r.ref, r.our} {
		if err := s.fresh(); err != nil {
			return ""
		}
	}
	for i, st := range script {
		ref, got := r.both(st)
		d := difference(st, &ref, &got)
		switch {
		case i == len(script)-1 && ref.code == "42601" && got.code == "42601":
			return ""
		case i == len(script)-1:
			return d
		case d != "":
			return ""
		}
	}
	return ""
}
