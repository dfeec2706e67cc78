package segment

import (
	"slices"

	"github.com/driftdb/driftdb/internal/store"
)

const (
	// leastChanges is the least number of changes a segment is made for, however
	// few rows are alive.
	leastChanges = 8192
	// partsWanted is in how many parts of equal work a range is cut.
	partsWanted = 12
)

// plan is a segment that is to be made.
type plan struct {
	from, to store.Seq
	changes  int
	cuts     []store.Seq
}

// commitCount is how many changes a commit made.
type commitCount struct {
	seq store.Seq
	n   int
}

// planner looks for the range around a moment.
type planner struct {
	r   store.Reader // at the moment
	src *Source
}

// count lists the commits of the storage from the moment on, or back from it, until
// they have want changes together; whole reports that there are no more before the
// limit, which is a commit not to be counted any more.
func (p *planner) count(back bool, limit store.Seq, want int) (list []commitCount, sum int, whole bool, err error) {
	whole = true
	err = p.r.ChangeCounts(p.src.Table, p.src.ID, back, func(seq store.Seq, n int) bool {
		if back && seq < limit || !back && seq >= limit {
			return false
		}
		if k := len(list); k > 0 && list[k-1].seq == seq {
			list[k-1].n += n
		} else if sum >= want {
			whole = false
			return false
		} else {
			list = append(list, commitCount{seq, n})
		}
		sum += n
		return true
	})
	return list, sum, whole, err
}

// choose finds a range within [lo, hi) that has about want changes.
func (p *planner) choose(lo, hi store.Seq, want int) (plan, bool, error) {
	after, n, end, err := p.count(false, hi, want/2)
	if err != nil {
		return plan{}, false, err
	}
	before, m, begin, err := p.count(true, lo, want-n)
	if err != nil {
		return plan{}, false, err
	}
	if begin && !end && n+m < want {
		if after, n, end, err = p.count(false, hi, want-m); err != nil {
			return plan{}, false, err
		}
	}
	out := plan{from: lo, to: hi, changes: n + m}
	switch {
	case begin:
	case len(before) > 0:
		out.from = before[len(before)-1].seq
	default: // the commit after has enough
		out.from = p.r.Seq()
	}
	if !end {
		out.to = after[len(after)-1].seq + 1
	}
	slices.Reverse(before)
	out.cut(append(before, after...))
	return out, begin && end, nil
}

// cut divides the range into parts with about the same number of changes each. A
// commit with many begins a part of its own, so that the part's bitmap is exact.
func (p *plan) cut(list []commitCount) {
	p.cuts = []store.Seq{p.from}
	limit, sum := max(1, p.changes/partsWanted), 0
	for _, c := range list {
		if c.seq > p.cuts[len(p.cuts)-1] && sum+c.n > limit {
			p.cuts = append(p.cuts, c.seq)
			sum = 0
		}
		sum += c.n
	}
}

// shorten ends the range before a commit.
func (p *plan) shorten(to store.Seq) {
	p.to = to
	for p.cuts[len(p.cuts)-1] >= to {
		p.cuts = p.cuts[:len(p.cuts)-1]
	}
}
