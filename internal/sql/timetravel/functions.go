package timetravel

import (
	"context"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

// Session is what the functions need of the session they run in.
type Session interface {
	builtin.Session
	DB() *store.DB
	// Snapshot starts a statement in the session's transaction; the caller closes it.
	Snapshot(ctx context.Context) (*txn.Statement, error)
	// TablesNow are the tables as the transaction sees them, TablesAt those of the
	// catalog as of a commit.
	TablesNow() (*table.Set, error)
	TablesAt(seq store.Seq) (*table.Set, error)
	// LastCommit is the session's own last commit, 0 before any.
	LastCommit() store.Seq
	// AsOf is the moment the transaction reads at; ok is false in the present.
	AsOf() (seq store.Seq, ok bool)
	// SeqAt closes a time in microseconds since 2000-01-01 and returns its commit.
	SeqAt(ctx context.Context, micros int64) (store.Seq, error)
	// TimeOf is the inverse: a commit's time.
	TimeOf(seq store.Seq) (int64, error)
	// CheckSeq refuses a commit that does not exist yet.
	CheckSeq(seq store.Seq) error
}

// firstOID numbers the functions, in the range PostgreSQL leaves free.
const firstOID = 14000

func session(c *builtin.Context) (Session, error) {
	s, ok := c.Session.(Session)
	if !ok {
		return nil, pgerr.NotSupported("Call it in a session.", "functions of schema drift need a session")
	}
	return s, nil
}

type column struct {
	name string
	typ  types.OID
}

// define registers a function of schema drift; out are the columns of a
// set-returning one.
func define(n uint32, p builtin.Proc, in []string, out []column) {
	p.OID, p.Schema, p.Kind, p.Lang = firstOID+n, "drift", 'f', 12
	p.Source = "drift_" + p.Name
	p.ArgNames = in
	if out != nil {
		p.RetSet, p.Ret = true, types.Record
		for i := range p.Args {
			mode := "i"
			if p.Variadic != 0 && i == len(p.Args)-1 {
				mode = "v"
			}
			p.ArgModes += mode
		}
		p.AllArgs = append(p.AllArgs, p.Args...)
		for _, c := range out {
			p.AllArgs = append(p.AllArgs, c.typ)
			p.ArgModes += "t"
			p.ArgNames = append(p.ArgNames, c.name)
		}
	}
	builtin.Define(&p)
}

func init() {
	scalar := func(n uint32, name string, args []types.OID, ret types.OID, volatility byte, f builtin.Func) {
		define(n, builtin.Proc{Name: name, Args: args, Ret: ret, Strict: true, Volatility: volatility, Eval: f}, nil, nil)
	}
	scalar(0, "current_seq", nil, types.Int8, 'v', currentSeq)
	scalar(1, "last_commit_seq", nil, types.Int8, 'v', lastCommitSeq)
	scalar(2, "as_of", nil, types.TimestampTZ, 's', asOf)
	// Of the past, so the same within a statement: these two may name a moment.
	scalar(3, "seq_at", []types.OID{types.TimestampTZ}, types.Int8, 's', seqAt)
	scalar(4, "time_of", []types.OID{types.Int8}, types.TimestampTZ, 's', timeOf)

	scalar(10, "build_segments", []types.OID{types.RegClass}, types.Int8, 'v', buildSegments)

	define(5, builtin.Proc{
		Name: "history", Args: []types.OID{types.RegClass, types.Any}, Variadic: types.Any, Volatility: 'v', Set: history,
	}, []string{"table", "key"}, historyColumns)
	for i, pair := range [][2]types.OID{
		{types.Int8, types.Int8}, {types.TimestampTZ, types.TimestampTZ}, {types.Int8, types.TimestampTZ}, {types.TimestampTZ, types.Int8},
	} {
		define(uint32(6+i), builtin.Proc{
			Name: "changes", Args: []types.OID{types.RegClass, pair[0], pair[1]}, Strict: true, Volatility: 'v', Set: changes,
		}, []string{"table", "from", "to"}, changesColumns)
	}
}

func currentSeq(c *builtin.Context, _ []datum.Datum) (datum.Datum, error) {
	s, err := session(c)
	if err != nil {
		return datum.Datum{}, err
	}
	return datum.NewInt(int64(s.DB().LastSeq())), nil
}

func lastCommitSeq(c *builtin.Context, _ []datum.Datum) (datum.Datum, error) {
	s, err := session(c)
	if err != nil || s.LastCommit() == 0 {
		return datum.Datum{}, err
	}
	return datum.NewInt(int64(s.LastCommit())), nil
}

// asOf returns the moment the transaction reads at, NULL in the present.
func asOf(c *builtin.Context, _ []datum.Datum) (datum.Datum, error) {
	s, err := session(c)
	if err != nil {
		return datum.Datum{}, err
	}
	seq, ok := s.AsOf()
	if !ok {
		return datum.Datum{}, nil
	}
	at, err := s.TimeOf(seq)
	return datum.NewTimestampTZ(at), err
}

func seqAt(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
	s, err := session(c)
	if err != nil {
		return datum.Datum{}, err
	}
	seq, err := s.SeqAt(c.Ctx, args[0].Int())
	return datum.NewInt(int64(seq)), err
}

func timeOf(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
	s, err := session(c)
	if err != nil {
		return datum.Datum{}, err
	}
	seq, err := bound(c, s, args[0])
	if err != nil || seq == 0 {
		return datum.Datum{}, err
	}
	at, err := s.TimeOf(seq)
	return datum.NewTimestampTZ(at), err
}

// bound turns a bound of type bigint or timestamptz into a commit.
func bound(c *builtin.Context, s Session, d datum.Datum) (store.Seq, error) {
	if d.Kind() == datum.TimestampTZ {
		return s.SeqAt(c.Ctx, d.Int())
	}
	if d.Int() < 0 {
		return 0, pgerr.New(pgcode.InvalidParameterValue, "commit sequence %d is negative", d.Int())
	}
	seq := store.Seq(d.Int())
	return seq, s.CheckSeq(seq)
}
