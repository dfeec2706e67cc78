package backend

import (
	"slices"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/types"
)

func init() {
	ofTx := func(f func(s Session) (uint64, error)) builtin.Func {
		return func(c *builtin.Context, _ []datum.Datum) (datum.Datum, error) {
			s, err := session(c)
			if err != nil {
				return datum.Datum{}, err
			}
			id, err := f(s)
			if id == 0 {
				return datum.Datum{}, err
			}
			return datum.NewInt(int64(id)), err
		}
	}
	builtin.Register("pg_current_xact_id", ofTx(func(s Session) (uint64, error) { return s.Transaction().ID() }))
	builtin.Register("pg_current_xact_id_if_assigned", ofTx(func(s Session) (uint64, error) { return s.Transaction().IDIfAssigned(), nil }))
	pids := func(f func(s Session, pid int32) []int32) builtin.Func {
		return func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
			s, err := session(c)
			if err != nil {
				return datum.Datum{}, err
			}
			return pidArray(f(s, int32(args[0].Int()))), nil
		}
	}
	builtin.Register("pg_blocking_pids", pids(func(s Session, pid int32) []int32 { return s.Transaction().Manager().Blocking(pid) }))
	builtin.Register("pg_safe_snapshot_blocking_pids", pids(func(s Session, pid int32) []int32 { return s.Transaction().Manager().SafetyBlockers(pid) }))
	builtin.Register("pg_isolation_test_session_is_blocked", isBlocked)
}

func pidArray(list []int32) datum.Datum {
	a := &datum.ArrayValue{Elem: uint32(types.Int4)}
	for _, pid := range list {
		a.Elems = append(a.Elems, datum.NewInt(int64(pid)))
	}
	if len(list) > 0 {
		a.Dims = []datum.Dim{{Len: int32(len(list)), Lower: 1}}
	}
	return datum.NewArray(a)
}

// isBlocked tells whether one of the given sessions keeps a session waiting.
func isBlocked(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
	s, err := session(c)
	if err != nil {
		return datum.Datum{}, err
	}
	m, pid := s.Transaction().Manager(), int32(args[0].Int())
	blocking := append(m.Blocking(pid), m.SafetyBlockers(pid)...)
	return datum.NewBool(slices.ContainsFunc(args[1].Array().Elems, func(d datum.Datum) bool {
		return slices.Contains(blocking, int32(d.Int()))
	})), nil
}
