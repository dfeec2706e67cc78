package backend

import (
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/txn"
)

// void is the result of a function that returns nothing.
var void = datum.NewText("")

// advisoryKey reads a lock's name: one bigint or two integers.
func advisoryKey(args []datum.Datum) txn.AdvisoryKey {
	if len(args) == 1 {
		return txn.AdvisoryKey{Key: uint64(args[0].Int())}
	}
	return txn.AdvisoryKey{Key: uint64(uint32(args[0].Int()))<<32 | uint64(uint32(args[1].Int())), Two: true}
}

// eachForm registers a function for both ways to name a lock, exclusive and
// shared.
func eachForm(name string, make func(shared bool) builtin.Func) {
	for _, form := range []string{"_int8", "_int4"} {
		builtin.Register(name+form, make(false))
		builtin.Register(name+"_shared"+form, make(true))
	}
}

func init() {
	lock := func(whole, try bool) func(shared bool) builtin.Func {
		return func(shared bool) builtin.Func {
			return func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
				return take(c, advisoryKey(args), whole, shared, try)
			}
		}
	}
	eachForm("pg_advisory_lock", lock(false, false))
	eachForm("pg_try_advisory_lock", lock(false, true))
	eachForm("pg_advisory_xact_lock", lock(true, false))
	eachForm("pg_try_advisory_xact_lock", lock(true, true))
	eachForm("pg_advisory_unlock", func(shared bool) builtin.Func {
		return func(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
			s, err := session(c)
			if err != nil {
				return datum.Datum{}, err
			}
			had := s.Owner().UnlockAdvisory(advisoryKey(args), shared)
			if !had {
				mode := "ExclusiveLock"
				if shared {
					mode = "ShareLock"
				}
				c.Warn("you don't own a lock of type %s", mode)
			}
			return datum.NewBool(had), nil
		}
	})
	builtin.Register("pg_advisory_unlock_all", func(c *builtin.Context, _ []datum.Datum) (datum.Datum, error) {
		s, err := session(c)
		if err == nil {
			s.Owner().UnlockAll()
		}
		return void, err
	})
}

// take takes a lock for the transaction (whole) or the session. try does not wait
// and tells whether it succeeded.
func take(c *builtin.Context, k txn.AdvisoryKey, whole, shared, try bool) (datum.Datum, error) {
	s, err := session(c)
	if err != nil {
		return datum.Datum{}, err
	}
	policy := txn.Wait
	if try {
		policy = txn.NoWait
	}
	var ok bool
	if tx := s.Transaction(); whole {
		ok, err = tx.LockAdvisory(c.Ctx, k, shared, policy)
	} else {
		ok, err = s.Owner().LockAdvisory(c.Ctx, tx, k, shared, policy)
	}
	if err != nil || !try {
		return void, err
	}
	return datum.NewBool(ok), nil
}
