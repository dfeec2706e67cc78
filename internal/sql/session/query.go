package session

import (
	"context"
	"slices"
	"strconv"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/bind"
	"github.com/driftdb/driftdb/internal/sql/builtin"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/exec/rows"
	"github.com/driftdb/driftdb/internal/sql/opt"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/table"
	"github.com/driftdb/driftdb/internal/txn"
	"github.com/driftdb/driftdb/internal/types"
)

// planned is a bound query, good in one version of the catalog.
type planned struct {
	stmt    *plan.Statement
	program *exec.Program   // nil until it is to run the first time, see compile
	columns []client.Column // nil without rows
	tables  *table.Set
	private bool // bound in a catalog that only this transaction sees
	locks   []relationLock
	setting string    // planKey of the settings it was bound with
	user    uint32    // current role then
	stats   uint64    // tableStats.made when it was planned
	version store.Seq // of the catalog
	newest  bool      // that catalog was the newest one, not one of the past
	made    int64     // when the statement began that it was bound for
	// past are the tables of the moments it reads, by the catalogs of those.
	past []*table.Set
	// open are the AS OF moments that each execution resolves anew.
	open []openMoment
	// tableOf returns the prepared table of a descriptor, which may be of a moment
	// of the past.
	tableOf func(*catalog.Table) (*table.Table, error)
}

// isQuery reports whether a statement has a plan.
func isQuery(stmt ast.Stmt) bool {
	switch stmt := stmt.(type) {
	case *ast.SelectStmt:
		return stmt.Into == nil
	case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt, *ast.MergeStmt:
		return true
	}
	return false
}

// view is the catalog that a statement is bound in.
type view struct {
	snapshot *catalog.Snapshot
	tables   *table.Set
	version  store.Seq
	private  bool
}

// catalogFor returns the catalog that a statement at this moment sees: the newest
// one, or in a transaction that reads the past that of its moment.
func (s *Session) catalogFor(r store.Reader) (view, error) {
	if s.asOf == nil && s.tx != nil && s.tx.Options().Isolation != txn.ReadCommitted {
		// A snapshot may be old: names and shapes are of now.
		v := s.srv.DB.View()
		defer v.Release()
		r = v.Reader
	}
	snapshot, version, err := s.srv.Catalog.At(r)
	if err != nil {
		return view{}, err
	}
	if s.edit != nil {
		snapshot = s.edit.Snapshot()
		return view{snapshot, table.NewSet(snapshot, evaluator{s.names(snapshot)}), version, true}, nil
	}
	return view{snapshot, s.srv.tableSet(snapshot), version, false}, nil
}

// tableSet returns the prepared tables of a shared snapshot.
func (srv *Server) tableSet(snapshot *catalog.Snapshot) *table.Set {
	srv.setsMu.Lock()
	defer srv.setsMu.Unlock()
	if set := srv.sets[snapshot]; set != nil {
		return set
	}
	if srv.sets == nil || len(srv.sets) >= maxSets {
		srv.sets = map[*catalog.Snapshot]*table.Set{}
	}
	set := table.NewSet(snapshot, evaluator{names(snapshot, nil)})
	set.Segments = srv.Segments
	srv.sets[snapshot] = set
	return set
}

// maxSets bounds how many catalogs have prepared tables at one time.
const maxSets = 32

// bindOptions are what statements of this session are bound with.
func (s *Session) bindOptions(ctx context.Context, st statement) bind.Options {
	o := bind.Options{
		Settings: s.formats(), Eval: s.context(ctx), Params: st.types,
		Moments: moments{s: s, params: st.params, known: st.params != nil},
	}
	if s.asOf != nil {
		at := uint64(*s.asOf)
		o.Pinned = &at
	}
	return o
}

// parseView parses a view's stored query.
func parseView(text string) (*ast.SelectStmt, error) {
	list, err := parse.Statements(text)
	if err != nil {
		return nil, err
	}
	return list[0].Stmt.(*ast.SelectStmt), nil
}

// context makes the function context of a statement.
func (s *Session) context(ctx context.Context) *builtin.Context {
	return &builtin.Context{
		Ctx: ctx, Settings: s.formats(), TxnTime: s.txnTime, StmtTime: s.stmtTime,
		Clock:   s.clock,
		Session: s,
	}
}

// readClock returns the time in microseconds since 2000-01-01.
func (s *Session) readClock() int64 { return int64(s.srv.DB.Now()) - pgEpoch }

