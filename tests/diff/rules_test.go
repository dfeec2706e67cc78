package diff

import "strings"

// rule is a difference that is allowed because SQL leaves the answer open, or
// because COMPAT.md names it. Nothing else is allowed.
type rule struct {
	name   string
	why    string
	allows func(st *statement, ref, got *outcome) bool
}

// rules are tried in order. They look at ends that differ: one side succeeded and
// the other failed, or both failed with different SQLSTATEs.
var rules = []rule{
	{
		"order of evaluation", "an expression that fails for some rows is reached or not by the order in which conditions are tried, rows are joined and groups are made, which is the planner's choice; so is which of several failing expressions is computed first",
		func(st *statement, ref, got *outcome) bool {
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
		"first wrong line", "COPY computes several lines before it writes them: a wrong line may be found before the broken constraint of an earlier one",
		func(st *statement, ref, got *outcome) bool {
			return ref.code != "" && got.code != "" && st.copyIn != ""
		},
	},
	{
		"first wrong row", "a write of many rows meets a wrong value or a broken constraint first, depending on how many rows are computed at once",
		func(st *statement, ref, got *outcome) bool {
			return st.writes && broken(ref) && broken(got)
		},
	},
	{
		"order of updated rows", "both servers check unique keys row by row, so whether UPDATE meets a key that a later row would give up depends on the order of rows: that of writing in PostgreSQL, that of the primary key in DriftDB",
		func(st *statement, ref, got *outcome) bool {
			return strings.HasPrefix(st.kind, "update/") && (ref.code == "23505" && got.code == "" || ref.code == "" && got.code == "23505")
		},
	},
	{
		"cursor on no rows", "PostgreSQL does not open a relation that its planner found to give no rows; DriftDB counts every relation that an open cursor names as in use",
		func(st *statement, ref, got *outcome) bool { return ref.code == "" && got.code == "55006" },
	},
	{
		"row types of tables", "COMPAT.md: composite types do not exist",
		func(_ *statement, _, got *outcome) bool {
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
