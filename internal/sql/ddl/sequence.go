package ddl

import (
	"math"
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/types"
)

// CreateSequence carries out CREATE SEQUENCE.
func CreateSequence(e *Env, s *ast.CreateSequenceStmt) error {
	if s.Sequence.Persistence != ast.Permanent {
		return temporaryNotBuilt("sequences")
	}
	schema, err := e.schemaFor(s.Sequence.Schema, s.Sequence.Name, s.Sequence.Pos)
	if err != nil {
		return err
	}
	if err := e.LockName(schema.OID, s.Sequence.Name); err != nil {
		return err
	}
	if e.cat().Relation(schema.OID, s.Sequence.Name) != nil {
		if s.IfNotExists {
			e.notice(pgcode.DuplicateTable, "relation %q already exists, skipping", s.Sequence.Name)
			return nil
		}
		return e.freeName(schema.OID, s.Sequence.Name)
	}
	_, err = e.newSequence(schema.OID, s.Sequence.Name, types.Int8, s.Options)
	return err
}

// newSequence creates a sequence object and its state.
func (e *Env) newSequence(schema uint32, name string, typ types.OID, options []*ast.Option) (*catalog.Sequence, error) {
	oid, err := e.Data.NewOID()
	if err != nil {
		return nil, err
	}
	seq := &catalog.Sequence{
		Object: catalog.Object{OID: oid, Name: name, Schema: schema, Owner: e.User},
		Type:   typ, Increment: 1, Cache: 1,
	}
	if _, err := e.sequenceOptions(seq, options, true); err != nil {
		return nil, err
	}
	e.Edit.Put(seq)
	return seq, e.Data.CreateSequence(seq)
}

// sequenceOptions applies options as PostgreSQL's init_params does. It returns
// the value of RESTART, if that was given.
func (e *Env) sequenceOptions(seq *catalog.Sequence, options []*ast.Option, isNew bool) (restart *int64, err error) {
	given := map[string]*ast.Option{}
	for _, o := range options {
		if given[o.Name] != nil {
			return nil, pgerr.New(pgcode.SyntaxError, "conflicting or redundant options").At(bytePos(o.Pos))
		}
		given[o.Name] = o
	}
	resetMax, resetMin := isNew, isNew
	if o := given["as"]; o != nil {
		typ, err := e.optionType(o)
		if err != nil {
			return nil, err
		}
		oldMin, oldMax := sequenceRange(seq.Type)
		if !isNew {
			resetMax = seq.Increment > 0 && seq.Max == oldMax
			resetMin = seq.Increment < 0 && seq.Min == oldMin
		}
		seq.Type = typ
	}
	if o := given["increment"]; o != nil {
		if seq.Increment, err = optionInt(o); err != nil {
			return nil, err
		}
		if seq.Increment == 0 {
			return nil, pgerr.New(pgcode.InvalidParameterValue, "INCREMENT must not be zero")
		}
	}
	if o := given["cycle"]; o != nil {
		seq.Cycle = optionBool(o)
	}
	if err := sequenceBounds(seq, given, resetMin, resetMax); err != nil {
		return nil, err
	}
	if o := given["start"]; o != nil {
		if seq.Start, err = optionInt(o); err != nil {
			return nil, err
		}
	} else if isNew {
		seq.Start = seq.Min
		if seq.Increment < 0 {
			seq.Start = seq.Max
		}
	}
	if seq.Start < seq.Min {
		return nil, pgerr.New(pgcode.InvalidParameterValue, "START value (%d) cannot be less than MINVALUE (%d)", seq.Start, seq.Min)
	}
	if seq.Start > seq.Max {
		return nil, pgerr.New(pgcode.InvalidParameterValue, "START value (%d) cannot be greater than MAXVALUE (%d)", seq.Start, seq.Max)
	}
	if o := given["restart"]; o != nil {
		value := seq.Start
		if o.Value != nil {
			if value, err = optionInt(o); err != nil {
				return nil, err
			}
		}
		if value < seq.Min {
			return nil, pgerr.New(pgcode.InvalidParameterValue, "RESTART value (%d) cannot be less than MINVALUE (%d)", value, seq.Min)
		}
		if value > seq.Max {
			return nil, pgerr.New(pgcode.InvalidParameterValue, "RESTART value (%d) cannot be greater than MAXVALUE (%d)", value, seq.Max)
		}
		restart = &value
	}
	if o := given["cache"]; o != nil {
		if seq.Cache, err = optionInt(o); err != nil {
			return nil, err
		}
		if seq.Cache <= 0 {
			return nil, pgerr.New(pgcode.InvalidParameterValue, "CACHE (%d) must be greater than zero", seq.Cache)
		}
	}
	if o := given["owned_by"]; o != nil {
		return restart, e.ownedBy(seq, o)
	}
	return restart, nil
}