// bindNow binds a query in the transaction's present catalog, unless the plan
// cache has its plan. infer lets it have parameters whose types are found out.
func (s *Session) bindNow(ctx context.Context, st statement, infer bool) (*planned, error) {
	v := s.srv.DB.View()
	defer v.Release()
	at := v.Reader
	if s.asOf != nil {
		at = v.At(*s.asOf)
	}
	c, err := s.catalogFor(at)
	if err != nil {
		return nil, err
	}
	if p := st.form.plan(ctx, c, s, nil); p != nil {
		return p, nil
	}
	return s.bindIn(ctx, c, st, infer)
}

func (s *Session) bindIn(ctx context.Context, c view, st statement, infer bool) (*planned, error) {
	o := s.bindOptions(ctx, st)
	o.InferParams = infer
	seen := &momentCatalogs{moments: o.Moments.(moments)}
	seen.known = seen.known && !infer
	o.Moments = seen
	bound, err := bind.Bind(ctx, s.names(c.snapshot), st.raw.Stmt, o)
	if err != nil {
		return nil, err
	}
	p := &planned{
		stmt: bound, locks: relationLocks(bound), columns: resultColumns(bound), tables: c.tables, private: c.private,
		setting: s.hot().planKey, user: s.user, stats: s.srv.stats.made.Load(), version: c.version, newest: s.asOf == nil, made: s.stmtTime,
	}
	p.tableOf = p.findTable
	for _, snapshot := range seen.snapshots {
		p.past = append(p.past, s.srv.tableSet(snapshot))
	}
	if !bound.HasMoments {
		return p, nil
	}
	return p, s.findOpen(p, c.snapshot)
}

// compile chooses the physical plan of a bound query and compiles it. A prepared
// statement waits with it until it is executed: an error in a constant expression
// belongs there.
func (s *Session) compile(ctx context.Context, p *planned) error {
	if p.program != nil {
		return nil
	}
	snapshots := []*catalog.Snapshot{p.tables.Catalog()}
	for _, past := range p.past {
		snapshots = append(snapshots, past.Catalog())
	}
	physical, err := opt.Plan(ctx, p.stmt, statistics{s.srv, snapshots}, s.hot().planner)
	if err != nil {
		return err
	}
	p.program, err = exec.Compile(physical, s.context(ctx))
	return err
}

func (p *planned) findTable(desc *catalog.Table) (*table.Table, error) {
	for _, set := range p.past {
		if set.Catalog().Table(desc.OID) == desc {
			return set.Table(desc.OID)
		}
	}
	return p.tables.Table(desc.OID)
}

// resultColumns describes a query's columns to its client.
func resultColumns(p *plan.Statement) []client.Column {
	if p.Output == nil {
		return nil
	}
	list := make([]client.Column, len(p.Output))
	for i, c := range p.Output {
		list[i] = client.Column{Name: c.Name, Type: c.Type, TableOID: c.TableOID, AttNum: c.AttNum}
	}
	return list
}

// current reports whether a plan may be run in this catalog and with the
// session's present settings (I4). A plan with moments that are no constants is
// good while the catalog of each moment is the one it was bound in.
func (p *planned) current(ctx context.Context, c view, s *Session, params []datum.Datum) bool {
	if p.private || c.private || p.tables.Catalog() != c.snapshot || p.setting != s.hot().planKey || p.user != s.user ||
		p.stats != s.srv.stats.made.Load() {
		return false
	}
	if !p.stmt.HasMoments {
		return true
	}
	if s.asOf != nil {
		return false
	}
	for _, m := range p.open {
		at, err := moments{s: s, params: params, known: true}.Resolve(ctx, m.Instant)
		if err != nil || at.Null {
			return false // binding again gives the error its position
		}
		snapshot, err := s.pastCatalog(store.Seq(at.At))
		if err != nil || snapshot != m.snapshot {
			return false
		}
	}
	return true
}

// running is a query on its way.
type running struct {
	s      *Session
	plan   *planned
	stmt   *txn.Statement
	cursor exec.Cursor
	closed bool
	stop   context.CancelCauseFunc // of a query that outlives its statement, see detach
	kept   *rows.Store             // rows read ahead, see finish; nil without
	keptAt int                     // the next of them
	row    []datum.Datum
	ended  bool
}

// finish runs a statement that writes to its end and keeps the rows it returns:
// it must do all its work even if its portal is never read to the end.
func (r *running) finish() error {
	for !r.ended {
		row, err := r.cursor.NextRow()
		if err != nil {
			r.close()
			return err
		}
		if row == nil {
			r.ended = true
			break
		}
		if r.kept == nil {
			r.kept, r.row = r.s.keeper(r.plan.columns), make([]datum.Datum, len(r.plan.columns))
		}
		if err := r.kept.AppendRow(row); err != nil {
			r.close()
			return err
		}
	}
	return nil
}

// detach gives a query that is read in pieces, by several statements, a context
// of its own; next ties it to the statement that reads.
func detach(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	return context.WithCancelCause(context.WithoutCancel(ctx))
}

