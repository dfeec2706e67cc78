package session

import (
	"context"
	"errors"
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/types"
)

// errNoPlan says that a shape has no plan in the catalog that a statement sees,
// or that the literals do not fit it. The statement is then run for itself.
var errNoPlan = errors.New("no plan of the shape")

// recall finds a statement that came as text in the plan cache. Without form in
// what it returns the text must be parsed. shape is scratch space that belongs to
// the statement until it is over.
func (s *Session) recall(sql string, shape *parse.Shape) statement {
	st, h := statement{text: sql, alone: true}, s.hot()
	if !h.planCache {
		st.alone = false
		return st
	}
	if e := s.srv.plans.find(planKey{text: sql, settings: h.planKey}); e != nil {
		if forms := e.forms.Load(); forms != nil {
			return st.with((*forms)[0])
		}
	}
	if h.backslash || !shape.Lift(sql) {
		return st
	}
	st.shape = shape
	if f := s.srv.plans.findShape(shape.Key, h.planKey).match(shape.Literals); f != nil {
		return st.with(f)
	}
	return st
}

func (st statement) with(f *form) statement {
	st.form, st.raw = f, f.raw()
	return st
}

// parseAlone parses a text that the cache did not have.
func (s *Session) parseAlone(st *statement, w client.Writer) ([]ast.RawStmt, error) {
	list, notices, err := s.parse(st.text, w)
	if len(list) != 1 || notices > 0 {
		st.alone, st.shape = false, nil
	}
	return list, err
}

// prepareCached is prepare for a text that the plan cache has; nil when it has not.
func (s *Session) prepareCached(ctx context.Context, sql string, params []types.OID) (*prepared, error) {
	h := s.hot()
	key := planKey{text: sql, types: typesKey(params), settings: h.planKey}
	if !h.planCache {
		return nil, nil
	}
	e := s.srv.plans.find(key)
	if e == nil || e.forms.Load() == nil {
		return nil, nil
	}
	f := (*e.forms.Load())[0]
	p := &prepared{text: f.text, raw: f.raw(), params: params, made: s.wallTime(), form: f, key: e.key}
	if err := s.inFailedBlock(p.raw.Stmt); err != nil {
		return nil, err
	}
	if err := s.analyse(ctx, p); err != nil {
		return nil, err
	}
	if p.plan != nil {
		s.count(p.plan.program != nil, f)
	}
	return p, nil
}

// remember takes a prepared statement into the plan cache if its text came before.
func (s *Session) remember(p *prepared, params []types.OID, notices int) {
	if p.plan == nil {
		return
	}
	s.count(false, nil)
	if h := s.hot(); h.planCache && notices == 0 && s.srv.plans.secondText(p.text, h.planFirst) {
		p.key = planKey{text: p.text, types: typesKey(params), settings: h.planKey}
		p.form = s.srv.plans.put(p.key, false, &form{text: p.text, list: []ast.RawStmt{*p.raw}})
		p.text, p.raw = p.form.text, p.form.raw()
	}
}

// query runs a query of the simple protocol, whose plan the next one may use.
func (s *Session) query(ctx context.Context, st statement, w client.Writer) (string, error) {
	if st.form != nil && st.form.slots != nil {
		tag, err := s.queryShape(ctx, st, w)
		if err != errNoPlan {
			return tag, err
		}
		list, _, err := s.parseStatements(st.text)
		if err != nil {
			return "", err
		}
		st.form, st.raw = nil, &list[0]
	}
	p := &prepared{text: st.text, raw: st.raw, form: st.form}
	if p.form != nil {
		p.key = planKey{text: st.text, settings: s.hot().planKey}
	}
	r, err := s.open(ctx, st, p)
	if err != nil {
		return "", err
	}
	s.count(p.form != nil, p.form)
	tag, err := r.drain(w, true)
	if err == nil && st.alone && p.form == nil {
		s.learn(ctx, st, r.plan)
	}
	return tag, err
}

// queryShape runs a query by the plan of its shape. It returns errNoPlan when it
// cannot, or when running it for itself may give another error.
func (s *Session) queryShape(ctx context.Context, st statement, w client.Writer) (string, error) {
	params, err := st.form.values(st.shape.Literals, s.formats())
	if err != nil {
		return "", errNoPlan
	}
	st.params = params
	r, err := s.open(ctx, st, &prepared{text: st.text, raw: st.raw, form: st.form})
	if dependsOnText(err) {
		return "", errNoPlan
	}
	if err != nil {
		return "", err
	}
	s.count(true, st.form)
	return r.drain(w, true)
}

// dependsOnText reports whether an error at a query's start may differ in place or
// order from the one it has with its literals in place: they are computed before
// anything else then.
func dependsOnText(err error) bool {
	if err == nil || err == errNoPlan {
		return err != nil
	}
	var e *pgerr.Error
	return errors.As(err, &e) && (strings.HasPrefix(string(e.Code), "22") || e.Code == pgcode.ReadOnlySqlTransaction)
}

// count counts a statement that used a form, or none.
func (s *Session) count(hit bool, f *form) {
	if !hit {
		s.srv.plans.counts.misses.Add(1)
		return
	}
	s.srv.plans.counts.hits.Add(1)
	f.hits.Add(1)
}

// learn takes a statement into the plan cache if it came before: its shape, or
// when that has no plan of its own the text. An error of lifting is no error of
// the statement.
func (s *Session) learn(ctx context.Context, st statement, p *planned) {
	c, settings := &s.srv.plans, s.hot().planKey
	if s.edit != nil || !s.shareable(st.text, p) && st.shape == nil {
		return
	}
	if st.shape != nil && !p.private && p.newest {
		key := planKey{text: string(st.shape.Key), settings: settings}
		e := c.find(key)
		if e == nil && !c.second(st.shape.Key, s.hot().planFirst) {
			return
		}
		if e == nil || e.refused.Load() != p.tables.Catalog() {
			f, lifted, err := s.lift(ctx, st, p)
			if err == nil && f != nil {
				c.keep(key, c.put(key, true, f), lifted)
				return
			}
			if err == nil {
				c.refuse(key, p.tables.Catalog())
			}
		}
	}
	if s.shareable(st.text, p) && c.secondText(st.text, s.hot().planFirst) {
		key := planKey{text: st.text, settings: settings}
		c.keep(key, c.put(key, false, &form{text: st.text, list: []ast.RawStmt{*st.raw}}), p)
	}
}
