package exec_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/pgfmt"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/exec/mem"
	"github.com/driftdb/driftdb/internal/sql/exec/spill"
	"github.com/driftdb/driftdb/internal/sql/opt"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/stats"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
)

// world is a database in memory with as much DDL as the tests need: enough to
// run statements through binder, planner and executor without a session.
type world struct {
	t    testing.TB
	db   *store.DB
	m    *txn.Manager
	edit *catalog.Edit
	snap *catalog.Snapshot
	set  *table.Set
	oid  uint32
	path exec.Path
	opts opt.Settings
	rows map[uint32]float64
	work int
	mem  int64
	part uint64

	temp             *spill.Session
	pool             *mem.Pool
	workMem, hashMem int64
}

func newWorld(t testing.TB) *world {
	db, err := store.Open("", store.Options{InMemory: true, CacheBytes: 512 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{t: t, db: db, edit: catalog.Bootstrap().Edit(), oid: 20000, rows: map[uint32]float64{}, work: 2}
	w.m = txn.NewManager(db, txn.Settings{DeadlockTimeout: 5 * time.Millisecond})
	w.refresh()
	return w
}

func (w *world) refresh() {
	w.snap = w.edit.Snapshot()
	w.set = table.NewSet(w.snap, nil)
}

func (w *world) catalog() *bind.SnapshotCatalog {
	return &bind.SnapshotCatalog{Snapshot: w.snap, Path: []string{"public"}}
}

// Index, TableRows and ColumnStats implement opt.Catalog.
func (w *world) Index(_ *catalog.Table, oid uint32) *catalog.Index { return w.snap.Index(oid) }
func (w *world) ColumnStats(uint32, int16) *stats.Column           { return nil }
func (w *world) TableExpr(*catalog.Table, string, func(int16) plan.ColID) plan.Expr {
	return nil
}
func (w *world) TableRows(oid uint32) float64 {
	if n, ok := w.rows[oid]; ok {
		return n
	}
	return -1
}

func (w *world) context(ctx context.Context) *builtin.Context {
	return &builtin.Context{Ctx: ctx, Settings: pgfmt.Default(), TxnTime: 700e12, StmtTime: 700e12, Clock: func() int64 { return 700e12 }}
}

func (w *world) newOID() uint32 { w.oid++; return w.oid }

func (w *world) storage() uint64 {
	id, err := w.db.AllocStorageID()
	if err != nil {
		w.t.Fatal(err)
	}
	return uint64(id)
}

// createTable makes a table from columns with PRIMARY KEY, UNIQUE, NOT NULL,
// CHECK, DEFAULT and GENERATED.
func (w *world) createTable(s *ast.CreateTableStmt) error {
	d := &catalog.Table{Object: catalog.Object{OID: w.newOID(), Name: s.Table.Name, Schema: catalog.SchemaPublic}, Storage: w.storage(), Persistence: 'p'}
	var unique [][]int16
	att := func(name string) int16 { return d.Column(name).Attnum }
	constrain := func(c *ast.Constraint, own int16) {
		cols := []int16{own}
		for i, name := range c.Columns {
			if i == 0 {
				cols = nil
			}
			cols = append(cols, att(name))
		}
		switch c.Kind {
		case ast.ConstraintPrimaryKey:
			d.PrimaryKey = cols
		case ast.ConstraintUnique:
			unique = append(unique, cols)
		case ast.ConstraintNotNull:
			d.Columns[own-1].NotNull = true
		case ast.ConstraintCheck:
			name := c.Name
			if name == "" {
				name = s.Table.Name + "_check"
				if own > 0 {
					name = s.Table.Name + "_" + d.Columns[own-1].Name + "_check"
				}
			}
			d.Constraints = append(d.Constraints, catalog.Constraint{OID: w.newOID(), Name: name, Type: 'c', Expr: ast.Format(c.Expr)})
		case ast.ConstraintDefault:
			d.Columns[own-1].Default = ast.Format(c.Expr)
		case ast.ConstraintGenerated:
			d.Columns[own-1].Generated = ast.Format(c.Expr)
		}
	}
	for _, e := range s.Elements {
		if c, ok := e.(*ast.ColumnDef); ok {
			t, err := bind.ResolveType(w.catalog(), c.Type)
			if err != nil {
				return err
			}
			d.Columns = append(d.Columns, catalog.Column{Attnum: int16(len(d.Columns) + 1), Name: c.Name, Type: t})
			for _, k := range c.Constraints {
				constrain(k, int16(len(d.Columns)))
			}
		}
	}
	for _, e := range s.Elements {
		if c, ok := e.(*ast.Constraint); ok {
			constrain(c, 0)
		}
	}
	layout := catalog.Layout{Version: 1}
	for _, c := range d.Columns {
		layout.Columns = append(layout.Columns, catalog.LayoutColumn{Attnum: c.Attnum, Type: c.Type})
	}
	d.Layouts = []catalog.Layout{layout}
	if d.PrimaryKey != nil {
		for _, a := range d.PrimaryKey {
			d.Columns[a-1].NotNull = true
		}
		d.PKIndex = w.addIndex(d, s.Table.Name+"_pkey", true, d.PrimaryKey, true).OID
		d.Constraints = append(d.Constraints, catalog.Constraint{OID: w.newOID(), Name: s.Table.Name + "_pkey", Type: 'p', Columns: d.PrimaryKey, Index: d.PKIndex})
	}
	for _, cols := range unique {
		w.addIndex(d, s.Table.Name+"_"+d.Columns[cols[0]-1].Name+"_key", true, cols, false)
	}
	w.edit.Put(d)
	w.refresh()
	return nil
}

func (w *world) addIndex(d *catalog.Table, name string, unique bool, cols []int16, primary bool) *catalog.Index {
	x := &catalog.Index{Object: catalog.Object{OID: w.newOID(), Name: name, Schema: catalog.SchemaPublic}, Table: d.OID, Unique: unique, Primary: primary}
	if !primary {
		x.Storage = w.storage()
	}
	for _, att := range cols {
		x.Keys = append(x.Keys, catalog.IndexKey{Attnum: att, Type: d.Columns[att-1].Type})
	}
	d.Indexes = append(d.Indexes, x.OID)
	w.edit.Put(x)
	return x
}

func (w *world) createIndex(s *ast.CreateIndexStmt) error {
	d := w.find(s.Table.Name).Clone()
	var cols []int16
	for _, e := range s.Elems {
		cols = append(cols, d.Column(e.Name).Attnum)
	}
	x := w.addIndex(d, s.Name, s.Unique, cols, false)
	for i, e := range s.Elems {
		x.Keys[i].Desc = e.Direction == ast.SortDesc
		x.Keys[i].NullsFirst = e.Nulls == ast.NullsFirst || x.Keys[i].Desc && e.Nulls == ast.NullsDefault
	}
	w.edit.Put(d)
	w.refresh()
	return nil
}

func (w *world) find(name string) *catalog.Table {
	return w.snap.Relation(catalog.SchemaPublic, name).(*catalog.Table)
}

// answer is what a statement gave: rows as text, and its count.
type answer struct {
	rows []string
	n    int64
	err  error
}

func (a answer) text() string {
	if a.err != nil {
		e := pgerr.From(a.err)
		s := fmt.Sprintf("ERROR %s: %s", e.Code, e.Message)
		if e.Detail != "" && !strings.Contains(e.Detail, "Failed on request") {
			s += "\nDETAIL: " + e.Detail
		}
		return s
	}
	if a.rows == nil {
		return fmt.Sprintf("OK %d", a.n)
	}
	return strings.Join(a.rows, "\n")
}

// compile binds and plans a statement.
func (w *world) compile(sql string) (*exec.Program, error) {
	list, err := parse.Statements(sql)
	if err != nil {
		return nil, err
	}
	return w.compileStmt(list[0].Stmt)
}

func (w *world) compileStmt(stmt ast.Stmt) (*exec.Program, error) {
	ctx := context.Background()
	bound, err := bind.Bind(ctx, w.catalog(), stmt, bind.Options{Eval: w.context(ctx), InferParams: true})
	if err != nil {
		return nil, err
	}
	physical, err := opt.Plan(ctx, bound, w, w.opts)
	if err != nil {
		return nil, err
	}
	return exec.Compile(physical, w.context(ctx))
}

// exec runs a statement in a transaction of its own.
func (w *world) exec(sql string, params ...datum.Datum) answer {
	list, err := parse.Statements(sql)
	if err != nil {
		return answer{err: err}
	}
	switch s := list[0].Stmt.(type) {
	case *ast.CreateTableStmt:
		return answer{err: w.createTable(s)}
	case *ast.CreateIndexStmt:
		return answer{err: w.createIndex(s)}
	}
	p, err := w.compileStmt(list[0].Stmt)
	if err != nil {
		return answer{err: err}
	}
	tx := w.m.Begin(txn.Options{})
	defer tx.Rollback()
	a := w.runIn(tx, p, params...)
	if a.err == nil {
		_, _, a.err = tx.Commit(context.Background())
	}
	return a
}

func (w *world) runIn(tx *txn.Tx, p *exec.Program, params ...datum.Datum) (a answer) {
	ctx := context.Background()
	st, err := tx.Statement(ctx)
	if err != nil {
		return answer{err: err}
	}
	defer st.Close()
	c, err := p.Run(exec.Env{Ctx: ctx, B: w.context(ctx), Params: params, Stmt: st, Tables: w.set, Path: w.path, Workers: w.work, MemLimit: w.mem, SplitBytes: w.part, Temp: w.temp, Pool: w.pool, WorkMem: w.workMem, HashMem: w.hashMem})
	if err != nil {
		return answer{err: err}
	}
	defer c.Close()
	out := p.Plan().Stmt.Output
	if out != nil {
		a.rows = []string{}
	}
	for {
		row, err := c.NextRow()
		if err != nil {
			return answer{err: err}
		}
		if row == nil {
			a.n = c.RowsAffected()
			return a
		}
		a.rows = append(a.rows, printRow(out, row))
	}
}

func printRow(out []plan.OutputColumn, row []datum.Datum) string {
	parts := make([]string, len(row))
	for i, d := range row {
		parts[i] = "NULL"
		if !d.IsNull() {
			parts[i] = pgfmt.Text(out[i].Type, d, pgfmt.Default())
		}
	}
	return strings.Join(parts, "|")
}

// must runs a statement that has to succeed.
func (w *world) must(sql string, params ...datum.Datum) answer {
	w.t.Helper()
	a := w.exec(sql, params...)
	if a.err != nil {
		w.t.Fatalf("%s: %s", sql, a.text())
	}
	return a
}