// openInPieces is open for a portal or cursor that several statements read from.
func (s *Session) openInPieces(ctx context.Context, st statement, p *prepared) (*running, error) {
	own, stop := detach(ctx)
	release := tie(ctx, stop)
	r, err := s.open(own, st, p)
	release()
	if err != nil {
		stop(nil)
		return nil, err
	}
	r.stop = stop
	return r, nil
}

// tie lets the end of ctx stop a query until release is called.
func tie(ctx context.Context, stop context.CancelCauseFunc) (release func()) {
	undo := context.AfterFunc(ctx, func() { stop(context.Cause(ctx)) })
	return func() { undo() }
}

// open starts a query: snapshot, plan, table locks, execution. The plan kept in
// p, if any, is used while it is good, and replaced.
func (s *Session) open(ctx context.Context, st statement, p *prepared) (*running, error) {
	return s.openWith(ctx, st, p, false)
}

// openWith is open; with analyze the execution is measured.
func (s *Session) openWith(ctx context.Context, st statement, p *prepared, analyze bool) (*running, error) {
	if err := s.applyFirst(); err != nil {
		return nil, err
	}
	for {
		r, err := s.openOnce(ctx, st, p, analyze)
		if r != nil || err != nil {
			return r, err
		}
	}
}

// openOnce starts a query; nil when the catalog changed while table locks were
// waited for. The statement is closed unless it runs, whatever happens.
func (s *Session) openOnce(ctx context.Context, st statement, p *prepared, analyze bool) (r *running, err error) {
	stmt, err := s.tx.Statement(ctx)
	if err != nil {
		return nil, err
	}
	defer func() {
		if r == nil {
			stmt.Close()
		}
	}()
	return s.openIn(ctx, stmt, st, p, analyze)
}

// applyFirst does what a transaction's first statement does.
func (s *Session) applyFirst() error {
	if s.ran {
		return nil
	}
	if err := s.applyAsOf(); err != nil {
		return err
	}
	s.timeouts()
	s.ran = true
	return nil
}

// openIn starts a query in a statement's snapshot. It returns nil when the
// catalog changed while table locks were waited for.
func (s *Session) openIn(ctx context.Context, stmt *txn.Statement, st statement, p *prepared, analyze bool) (*running, error) {
	c, err := s.catalogFor(stmt.Reader())
	if err != nil {
		return nil, err
	}
	pl := p.plan
	if pl == nil || !pl.current(ctx, c, s, st.params) {
		if pl = p.form.plan(ctx, c, s, st.params); pl == nil && st.form != nil && st.form.slots != nil {
			return nil, errNoPlan
		}
		if pl == nil {
			if pl, err = s.bindIn(ctx, c, st, false); err != nil {
				return nil, err
			}
		}
		if p.columns != nil && !sameShape(p.columns, pl.columns) {
			e := pgerr.New(pgcode.FeatureNotSupported, "cached plan must not change result type")
			e.Routine = "RevalidateCachedQuery" // drivers look at it to prepare again
			return nil, e
		}
		p.plan = pl
	}
	if pl.program == nil {
		if err := s.compile(ctx, pl); err != nil {
			return nil, err
		}
		if p.form != nil && s.shareable(p.text, pl) {
			s.srv.plans.keep(p.key, p.form, pl)
		}
	}
	if pl.stmt.Command != plan.CommandSelect {
		if err := s.tx.Writable(st.raw.Stmt.Tag()); err != nil {
			return nil, err
		}
	}
	if again, err := s.lockRelations(ctx, pl, c); err != nil || again {
		return nil, err
	}
	env := exec.Env{
		Ctx: ctx, B: s.context(ctx), Params: st.params, Stmt: stmt, Tables: pl.tables,
		TableOf: pl.tableOf, Moments: execMoments{s}, Virtual: s.virtual(c.snapshot), Workers: workers,
		Analyze: analyze,
	}
	s.limits(&env)
	cursor, err := pl.program.Run(env)
	if err != nil {
		return nil, err
	}
	return &running{s: s, plan: pl, stmt: stmt, cursor: cursor}, nil
}

// limits sets what memory and disk an execution may use, and its path.
func (s *Session) limits(env *exec.Env) {
	h := s.hot()
	env.Path, env.MemLimit, env.Pool, env.Segments = h.path, h.memory, &s.srv.Memory, h.segments
	env.Temp, env.WorkMem, env.HashMem = s.temp, h.workMem, h.hashMem
}

// workers is how many goroutines one query may use.
const workers = 2

// sameShape reports whether a client that was told of one list of columns can
// read rows of the other.
func sameShape(told, now []client.Column) bool {
	return slices.EqualFunc(told, now, func(a, b client.Column) bool { return a.Name == b.Name && a.Type == b.Type })
}

