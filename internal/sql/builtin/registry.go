package builtin

import (
	"sort"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgdata"
	"github.com/driftdb/driftdb/internal/types"
)

// Func is the body of a scalar function or operator. args has the declared
// number of arguments (a variadic call's are gathered in an array, except those
// of a VARIADIC "any", which follow one another as they were written). A strict
// function never sees NULL. It must not keep args. It may be called from several
// goroutines, each with its own Context.
type Func func(c *Context, args []datum.Datum) (datum.Datum, error)

// SetFunc is the body of a set-returning function: it calls yield for each row
// (one value for a scalar set, one per column for OUT parameters) until the end
// or an error from yield, which it returns.
type SetFunc func(c *Context, args []datum.Datum, yield func(row []datum.Datum) error) error

// AggState accumulates one group of an aggregate. It belongs to one goroutine.
type AggState interface {
	// Add takes one input row's arguments, NULLs included: each aggregate skips
	// what PostgreSQL's does. It must not keep args, only the values in it. An
	// ordered-set aggregate gets its direct arguments first, again with each row,
	// and then the row's sorted argument.
	Add(c *Context, args []datum.Datum) error
	// Result returns the value for the rows so far; it may be called more than
	// once (window frames).
	Result(c *Context) (datum.Datum, error)
	// Size returns the bytes of memory held, for accounting.
	Size() int64
}

// Aggregate makes states of one aggregate function for argument types args.
type Aggregate func(p *Proc, args []types.OID) AggState

// Proc is a function as pg_proc describes it. Read only.
type Proc struct {
	OID         uint32
	Name        string
	Kind        byte // f function, a aggregate, w window, p procedure
	Strict      bool
	RetSet      bool
	Volatility  byte        // i immutable, s stable, v volatile
	Args        []types.OID // input arguments
	Defaults    int         // how many trailing arguments have defaults
	Variadic    types.OID   // element type of a VARIADIC last argument, or 0
	Ret         types.OID
	AllArgs     []types.OID // with OUT arguments, nil when all are IN
	ArgModes    string      // i, o, b, v, t per AllArgs
	ArgNames    []string
	Source      string // prosrc: the key of the body
	Lang        uint32
	Schema      string   // pg_catalog or drift
	DefaultArgs []string // SQL text of the defaults, for the last Defaults arguments

	Eval Func      // nil when not built, or for the other kinds; see For
	Set  SetFunc   // for RetSet
	Agg  Aggregate // for aggregates

	// bind specialises the body for a call's actual argument and result types.
	// Only functions over polymorphic arguments whose answer depends on the types
	// have one (pg_typeof, to_jsonb).
	bind Binder
}

// Binder makes the body of a function for the actual types of a call.
type Binder func(args []types.OID, ret types.OID) Func

// For returns the body for a call with these actual argument and result types,
// nil when the function is not built. Callers that know the types use it in
// place of Eval, which has to guess them from the values.
func (p *Proc) For(args []types.OID, ret types.OID) Func {
	if p.bind != nil {
		return p.bind(args, ret)
	}
	return p.Eval
}

// Operator is an operator as pg_operator describes it. Read only.
type Operator struct {
	OID         uint32
	Name        string
	Left, Right types.OID // Left 0 for a prefix operator
	Result      types.OID
	Commutator  uint32
	Negator     uint32
	Proc        *Proc
	CanHash     bool
	CanMerge    bool
}

// Cast is a cast as pg_cast describes it. Read only.
type Cast struct {
	Source, Target types.OID
	Proc           *Proc // nil for binary-coercible and I/O casts
	Context        byte  // i implicit, a assignment, e explicit
	Method         byte  // f function, b binary, i inout
}

type castKey struct{ source, target types.OID }

var (
	procsByOID  = map[uint32]*Proc{}
	procsByName = map[string][]*Proc{}
	procsBySrc  = map[string][]*Proc{}
	opsByOID    = map[uint32]*Operator{}
	opsByName   = map[string][]*Operator{}
	casts       = map[castKey]*Cast{}
)

// loaded makes the registry a package variable, so that it is filled before any
// init function of this package registers a body.
var loaded = load()

func load() bool {
	loadProcs()
	loadOperators()
	for _, r := range pgdata.Load("pg_cast").Rows {
		c := &Cast{
			Source: types.OID(r.OID("castsource")), Target: types.OID(r.OID("casttarget")),
			Proc: procsByOID[r.OID("castfunc")], Context: r.Text("castcontext")[0], Method: r.Text("castmethod")[0],
		}
		casts[castKey{c.Source, c.Target}] = c
	}
	return true
}

