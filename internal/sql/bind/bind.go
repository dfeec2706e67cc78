package bind

import (
	"context"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/types"
)

// Options are what a statement is bound with, besides its catalog.
type Options struct {
	// Settings are used to read literals; nil stands for the defaults.
	Settings *pgfmt.Settings
	// Context is given to functions that are evaluated while binding; nil is allowed.
	Eval *builtin.Context
	// Params are the declared types of $1..., 0 where unknown.
	Params []types.OID
	// InferParams allows parameters beyond Params, whose types are inferred.
	InferParams bool
	// Moments resolves temporal clauses. When nil they stay unresolved and names
	// are looked up in the present.
	Moments Moments
	// Pinned is the moment of a transaction that reads the past; another one in a
	// statement is refused (0A000).
	Pinned *uint64
	// AllowMissingBodies accepts functions that are known but have no body, which
	// are 0A000 otherwise. Tests of resolution use it.
	AllowMissingBodies bool
}

// Bind binds a SELECT, INSERT, UPDATE or DELETE. Other statements have no plan:
// they are 0A000 here. It keeps nothing of its arguments but descriptors. Several
// goroutines may bind at once, each with its own Catalog.
func Bind(ctx context.Context, cat Catalog, stmt ast.Stmt, opts Options) (s *plan.Statement, err error) {
	b := newBinder(ctx, cat, opts)
	defer b.recover(&err)
	return b.statement(stmt), nil
}

// binder binds one statement.
type binder struct {
	ctx    context.Context
	cat    Catalog // of the moment names are looked up in just now
	opts   Options
	meta   *plan.Metadata
	params paramState
	blocks int
	// owner[id-1] is the query block that a column belongs to.
	owner []*block
	// shape describes the fields of columns of type record.
	shape map[plan.ColID][]field
	// origin tells which range-table entry a column was made for, for printing.
	origin map[plan.ColID]*rte

	hasMoments bool
	relations  map[uint32]bool
	// viewColumns tells which view's column a column is, for the client.
	viewColumns map[plan.ColID]viewColumn
	// views are the views being expanded, outermost first.
	views []uint32
	// moment is what an enclosing view reference was read at.
	moment *momentClause
	later  error // see failLater
}

// viewColumn is a column of a view.
type viewColumn struct {
	oid    uint32
	attnum int16
}

// field is one field of a row type.
type field struct {
	name string
	typ  types.T
}

func newBinder(ctx context.Context, cat Catalog, opts Options) *binder {
	if opts.Settings == nil {
		opts.Settings = pgfmt.Default()
	}
	b := &binder{
		ctx: ctx, cat: cat, opts: opts, meta: &plan.Metadata{},
		viewColumns: map[plan.ColID]viewColumn{},
		shape:       map[plan.ColID][]field{}, origin: map[plan.ColID]*rte{}, relations: map[uint32]bool{},
	}
	b.params.init(opts)
	return b
}

// failure carries an error from where it is found to the exported function.
type failure struct{ err error }

// fail ends binding with err.
func (b *binder) fail(err error) {
	panic(failure{err})
}

// failf ends binding with a new error at a node's offset.
func (b *binder) failf(pos int, code pgcode.Code, format string, args ...any) {
	panic(failure{pgerr.New(code, format, args...).At(bytePos(pos))})
}

// unsupported ends binding with 0A000.
func (b *binder) unsupported(pos int, hint, format string, args ...any) {
	panic(failure{pgerr.NotSupported(hint, format, args...).At(bytePos(pos))})
}

// failLater ends binding with err once everything is bound: what PostgreSQL finds
// only when it rewrites the statement. The first such error counts.
func (b *binder) failLater(err error) {
	if b.later == nil {
		b.later = err
	}
}

// recover turns a failure into the error of the exported function.
func (b *binder) recover(err *error) {
	switch r := recover().(type) {
	case nil:
	case failure:
		*err = r.err
	default:
		panic(r)
	}
}

// bytePos turns a node's offset into the position field of an error.
func bytePos(offset int) int {
	if offset < 0 {
		return 0
	}
	return offset + 1
}

func (b *binder) statement(stmt ast.Stmt) *plan.Statement {
	s := &plan.Statement{Meta: b.meta}
	switch stmt := stmt.(type) {
	case *ast.SelectStmt:
		q := b.topQuery(stmt)
		s.Root, s.Output = q.Plan, b.outputs(q)
	case *ast.InsertStmt:
		s.Command = plan.CommandInsert
		s.Root, s.Output = b.insert(stmt)
	case *ast.UpdateStmt:
		s.Command = plan.CommandUpdate
		s.Root, s.Output = b.update(stmt)
	case *ast.DeleteStmt:
		s.Command = plan.CommandDelete
		s.Root, s.Output = b.delete(stmt)
	case *ast.MergeStmt:
		b.unsupported(stmt.Pos, "Use INSERT ... ON CONFLICT, or UPDATE and INSERT in one transaction.", "MERGE is not supported yet")
	default:
		b.unsupported(-1, "Only SELECT, INSERT, UPDATE and DELETE have plans.", "cannot plan %s", stmt.Tag())
	}
	s.Params = b.params.finish(b)
	if b.later != nil {
		b.fail(b.later)
	}
	s.HasMoments = b.hasMoments
	for oid := range b.relations {
		s.Relations = append(s.Relations, oid)
	}
	return s
}

// outputs describes a query's columns to the client.
func (b *binder) outputs(q *Query) []plan.OutputColumn {
	out := []plan.OutputColumn{}
	for _, t := range q.Targets {
		if t.Junk {
			continue
		}
		out = append(out, b.output(t.Name, t.ID, t.Expr))
	}
	return out
}

// output describes one column, whose value is e (nil when it is not known).
func (b *binder) output(name string, id plan.ColID, e plan.Expr) plan.OutputColumn {
	o := plan.OutputColumn{Name: name, ID: id, Type: b.meta.Column(id).Type}
	if ref, ok := e.(*plan.ColRef); ok {
		if c := b.meta.Column(ref.ID); c.Table != nil {
			o.TableOID, o.AttNum = c.Table.OID, c.AttNum
		} else if v, isView := b.viewColumns[ref.ID]; isView {
			o.TableOID, o.AttNum = v.oid, v.attnum
		}
	}
	return o
}

// column makes a column that belongs to a query block.
func (b *binder) column(owner *block, c plan.ColumnMeta) plan.ColID {
	id := b.meta.Add(c)
	b.owner = append(b.owner, owner)
	return id
}

// dependOn records a relation that the statement reads or writes.
func (b *binder) dependOn(d catalog.Desc) { b.relations[d.Head().OID] = true }
