package diff

import "strings"

// rule is a difference that is allowed because SQL leaves the answer open, or
// because COMPAT.md names it. Nothing else is allowed.
type rule struct {
	name   string
	why    string
	allows func(st *statement, ref, got *outcome) bool
	// verify, where there is one, looks at what the two sides hold and returns what
	// is wrong all the same.
	verify func(r *runner, ref, got *outcome) string
}

// rules are tried in order. They look at ends that differ: one side succeeded and
// the other failed, or both failed with different SQLSTATEs.
var rules = []rule{
	{
		name: "order of evaluation", why: "an expression that fails for some rows is reached or not by the order in which conditions are tried, rows are joined and groups are made, which is the planner's choice; so is which of several failing expressions is computed first",
		allows: func(st *statement, ref, got *outcome) bool {
			if !ofData(ref) || !ofData(got) {
				return false
			}
			if ref.code != "" && got.code != "" {
				return true
			}
			// A prepared statement's and a cursor's conditions are in an earlier text.
			return st.kind == "prepared/execute" || st.kind == "cursor/fetch" || containsAny(st.sql, " WHERE ", " JOIN ", " GROUP BY ", " LIMIT ")
		},
	},
	{
		name: "first wrong row", why: "a write of many rows meets a wrong value or a broken constraint first, depending on how many rows are computed at once",
		allows: func(st *statement, ref, got *outcome) bool {
			return st.writes && broken(ref) && broken(got)
		},
	},
	{
		name: "order of updated rows", why: "both servers check unique keys row by row, so whether UPDATE meets a key that a later row would give up depends on the order of rows: that of writing in PostgreSQL, that of the primary key in DriftDB",
		allows: func(st *statement, ref, got *outcome) bool {
			return strings.HasPrefix(st.kind, "update/") && (ref.code == "23505" && got.code == "" || ref.code == "" && got.code == "23505")
		},
		verify: (*runner).uniqueOrder,
	},
	{
		name: "cursor on no rows", why: "PostgreSQL does not open a relation that its planner found to give no rows; DriftDB counts every relation that an open cursor names as in use",
		allows: func(st *statement, ref, got *outcome) bool { return ref.code == "" && got.code == "55006" },
	},
	{
		name: "row types of tables", why: "COMPAT.md: composite types do not exist",
		allows: func(_ *statement, _, got *outcome) bool {
			return got.code == "0A000" && strings.HasPrefix(got.message, "row type ")
		},
	},
}

// allowed returns the rule that allows two outcomes to end differently, or nil.
func allowed(st *statement, ref, got *outcome) *rule {
	for i := range rules {
		if rules[i].allows(st, ref, got) {
			return &rules[i]
		}
	}
	return nil
}

// ruleNamed returns the rule of a name.
func ruleNamed(name string) *rule {
	for i := range rules {
		if rules[i].name == name {
			return &rules[i]
		}
	}
	return nil
}

// ofData tells whether a statement succeeded or failed on a value.
func ofData(o *outcome) bool {
	return o.code == "" || strings.HasPrefix(o.code, "22") || strings.HasPrefix(o.message, "cannot convert") || o.message == "null character not permitted"
}

// broken tells whether a statement failed on a value or a constraint.
func broken(o *outcome) bool {
	return strings.HasPrefix(o.code, "22") || strings.HasPrefix(o.code, "23")
}

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}
