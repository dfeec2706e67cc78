package exec

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// Path says which way a statement that has a short path takes.
type Path uint8

// The ways to run a statement.
const (
	PathAuto  Path = iota // the short path where the plan's shape allows it
	PathBatch             // always operators
	PathShort             // as PathAuto; tests use it to say what they mean
)

// Env is what one execution of a Program runs in. It belongs to the execution
// until its Cursor is closed.
type Env struct {
	Ctx    context.Context // cancelled when the statement must stop; the cause may be a *pgerr.Error
	B      *builtin.Context
	Params []datum.Datum

	// Stmt is what the statement sees, Tables the tables of its catalog. Both may
	// be nil for a plan that reads no table.
	Stmt   *txn.Statement
	Tables *table.Set
	// TableOf, when set, is asked instead of Tables, by descriptor: of a plan that
	// reads the past some tables belong to the catalogs of other moments.
	TableOf func(desc *catalog.Table) (*table.Table, error)

	// Moments resolves the moments of FOR SYSTEM_TIME; nil refuses them.
	Moments Moments
	// Virtual reads relations that are computed from the catalog.
	Virtual Virtual
	// Notice sends a message to the client; nil drops it.
	Notice func(*pgerr.Error)

	MemLimit int64     // bytes of memory the operators may hold; 0: no limit
	Pool     *mem.Pool // of all executions; nil: not counted
	// Temp is where rows go that do not fit in memory; nil: nowhere, and they stay
	// in memory up to MemLimit.
	Temp    *spill.Session
	WorkMem int64 // bytes one sort or kept result may hold before that; 0: no limit
	HashMem int64 // and one hash table
	Path    Path
	// Segments says whether scans of the past read columnar segments.
	Segments table.SegmentMode
	Analyze  bool // measure every operator, for EXPLAIN ANALYZE
	Workers  int  // goroutines for a parallel part; 0 or 1: none
	// SplitBytes is the size of a table from which on its aggregation is split
	// between Workers; 0 stands for 4 MiB.
	SplitBytes uint64
}

// Moments turns the moments of a query into commits.
type Moments interface {
	// SeqAt returns the greatest commit at or before a time given in microseconds
	// since 2000-01-01 UTC, waiting until that is certain.
	SeqAt(ctx context.Context, micros int64) (store.Seq, error)
	// CheckSeq returns the error for a commit that does not exist yet.
	CheckSeq(seq store.Seq) error
}

// Virtual gives the rows of relations without storage.
type Virtual interface {
	// VirtualRows calls yield with each row of the relation, one value per column
	// in attnum order, until the end or an error of yield, which it returns. The
	// row may be reused after yield.
	VirtualRows(b *builtin.Context, t *catalog.Table, m plan.Moment, yield func(row []datum.Datum) error) error
}
