package plan

import (
	"slices"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/types"
)

// ColID names a column within one statement. 0 is no column.
type ColID int32

// ColumnMeta is what is known of a column of a statement.
type ColumnMeta struct {
	Name   string // the column's name, or that of the output it computes
	Type   types.T
	Table  *catalog.Table // the table it comes from, nil for a computed one
	AttNum int16          // its number there; see the Att constants for negative ones
	Alias  string         // the range-table name it was first seen under
}

// Metadata gives out a statement's ColIDs. It is written while the statement is
// bound and rewritten, by one goroutine, and read only afterwards.
type Metadata struct {
	columns []ColumnMeta
}

// Add makes a new column.
func (m *Metadata) Add(c ColumnMeta) ColID {
	m.columns = append(m.columns, c)
	return ColID(len(m.columns))
}

// Grow makes room for n more columns.
func (m *Metadata) Grow(n int) { m.columns = slices.Grow(m.columns, n) }

// Column returns what is known of a column.
func (m *Metadata) Column(id ColID) *ColumnMeta { return &m.columns[id-1] }

// Len returns the number of columns; ColIDs run from 1 to Len.
func (m *Metadata) Len() int { return len(m.columns) }

// Numbers of the columns that every table has without having them among its
// own. They can be named, but * leaves them out.
const (
	AttWholeRow        int16 = 0  // the row as one value of type record
	AttRowID           int16 = -1 // ctid: which row this is, opaque to everything above the storage
	AttTableOID        int16 = -6
	AttSystemTimeStart int16 = -8
	AttSystemTimeEnd   int16 = -9
	AttSystemSeqStart  int16 = -10
	AttSystemSeqEnd    int16 = -11
)

// PseudoColumn is one of the columns every table has.
type PseudoColumn struct {
	Name   string
	AttNum int16
	Type   types.T
}

// PseudoColumns are the columns of every table that can be named in a query.
var PseudoColumns = []PseudoColumn{
	{"system_time_start", AttSystemTimeStart, types.Of(types.TimestampTZ)},
	{"system_time_end", AttSystemTimeEnd, types.Of(types.TimestampTZ)},
	{"system_seq_start", AttSystemSeqStart, types.Of(types.Int8)},
	{"system_seq_end", AttSystemSeqEnd, types.Of(types.Int8)},
	{"tableoid", AttTableOID, types.Of(types.Oid)},
	{"ctid", AttRowID, types.Of(types.Tid)},
}

// Statement is a bound statement: a plan, and what its client is told of it.
type Statement struct {
	Meta   *Metadata
	Root   Rel
	Params []types.OID // types of $1.. in order, as given or inferred

	// Output are the result's columns in order, over Root's columns; nil when the
	// statement returns no rows.
	Output []OutputColumn

	Command Command
	// HasMoments reports that a table is read at a moment of the past. Such a plan
	// is good for one execution: the catalog it was bound in is that moment's.
	HasMoments bool
	// Relations are the oids of the tables, views and sequences it depends on.
	Relations []uint32
}

// OutputColumn is a column of a statement's result.
type OutputColumn struct {
	Name string
	ID   ColID
	Type types.T
	// TableOID and AttNum tell where a plain column comes from, 0 otherwise.
	TableOID uint32
	AttNum   int16
}

// Command is the kind of a statement, which decides its command tag.
type Command uint8

// The kinds of statements that have plans.
const (
	CommandSelect Command = iota
	CommandInsert
	CommandUpdate
	CommandDelete
)