// sequenceBounds sets MINVALUE and MAXVALUE.
func sequenceBounds(seq *catalog.Sequence, given map[string]*ast.Option, resetMin, resetMax bool) error {
	low, high := sequenceRange(seq.Type)
	set := func(name string, reset bool, ascending, descending int64, into *int64) error {
		o := given[name]
		switch {
		case o != nil && o.Value != nil:
			n, err := optionInt(o)
			*into = n
			return err
		case o != nil || reset:
			*into = ascending
			if seq.Increment < 0 {
				*into = descending
			}
		}
		return nil
	}
	if err := set("maxvalue", resetMax, high, -1, &seq.Max); err != nil {
		return err
	}
	if err := set("minvalue", resetMin, 1, low, &seq.Min); err != nil {
		return err
	}
	name := typeWord(seq.Type)
	if seq.Max > high || seq.Max < low {
		return pgerr.New(pgcode.InvalidParameterValue, "MAXVALUE (%d) is out of range for sequence data type %s", seq.Max, name)
	}
	if seq.Min > high || seq.Min < low {
		return pgerr.New(pgcode.InvalidParameterValue, "MINVALUE (%d) is out of range for sequence data type %s", seq.Min, name)
	}
	if seq.Min >= seq.Max {
		return pgerr.New(pgcode.InvalidParameterValue, "MINVALUE (%d) must be less than MAXVALUE (%d)", seq.Min, seq.Max)
	}
	return nil
}

func sequenceRange(t types.OID) (low, high int64) {
	switch t {
	case types.Int2:
		return math.MinInt16, math.MaxInt16
	case types.Int4:
		return math.MinInt32, math.MaxInt32
	}
	return math.MinInt64, math.MaxInt64
}

func typeWord(t types.OID) string {
	switch t {
	case types.Int2:
		return "smallint"
	case types.Int4:
		return "integer"
	}
	return "bigint"
}

// optionType resolves AS type, which must be an integer type.
func (e *Env) optionType(o *ast.Option) (types.OID, error) {
	v, ok := o.Value.(*ast.OptionType)
	if !ok {
		return 0, pgerr.New(pgcode.SyntaxError, "sequence type must be smallint, integer, or bigint")
	}
	t, err := e.Bind.Type(v.Type)
	if err != nil {
		return 0, err
	}
	switch t.OID {
	case types.Int2, types.Int4, types.Int8:
		return t.OID, nil
	}
	return 0, pgerr.New(pgcode.InvalidParameterValue, "sequence type must be smallint, integer, or bigint")
}

// ownedBy ties a sequence to a column, or frees it with NONE.
func (e *Env) ownedBy(seq *catalog.Sequence, o *ast.Option) error {
	names := optionNames(o)
	if len(names) == 1 && names[0] == "none" {
		seq.OwnerTable, seq.OwnerColumn = 0, 0
		return nil
	}
	if len(names) < 2 {
		return pgerr.New(pgcode.SyntaxError, "invalid OWNED BY option").
			WithHint("Specify OWNED BY table.column or OWNED BY NONE.")
	}
	r := &ast.RangeVar{Pos: o.Pos, Name: names[len(names)-2]}
	if len(names) > 2 {
		r.Schema = names[len(names)-3]
	}
	t, err := e.table(r)
	if err != nil {
		return err
	}
	if t.Owner != seq.Owner {
		return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "sequence must have same owner as table it is linked to")
	}
	if t.Schema != seq.Schema {
		return pgerr.New(pgcode.ObjectNotInPrerequisiteState, "sequence must be in same schema as table it is linked to")
	}
	column := names[len(names)-1]
	c := t.Column(column)
	if c == nil {
		return pgerr.New(pgcode.UndefinedColumn, "column %q of relation %q does not exist", column, t.Name)
	}
	seq.OwnerTable, seq.OwnerColumn = t.OID, c.Attnum
	return nil
}

// AlterSequence carries out ALTER SEQUENCE with options.
func AlterSequence(e *Env, s *ast.AlterSequenceStmt) error {
	d, err := e.find(s.Sequence.Schema, s.Sequence.Name, s.Sequence.Pos)
	if err != nil {
		return err
	}
	if d == nil {
		if s.IfExists {
			e.notice(pgcode.SuccessfulCompletion, "relation %q does not exist, skipping", s.Sequence.Name)
			return nil
		}
		_, err := e.relation(s.Sequence)
		return err
	}
	seq, ok := d.(*catalog.Sequence)
	if !ok {
		return pgerr.New(pgcode.WrongObjectType, "%q is not a sequence", s.Sequence.Name)
	}
	if err := e.owns(seq); err != nil {
		return err
	}
	if err := e.Lock(seq.OID, ast.LockShareRowExclusive); err != nil {
		return err
	}
	seq = seq.Clone()
	restart, err := e.sequenceOptions(seq, s.Options, false)
	if err != nil {
		return err
	}
	e.Edit.Put(seq)
	if restart != nil {
		return e.Data.RestartSequence(seq, *restart)
	}
	return nil
}

// optionInt reads an integer option.
func optionInt(o *ast.Option) (int64, error) {
	c, ok := o.Value.(*ast.Const)
	if !ok {
		return 0, pgerr.New(pgcode.SyntaxError, "%s requires a numeric value", o.Name)
	}
	n, err := strconv.ParseInt(constText(c), 10, 64)
	if err != nil {
		return 0, pgerr.New(pgcode.InvalidTextRepresentation, "invalid input syntax for type bigint: %q", constText(c))
	}
	return n, nil
}

// optionBool reads a boolean option; a bare name means true.
func optionBool(o *ast.Option) bool {
	switch strings.ToLower(optionText(o)) {
	case "false", "off", "0", "f", "no":
		return false
	}
	return true
}

// optionNames reads a qualified name.
func optionNames(o *ast.Option) []string {
	switch v := o.Value.(type) {
	case *ast.OptionName:
		return v.Names
	case *ast.OptionType:
		return v.Type.Names
	case *ast.Const:
		return []string{constText(v)}
	case *ast.OptionList:
		return v.Items
	}
	return nil
}