func loadProcs() {
	for _, r := range pgdata.Load("pg_proc").Rows {
		p := &Proc{
			OID: r.OID("oid"), Name: r.Text("proname"), Kind: r.Text("prokind")[0], Strict: r.Bool("proisstrict"),
			RetSet: r.Bool("proretset"), Volatility: r.Text("provolatile")[0], Args: oidList(r.Text("proargtypes")),
			Defaults: int(r.Int("pronargdefaults")), Variadic: types.OID(r.OID("provariadic")),
			Ret: types.OID(r.OID("prorettype")), AllArgs: oidList(strings.ReplaceAll(strings.Trim(r.Text("proallargtypes"), "{}"), ",", " ")),
			ArgModes: strings.ReplaceAll(strings.Trim(r.Text("proargmodes"), "{}"), ",", ""),
			Source:   r.Text("prosrc"), Lang: r.OID("prolang"), Schema: "pg_catalog",
		}
		if list, ok := defaultArgs[p.OID]; ok {
			p.DefaultArgs = list
		}
		if names := strings.Trim(r.Text("proargnames"), "{}"); names != "" {
			p.ArgNames = strings.Split(strings.ReplaceAll(names, `"`, ""), ",")
		}
		addProc(p)
	}
}

func addProc(p *Proc) {
	procsByOID[p.OID] = p
	procsByName[p.Name] = append(procsByName[p.Name], p)
	procsBySrc[p.Source] = append(procsBySrc[p.Source], p)
}

func loadOperators() {
	for _, r := range pgdata.Load("pg_operator").Rows {
		o := &Operator{
			OID: r.OID("oid"), Name: r.Text("oprname"), Left: types.OID(r.OID("oprleft")), Right: types.OID(r.OID("oprright")),
			Result: types.OID(r.OID("oprresult")), Commutator: r.OID("oprcom"), Negator: r.OID("oprnegate"),
			Proc: procsByOID[r.OID("oprcode")], CanHash: r.Bool("oprcanhash"), CanMerge: r.Bool("oprcanmerge"),
		}
		opsByOID[o.OID] = o
		opsByName[o.Name] = append(opsByName[o.Name], o)
	}
}

func oidList(s string) []types.OID {
	var list []types.OID
	for _, f := range strings.Fields(s) {
		n, err := strconv.ParseUint(f, 10, 32)
		if err != nil {
			panic("builtin: bad oid list " + s)
		}
		list = append(list, types.OID(n))
	}
	return list
}

// ProcByOID returns the function of that OID, or nil.
func ProcByOID(oid uint32) *Proc { return procsByOID[oid] }

// ProcsByName returns all functions of a name in pg_catalog and drift.
func ProcsByName(name string) []*Proc { return procsByName[name] }

// OperatorByOID returns the operator of that OID, or nil.
func OperatorByOID(oid uint32) *Operator { return opsByOID[oid] }

// OperatorsByName returns all operators of a name.
func OperatorsByName(name string) []*Operator { return opsByName[name] }

// FindCast returns the pg_cast entry from source to target, or nil.
func FindCast(source, target types.OID) *Cast { return casts[castKey{source, target}] }

// Procs returns every function, ordered by OID.
func Procs() []*Proc {
	list := make([]*Proc, 0, len(procsByOID))
	for _, p := range procsByOID {
		list = append(list, p)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].OID < list[j].OID })
	return list
}

// Register gives every pg_proc row with this prosrc a body. It panics when no
// row has it, because that is a misspelling. Call it from init functions only.
func Register(source string, f Func) {
	for _, p := range bySource(source) {
		p.Eval = f
	}
}

// RegisterBinder gives every pg_proc row with this prosrc a body that depends on
// the call's types. Without them (Eval) the types are guessed from the values.
func RegisterBinder(source string, b Binder) {
	for _, p := range bySource(source) {
		p.bind = b
		p.Eval = func(c *Context, args []datum.Datum) (datum.Datum, error) {
			guess := make([]types.OID, len(args))
			for i, a := range args {
				guess[i] = guessType(a)
			}
			return b(guess, 0)(c, args)
		}
	}
}

// RegisterSet gives a set-returning function its body.
func RegisterSet(source string, f SetFunc) {
	for _, p := range bySource(source) {
		p.Set = f
	}
}

// RegisterOID gives one function a body by OID, where prosrc is shared or is SQL text.
func RegisterOID(oid uint32, f Func) { procsByOID[oid].Eval = f }

// RegisterSetOID is RegisterOID for set-returning functions.
func RegisterSetOID(oid uint32, f SetFunc) { procsByOID[oid].Set = f }

// RegisterAggregate gives every overload of the named aggregate a body.
func RegisterAggregate(name string, f Aggregate) {
	found := false
	for _, p := range procsByName[name] {
		if p.Kind == 'a' {
			p.Agg, found = f, true
		}
	}
	if !found {
		panic("builtin: no aggregate " + name)
	}
}

// Define adds a function of our own (schema drift). Its OID must lie between
// 14000 and 16383, which PostgreSQL leaves free for us here.
func Define(p *Proc) { addProc(p) }

func bySource(source string) []*Proc {
	if !loaded {
		panic("builtin: the registry is not loaded")
	}
	list := procsBySrc[source]
	if len(list) == 0 {
		panic("builtin: no function has the source " + source)
	}
	return list
}
