package plan

import "github.com/driftdb/driftdb/internal/types"

// IsVolatile reports whether e, plans of subqueries included, calls a volatile
// function.
func IsVolatile(e Expr) bool {
	return anyCall(e, func(volatility byte) bool { return volatility == 'v' })
}

// IsImmutable reports whether e depends on nothing but its columns and parameters.
func IsImmutable(e Expr) bool {
	return !anyCall(e, func(volatility byte) bool { return volatility != 'i' })
}

func anyCall(e Expr, match func(volatility byte) bool) bool {
	found := false
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *FuncCall:
			found = found || match(x.Proc.Volatility)
		case *ScalarArrayOp:
			found = found || match(x.Op.Proc.Volatility)
		case *SQLValueFunc:
			found = found || match('s')
		case *CoerceViaIO:
			if !x.Immutable() {
				found = found || match('s')
			}
		case *NextVal:
			found = found || match('v')
		}
		return !found
	})
	return found
}

// Immutable reports whether the conversion depends on nothing but the value:
// neither the source's output function nor the target's input function looks at
// the session's settings or at the catalog.
func (e *CoerceViaIO) Immutable() bool {
	from, to := e.Arg.Type().OID, e.Type().OID
	switch to {
	case types.Time, types.TimeTZ, types.XML: // only their input depends
		return false
	}
	return !textDepends(from) && !textDepends(to)
}

// textDepends reports whether a type's text form depends on the session's
// settings or on the catalog; as PostgreSQL has it, all arrays' and records' does.
func textDepends(oid types.OID) bool {
	switch oid {
	case types.Date, types.Timestamp, types.TimestampTZ, types.Interval, types.Money, types.ACLItem, types.Record:
		return true
	}
	return types.ElemOf(oid) != 0 || types.IsReg(oid)
}
