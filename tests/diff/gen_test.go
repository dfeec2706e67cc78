package diff

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
)

// gen makes random statements over a model of what the database holds. The model
// changes only when a statement succeeded on both sides, so it is right as long as
// they agree; where it is coarser than the truth, statements fail on both.
type gen struct {
	*rand.Rand
	w *world
	// args are the values of $1, $2, ... of the statement being made, when params
	// is set.
	params bool
	args   []string
	// risk is how many operations that may fail this statement may still have:
	// which of several errors comes first is not defined.
	risk int
	// block is the state of the transaction block, saved is the world to go back to.
	block   bool
	failed  bool
	saved   *world
	savedAt []savepoint
	names   int
	prep    []prepared
}

type savepoint struct {
	name string
	w    *world
}

type prepared struct {
	name  string
	kinds []*kind
}

type column struct {
	name     string
	k        *kind
	notNull  bool
	identity string // "", ALWAYS or BY DEFAULT
	hasDef   bool
	serial   bool // the default draws from a sequence
}

type table struct {
	name    string
	cols    []*column
	pk      []string
	uniques [][]string
	checks  []string
	view    bool
}

type world struct {
	tables  []*table
	indexes []string
	seqs    []string
}

func (w *world) clone() *world {
	c := &world{indexes: slices.Clone(w.indexes), seqs: slices.Clone(w.seqs)}
	for _, t := range w.tables {
		n := *t
		n.cols = nil
		for _, col := range t.cols {
			k := *col
			n.cols = append(n.cols, &k)
		}
		n.uniques, n.checks, n.pk = slices.Clone(t.uniques), slices.Clone(t.checks), slices.Clone(t.pk)
		c.tables = append(c.tables, &n)
	}
	return c
}

func (w *world) find(name string) *table {
	for _, t := range w.tables {
		if t.name == name {
			return t
		}
	}
	return nil
}

func (t *table) find(name string) *column {
	for _, c := range t.cols {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (w *world) drop(name string) {
	w.tables = slices.DeleteFunc(w.tables, func(t *table) bool { return t.name == name })
}

// statement is one step of a script.
type statement struct {
	kind string
	sql  string
	args []string
	// extended sends it as Parse, Bind, Execute; binary asks for binary results.
	extended, binary bool
	// ordered: the rows' order is defined; keys are the leading output columns it
	// is sorted by otherwise.
	ordered bool
	keys    int
	// loose: only success and SQLSTATE are compared (a mutated statement may have
	// lost what made its answer defined).
	loose bool
	// copyIn is the data sent for COPY FROM STDIN.
	copyIn string
	// sequences are queries that name the sequences an INSERT of a query's rows may
	// have drawn from: how many numbers a failed one used up is open, so they are set
	// anew.
	sequences []string
	// writes tells that the databases may differ after a difference.
	writes bool
	// effect changes the model when the statement succeeded on both sides; failure
	// when it failed on both.
	effect, failure func()
}

func (g *gen) chance(percent int) bool { return g.Intn(100) < percent }

func pick[T any](g *gen, s []T) T { return s[g.Intn(len(s))] }

func (g *gen) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

// baseTable returns a random table that is no view, nil when there is none.
func (g *gen) baseTable() *table {
	var all []*table
	for _, t := range g.w.tables {
		if !t.view {
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return pick(g, all)
}

func columnList(cols []*column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// some returns a random non-empty part of the columns in random order.
func (g *gen) some(cols []*column, most int) []*column {
	picked := slices.Clone(cols)
	g.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
	return picked[:1+g.Intn(min(most, len(picked)))]
}

// maker is a way to make a statement; nil means it does not apply now.
type maker struct {
	weight int
	make   func(*gen) *statement
}

// next makes the next statement of an episode.
func (g *gen) next() *statement {
	for {
		g.args, g.risk = nil, 0
		if g.chance(25) {
			g.risk = 1
		}
		g.params = g.chance(15)
		if s := g.draw(); s != nil {
			if family, _, _ := strings.Cut(s.kind, "/"); len(g.args) > 0 && slices.Contains(noParameters, family) {
				continue
			}
			s.args = g.args
			if len(s.args) > 0 || g.chance(25) && !strings.HasPrefix(s.kind, "copy") {
				s.extended = true
				s.binary = g.chance(40)
			}
			return s
		}
	}
}

// noParameters are statements that take no parameters.
var noParameters = []string{"ddl", "alter", "copy", "cursor", "prepared"}

func (g *gen) draw() *statement {
	makers := openMakers
	switch {
	case g.failed:
		makers = failedMakers
	case g.block:
		makers = blockMakers
	case len(g.w.tables) < 3:
		makers = startMakers
	}
	total := 0
	for _, m := range makers {
		total += m.weight
	}
	n := g.Intn(total)
	for _, m := range makers {
		if n -= m.weight; n < 0 {
			return m.make(g)
		}
	}
	panic("unreachable")
}

var (
	startMakers = []maker{{1, (*gen).createTable}}
	readMakers  = []maker{
		{30, (*gen).selectStatement}, {10, (*gen).expressions}, {6, (*gen).mutated}, {3, (*gen).valuesStatement}, {2, (*gen).describe},
		{4, (*gen).copyOut}, {3, (*gen).session}, {3, (*gen).prepareExecute}, {6, (*gen).wholeTable},
	}
	writeMakers = []maker{
		{16, (*gen).insert}, {6, (*gen).insertSelect}, {7, (*gen).onConflict}, {9, (*gen).update}, {5, (*gen).updateFrom}, {5, (*gen).delete},
		{3, (*gen).deleteUsing}, {1, (*gen).truncate}, {4, (*gen).copyIn}, {3, (*gen).withWrite},
	}
	ddlMakers = []maker{
		{3, (*gen).createTable}, {2, (*gen).createView}, {3, (*gen).createIndex}, {1, (*gen).dropObject}, {8, (*gen).alterTable}, {2, (*gen).sequence},
		{1, (*gen).createTableAs}, {1, (*gen).comment},
	}
	openMakers   = slices.Concat(readMakers, writeMakers, ddlMakers, []maker{{7, (*gen).begin}, {1, (*gen).maintenance}})
	blockMakers  = slices.Concat(readMakers, writeMakers, writeMakers, ddlMakers, []maker{{9, (*gen).savepoint}, {16, (*gen).endBlock}, {2, (*gen).cursor}})
	failedMakers = []maker{{6, (*gen).endBlock}, {3, (*gen).rollbackTo}, {1, (*gen).expressions}, {1, (*gen).savepoint}}
)
