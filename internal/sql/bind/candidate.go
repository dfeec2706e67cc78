package bind

import (
	"slices"

	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
)

// candidate is a function or operator that may be meant by a call, with its
// argument types as the call would have them.
type candidate struct {
	proc *builtin.Proc
	op   *builtin.Operator
	args []types.OID
	// variadic is how many arguments would be gathered in an array.
	variadic int
	// defaults is how many arguments would come from defaults.
	defaults int
	// order tells for named notation which argument of the call goes to each of
	// the first places; nil when they are in place.
	order []int
}

// coercible keeps the candidates that the actual types can become, as
// func_match_argtypes.
func coercible(actual []types.OID, list []candidate) []candidate {
	var out []candidate
	for _, c := range list {
		if canCoerce(actual, c.args[:len(actual)], implicit) {
			out = append(out, c)
		}
	}
	return out
}

// selectCandidate chooses among candidates that all can be called, or returns
// nil when none is best. The steps are those of func_select_candidate (see
// "Function Type Resolution" in PostgreSQL's manual).
func selectCandidate(actual []types.OID, list []candidate) *candidate {
	if list = bestMatches(list, func(c candidate) int { return exactMatches(actual, c) }); len(list) == 1 {
		return &list[0]
	}
	if list = bestMatches(list, func(c candidate) int { return preferredMatches(actual, c) }); len(list) == 1 {
		return &list[0]
	}
	unknowns := 0
	for _, t := range actual {
		if t == types.Unknown {
			unknowns++
		}
	}
	if unknowns == 0 {
		return nil
	}
	if list = byUnknownCategory(actual, list); len(list) == 1 {
		return &list[0]
	}
	return byKnownType(actual, list, unknowns)
}

// bestMatches keeps the candidates with the highest score.
func bestMatches(list []candidate, score func(candidate) int) []candidate {
	best := -1
	var out []candidate
	for _, c := range list {
		switch n := score(c); {
		case n > best:
			best, out = n, append([]candidate(nil), c)
		case n == best:
			out = append(out, c)
		}
	}
	return out
}

func exactMatches(actual []types.OID, c candidate) int {
	n := 0
	for i, t := range actual {
		if t != types.Unknown && c.args[i] == t {
			n++
		}
	}
	return n
}

func preferredMatches(actual []types.OID, c candidate) int {
	n := 0
	for i, t := range actual {
		if t != types.Unknown && (c.args[i] == t || isPreferred(category(t), c.args[i])) {
			n++
		}
	}
	return n
}

// byUnknownCategory narrows the candidates by the type category that each
// unknown literal's place calls for: string if any candidate takes a string
// there, else the one on which all agree.
func byUnknownCategory(actual []types.OID, list []candidate) []candidate {
	cats, preferred := make([]byte, len(actual)), make([]bool, len(actual))
	for i, t := range actual {
		if t != types.Unknown {
			continue
		}
		conflict := false
		for _, c := range list {
			cat := category(c.args[i])
			pref := isPreferred(cat, c.args[i])
			switch {
			case cats[i] == 0:
				cats[i], preferred[i] = cat, pref
			case cat == cats[i]:
				preferred[i] = preferred[i] || pref
			case cat == 'S':
				cats[i], preferred[i] = cat, pref
			default:
				conflict = true
			}
		}
		if conflict && cats[i] != 'S' {
			return list
		}
	}
	var out []candidate
	for _, c := range list {
		keep := true
		for i, t := range actual {
			if t != types.Unknown {
				continue
			}
			cat := category(c.args[i])
			if cat != cats[i] || preferred[i] && !isPreferred(cat, c.args[i]) {
				keep = false
				break
			}
		}
		if keep {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return list
	}
	return out
}

// byKnownType tries the last rule: when all known arguments have one type,
// suppose the unknown ones have it too.
func byKnownType(actual []types.OID, list []candidate, unknowns int) *candidate {
	if unknowns == len(actual) {
		return nil
	}
	known := types.Unknown
	for _, t := range actual {
		if t == types.Unknown {
			continue
		}
		if known != types.Unknown && known != t {
			return nil
		}
		known = t
	}
	supposed := slices.Repeat([]types.OID{known}, len(actual))
	var found *candidate
	for i := range list {
		if canCoerce(supposed, list[i].args[:len(actual)], implicit) {
			if found != nil {
				return nil
			}
			found = &list[i]
		}
	}
	return found
}
