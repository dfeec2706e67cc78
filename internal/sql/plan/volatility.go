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
			if textDepends(x.Arg.Type().OID) || textDepends(x.Type().OID) {
				found = found || match('s')
			}
		case *NextVal:
			found = found || match('v')
		}
		return !found
	})
	return found
}

// textDepends reports whether a type's text form depends on the session's
// settings or on the catalog.
func textDepends(oid types.OID) bool {
	if elem := types.ElemOf(oid); elem != 0 {
		oid = elem
	}
	switch oid {
	case types.Date, types.Time, types.TimeTZ, types.Timestamp, types.TimestampTZ, types.Interval, types.Money, types.ACLItem, types.XML:
		return true
	}
	return types.IsReg(oid)
}