// relationLock is the lock that a plan needs of a relation.
type relationLock struct {
	oid  uint32
	mode txn.Mode
}

// relationLocks finds out how a statement uses each of its relations.
func relationLocks(st *plan.Statement) []relationLock {
	modes := map[uint32]txn.Mode{}
	need := func(oid uint32, mode txn.Mode) { modes[oid] = max(modes[oid], mode) }
	plan.WalkRels(st.Root, func(r plan.Rel) {
		switch r := r.(type) {
		case *plan.Insert:
			need(r.Table.OID, txn.RowExclusive)
		case *plan.Update:
			need(r.Table.OID, txn.RowExclusive)
		case *plan.Delete:
			need(r.Table.OID, txn.RowExclusive)
		case *plan.LockRows:
			for _, t := range r.Tables {
				if !t.Mark {
					need(t.Table.OID, txn.RowShareTable)
				}
			}
		}
	})
	list := make([]relationLock, len(st.Relations))
	for i, oid := range st.Relations {
		list[i] = relationLock{oid, modes[oid]}
	}
	return list
}

// lockRelations takes the table locks of a plan.
func (s *Session) lockRelations(ctx context.Context, p *planned, c view) (again bool, err error) {
	if s.asOf != nil {
		return false, nil // the past cannot change
	}
	for _, l := range p.locks {
		if c.snapshot.Get(l.oid) == nil || s.tx.HoldsTable(l.oid, l.mode) {
			continue
		}
		if _, _, err := s.tx.LockTable(ctx, l.oid, l.mode, txn.Wait); err != nil {
			return false, err
		}
	}
	return !c.private && s.srv.Catalog.Changed(c.version), nil
}

// next returns the next row, nil at the end.
func (r *running) next() ([]datum.Datum, error) {
	if r.ended {
		if r.kept == nil || r.keptAt == r.kept.Len() {
			return nil, nil
		}
		r.kept.Row(r.keptAt, r.row)
		r.keptAt++
		return r.row, r.kept.Err()
	}
	row, err := r.cursor.NextRow()
	if err != nil {
		r.close()
	}
	return row, err
}

// tag is the command tag so far.
func (r *running) tag() string { return tagOf(r.plan, r.cursor.RowsAffected()) }

func tagOf(p *planned, n int64) string {
	if n == 1 {
		switch p.stmt.Command {
		case plan.CommandSelect:
			return "SELECT 1"
		case plan.CommandInsert:
			return "INSERT 0 1"
		case plan.CommandUpdate:
			return "UPDATE 1"
		}
	}
	count := strconv.FormatInt(n, 10)
	switch p.stmt.Command {
	case plan.CommandInsert:
		return "INSERT 0 " + count
	case plan.CommandUpdate:
		return "UPDATE " + count
	case plan.CommandDelete:
		return "DELETE " + count
	}
	return "SELECT " + count
}

func (r *running) close() {
	if r.closed {
		return
	}
	r.closed = true
	r.cursor.Close()
	if r.kept != nil {
		r.kept.Reset()
	}
	r.stmt.Close()
	if r.stop != nil {
		r.stop(nil)
	}
}

// drain sends all rows and returns the command tag.
func (r *running) drain(w client.Writer, announce bool) (string, error) {
	defer r.close()
	if r.plan.columns != nil {
		if err := w.Columns(r.plan.columns, announce); err != nil {
			return "", err
		}
	}
	for {
		row, err := r.next()
		if err != nil {
			return "", err
		}
		if row == nil {
			return r.tag(), nil
		}
		if r.plan.columns == nil {
			continue
		}
		if err := w.Row(row); err != nil {
			return "", err
		}
	}
}

// evaluate computes an expression without columns.
func (s *Session) evaluate(ctx context.Context, e plan.Expr, params []datum.Datum) (datum.Datum, error) {
	return exec.Evaluate(s.context(ctx), e, params)
}

// argument evaluates an expression of a utility statement, coerced by assignment.
func (s *Session) argument(ctx context.Context, st statement, e ast.Expr, want types.T, number int) (datum.Datum, error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return datum.Datum{}, err
	}
	bound, err := bind.BindExpr(ctx, s.names(snapshot), nil, e, bind.UseExecute, want, "$"+strconv.Itoa(number), s.bindOptions(ctx, st))
	if err != nil {
		return datum.Datum{}, err
	}
	return s.evaluate(ctx, bound.Expr, st.params)
}

// typeName resolves a type in the session's catalog.
func (s *Session) typeName(t *ast.TypeName) (types.T, error) {
	snapshot, err := s.presentCatalog()
	if err != nil {
		return types.T{}, err
	}
	return bind.ResolveType(s.names(snapshot), t)
}
