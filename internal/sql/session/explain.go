package session

import (
	"context"
	"strings"
	"time"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/client"
	"github.com/driftdb/driftdb/internal/sql/exec"
	"github.com/driftdb/driftdb/internal/sql/explain"
	"github.com/driftdb/driftdb/internal/sql/phys"
	"github.com/driftdb/driftdb/internal/types"
)

// explainOptions reads EXPLAIN's options.
func explainOptions(e *ast.ExplainStmt) (o explain.Options, err error) {
	o.Costs = true
	timing, summary := true, false
	summaryGiven, timingGiven := false, false
	for _, opt := range e.Options {
		text := strings.ToLower(optionText(opt))
		on := true
		switch text {
		case "", "true", "on", "1":
		case "false", "off", "0":
			on = false
		default:
			if opt.Name != "format" {
				return o, pgerr.New(pgcode.SyntaxError, "%s requires a Boolean value", opt.Name)
			}
		}
		switch opt.Name {
		case "analyze":
			o.Analyze = on
		case "verbose":
			o.Verbose = on
		case "costs":
			o.Costs = on
		case "timing":
			timing, timingGiven = on, true
		case "summary":
			summary, summaryGiven = on, true
		case "format":
			switch text {
			case "text":
				o.Format = explain.Text
			case "json":
				o.Format = explain.JSON
			case "yaml":
				o.Format = explain.YAML
			case "xml":
				return o, pgerr.NotSupported("Use FORMAT TEXT, JSON or YAML.", "EXPLAIN FORMAT XML is not supported")
			default:
				return o, pgerr.New(pgcode.InvalidParameterValue, "unrecognized value for EXPLAIN option %q: %q", opt.Name, text).At(opt.Pos + 1)
			}
		case "buffers", "wal", "settings":
			if on {
				return o, pgerr.NotSupported("Leave the option out.", "EXPLAIN option %s is not supported", strings.ToUpper(opt.Name))
			}
		default:
			return o, pgerr.New(pgcode.SyntaxError, "unrecognized EXPLAIN option %q", opt.Name).At(opt.Pos + 1)
		}
	}
	if timingGiven && timing && !o.Analyze {
		return o, pgerr.New(pgcode.InvalidParameterValue, "EXPLAIN option TIMING requires ANALYZE")
	}
	o.Timing = timing && o.Analyze
	o.Summary = o.Analyze
	if summaryGiven {
		o.Summary = summary
	}
	return o, nil
}

// explainColumns describes EXPLAIN's result.
func (s *Session) explainColumns(e *ast.ExplainStmt) []client.Column {
	typ := types.Text
	if o, err := explainOptions(e); err == nil && o.Format == explain.JSON {
		typ = types.JSON
	}
	return []client.Column{{Name: "QUERY PLAN", Type: types.Of(typ)}}
}

// explain carries out EXPLAIN.
func (s *Session) explain(ctx context.Context, st statement, e *ast.ExplainStmt, w client.Writer) (string, error) {
	o, err := explainOptions(e)
	if err != nil {
		return "", err
	}
	query := e.Query
	var p *prepared
	if x, ok := query.(*ast.ExecuteStmt); ok {
		q, params, err := s.executeArgs(ctx, st, x)
		if err != nil {
			return "", err
		}
		p, st = q, statement{text: q.text, raw: q.raw, types: q.params, params: params}
	} else {
		if c, ok := query.(*ast.CreateTableAsStmt); ok && !o.Analyze {
			query = c.Query
		}
		if !isQuery(query) {
			return "", unsupported(&ast.ExplainStmt{Query: query})
		}
		raw := &ast.RawStmt{Stmt: query, Start: st.raw.Start, Len: st.raw.Len}
		st = statement{text: st.text, raw: raw, types: st.types, params: st.params}
		p = &prepared{text: st.text, raw: raw}
	}
	lines, err := s.explainLines(ctx, st, p, o)
	if err != nil {
		return "", err
	}
	if err := w.Columns(s.explainColumns(e), true); err != nil {
		return "", err
	}
	for _, line := range lines {
		if err := w.Row([]datum.Datum{datum.NewText(line)}); err != nil {
			return "", err
		}
	}
	return "EXPLAIN", nil
}

// explainLines plans the query, runs it under ANALYZE, and prints the plan.
func (s *Session) explainLines(ctx context.Context, st statement, p *prepared, o explain.Options) ([]string, error) {
	started := time.Now()
	if err := s.applyFirst(); err != nil {
		return nil, err
	}
	if !o.Analyze {
		plan, err := s.bindNow(ctx, st, false)
		if err != nil {
			return nil, err
		}
		if err := s.compile(ctx, plan); err != nil {
			return nil, err
		}
		o.PlanningMillis = millis(started)
		return explain.Plan(plan.program.Plan(), o, nil), nil
	}
	r, err := s.openWith(ctx, st, p, true)
	if err != nil {
		return nil, err
	}
	defer r.close()
	o.PlanningMillis = millis(started)
	running := time.Now()
	for {
		row, err := r.next()
		if err != nil {
			return nil, err
		}
		if row == nil {
			break
		}
	}
	o.ExecutionMillis = millis(running)
	var stats func(phys.Node) (explain.Stats, bool)
	if f := exec.Measured(r.cursor); f != nil {
		stats = f
	}
	return explain.Plan(r.plan.program.Plan(), o, stats), nil
}

func millis(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }
