package session

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/driftdb/driftdb/internal/catalog"
	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/sql/ast"
	"github.com/driftdb/driftdb/internal/sql/parse"
	"github.com/driftdb/driftdb/internal/sql/plan"
	"github.com/driftdb/driftdb/internal/sql/syscat"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
)

// planCache keeps what the texts of recent statements became, for all sessions of
// a server: their trees and, for each catalog they were run in, their plans. A
// statement that comes as text each time is found by that text, or by its shape:
// the text without the literals that its plan does not depend on.
//
// A text is taken in when it comes the second time, so that texts that come once
// displace nothing. Entries leave in the order of a clock when the cache is full.
// All of it is safe for concurrent use; trees and plans in it never change.
type planCache struct {
	limit atomic.Int64 // bytes
	seen  [seenTexts]atomic.Uint64

	mu      sync.RWMutex // protects the rest but the counters
	entries map[planKey]*cacheEntry
	ring    []*cacheEntry
	hand    int
	bytes   int64
	catalog *catalog.Snapshot // the newest one that a plan was kept of, and its version
	version store.Seq

	counts cacheCounts
}

// cacheCounts count since the server started.
type cacheCounts struct {
	hits, misses, evictions atomic.Int64
}

// seenTexts is how many hashes of texts that came once are remembered.
const seenTexts = 4096

var textSeed = maphash.MakeSeed()

// planKey is what an entry is found by. Its strings are compared often and are
// kept as long as the entry.
type planKey struct {
	text     string // of the statement, or its shape
	types    string // the declared types of its parameters, four bytes each
	settings string // hotSettings.planKey
}

// cacheEntry is the entry of a text or of a shape.
type cacheEntry struct {
	key   planKey
	shape bool
	used  atomic.Bool             // since the clock's hand came by
	forms atomic.Pointer[[]*form] // of a text one; of a shape by the literals that stay
	// refused is the catalog in which the shape was found to depend on its literals.
	refused atomic.Pointer[catalog.Snapshot]
	bytes   int64 // protected by planCache.mu
}

// form is a parsed statement with its plans.
type form struct {
	text  string // as it was written the first time
	list  []ast.RawStmt
	fixed []fixedLiteral // of a shape: literals that its statements must have
	slots []slot         // of a shape: parameters that other literals fill
	plans atomic.Pointer[[]*planned]
	hits  atomic.Int64
}

// The most forms of a shape, the most plans of a form (the present's and those of
// past catalogs), and for how long a plan that was chosen by cost is taken from
// the cache: sizes of tables change without notice.
const (
	formsMax     = 8
	plansMax     = 4
	planAgeMicro = 10_000_000
)

// raw is the form's statement.
func (f *form) raw() *ast.RawStmt { return &f.list[0] }

// find returns the entry of a text, or nil.
func (c *planCache) find(key planKey) *cacheEntry {
	c.mu.RLock()
	e := c.entries[key]
	c.mu.RUnlock()
	return e.touch()
}

// findShape is find for a shape.
func (c *planCache) findShape(shape []byte, settings string) *cacheEntry {
	c.mu.RLock()
	e := c.entries[planKey{text: string(shape), settings: settings}]
	c.mu.RUnlock()
	return e.touch()
}

func (e *cacheEntry) touch() *cacheEntry {
	if e != nil && !e.used.Load() {
		e.used.Store(true)
	}
	return e
}

// second reports whether a text came before, and remembers that it did. With
// first every text is taken for one that did.
func (c *planCache) second(text []byte, first bool) bool {
	return c.secondHash(maphash.Bytes(textSeed, text), first)
}

func (c *planCache) secondText(text string, first bool) bool {
	return c.secondHash(maphash.String(textSeed, text), first)
}

func (c *planCache) secondHash(h uint64, first bool) bool {
	return c.limit.Load() > 0 && (c.seen[h%seenTexts].Swap(h) == h || first)
}

// setLimit sets how many bytes the entries may take.
func (c *planCache) setLimit(bytes int64) {
	if c.limit.Swap(bytes) <= bytes {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict()
}

// put adds a form to the entry of a key, made if there is none. It returns the
// form to use, which may be another goroutine's.
func (c *planCache) put(key planKey, shape bool, f *form) *form {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entry(key, shape)
	var list []*form
	if old := e.forms.Load(); old != nil {
		for _, have := range (*old)[max(0, len(*old)-formsMax+1):] {
			switch {
			case !slices.Equal(have.fixed, f.fixed):
				list = append(list, have)
			case slices.Equal(have.slots, f.slots):
				return have
			}
			// Else a column has another type now: literals are read in another way.
		}
	}
	list = append(list, f)
	e.forms.Store(&list)
	e.refused.Store(nil)
	c.size(e)
	return f
}

// refuse notes that statements of a shape have no plan in common.
func (c *planCache) refuse(key planKey, in *catalog.Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entry(key, true)
	e.refused.Store(in)
	c.size(e)
}

// entry returns the entry of a key, made if there is none.
func (c *planCache) entry(key planKey, shape bool) *cacheEntry {
	e := c.entries[key]
	if e == nil {
		if c.entries == nil {
			c.entries = map[planKey]*cacheEntry{}
		}
		e = &cacheEntry{key: key, shape: shape}
		c.entries[key] = e
		c.ring = append(c.ring, e)
	}
	return e
}

// keep adds a plan to a form, as its newest.
func (c *planCache) keep(key planKey, f *form, p *planned) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.version > c.version && p.newest {
		c.catalog, c.version = p.tables.Catalog(), p.version
		c.sweep()
	}
	list := []*planned{p}
	if old := f.plans.Load(); old != nil {
		for _, have := range *old {
			if len(list) < plansMax && have.tables.Catalog() != p.tables.Catalog() {
				list = append(list, have)
			}
		}
	}
	f.plans.Store(&list)
	if e := c.entries[key]; e != nil {
		c.size(e)
	}
}

// sweep drops the plans of other catalogs than the newest: they would keep those
// in memory.
func (c *planCache) sweep() {
	for _, e := range c.ring {
		e.refused.Store(nil)
		forms := e.forms.Load()
		if forms == nil {
			continue
		}
		for _, f := range *forms {
			var list []*planned
			if old := f.plans.Load(); old != nil {
				for _, p := range *old {
					if p.tables.Catalog() == c.catalog {
						list = append(list, p)
					}
				}
			}
			f.plans.Store(&list)
		}
		c.resize(e)
	}
}

// size accounts for an entry that changed and makes room.
func (c *planCache) size(e *cacheEntry) {
	c.resize(e)
	c.evict()
}

// The cost of an entry, a form and a plan, of each about the average of point
// queries; a text's length stands for the size of what is made of it.
const (
	entryBytes   = 300
	formBytes    = 900
	treePerByte  = 14
	planBytes    = 3000
	planPerByte  = 40
	slotBytes    = 32
	settingBytes = 100
)

func (c *planCache) resize(e *cacheEntry) {
	n := int64(entryBytes + settingBytes + len(e.key.text) + len(e.key.types))
	if forms := e.forms.Load(); forms != nil {
		for _, f := range *forms {
			length := int64(len(f.text))
			n += formBytes + treePerByte*length + slotBytes*int64(len(f.slots)+len(f.fixed))
			if plans := f.plans.Load(); plans != nil {
				n += int64(len(*plans)) * (planBytes + planPerByte*length)
			}
		}
	}
	c.bytes += n - e.bytes
	e.bytes = n
}

// evict removes entries that were not used lately until the limit holds.
func (c *planCache) evict() {
	for limit := c.limit.Load(); c.bytes > limit && len(c.ring) > 0; {
		c.hand %= len(c.ring)
		e := c.ring[c.hand]
		if e.used.Swap(false) && limit > 0 {
			c.hand++
			continue
		}
		last := len(c.ring) - 1
		c.ring[c.hand], c.ring[last] = c.ring[last], nil
		c.ring = c.ring[:last]
		delete(c.entries, e.key)
		c.bytes -= e.bytes
		c.counts.evictions.Add(1)
	}
}

// list describes the forms for drift.plan_cache.
func (c *planCache) list() (list []syscat.CachedPlan, t syscat.PlanCacheTotals) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	t = syscat.PlanCacheTotals{
		Entries: int64(len(c.ring)), Bytes: c.bytes, Hits: c.counts.hits.Load(), Misses: c.counts.misses.Load(), Evictions: c.counts.evictions.Load(),
	}
	for _, e := range c.ring {
		forms := e.forms.Load()
		if forms == nil {
			continue
		}
		for _, f := range *forms {
			row := syscat.CachedPlan{Statement: f.text, Literals: len(f.fixed) + len(f.slots), Lifted: len(f.slots), Hits: f.hits.Load()}
			if plans := f.plans.Load(); plans != nil {
				row.Plans = len(*plans)
				for _, p := range *plans {
					row.Seq = max(row.Seq, int64(p.version))
				}
			}
			list = append(list, row)
		}
	}
	return list, t
}

// plan returns the form's plan that is good for a statement, or nil.
func (f *form) plan(ctx context.Context, c view, s *Session, params []datum.Datum) *planned {
	if f == nil {
		return nil
	}
	list := f.plans.Load()
	if list == nil {
		return nil
	}
	for _, p := range *list {
		if p.tables.Catalog() != c.snapshot || !p.program.Short() && s.stmtTime-p.made > planAgeMicro {
			continue
		}
		if p.current(ctx, c, s, params) {
			return p
		}
	}
	return nil
}

// shareable reports whether a plan may serve other executions of its text.
func (s *Session) shareable(text string, p *planned) bool {
	if p.private || p.program == nil || p.stmt.HasMoments && s.asOf != nil || tellsTime(text) {
		return false
	}
	ok := true
	plan.WalkRel(p.stmt.Root, func(e plan.Expr) bool {
		if c, isConst := e.(*plan.Const); isConst && c.Type().OID == types.TimeTZ {
			ok = false // its zone may be that of today
		}
		return ok
	})
	return ok
}

// tellsTime reports whether a text may hold a literal that means another value
// tomorrow ('now', 'today'): its plan holds the value of today. Literals with
// escapes may hide one.
func tellsTime(text string) bool {
	if strings.IndexByte(text, '\'') < 0 && strings.IndexByte(text, '$') < 0 {
		return false
	}
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\', c == '&' && i+1 < len(text) && (text[i+1] == '\'' || text[i+1] == '"'):
			return true
		case !isLetter(c):
			i++
			continue
		}
		end := i + 1
		for end < len(text) && isLetter(text[end]) {
			end++
		}
		switch word := text[i:end]; len(word) {
		case 3:
			if strings.EqualFold(word, "now") && (end == len(text) || text[end] != '(') {
				return true
			}
		case 5, 8, 9:
			if strings.EqualFold(word, "today") || strings.EqualFold(word, "tomorrow") || strings.EqualFold(word, "yesterday") {
				return true
			}
		}
		i = end
	}
	return false
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// shapes are the scratch space of Lift, for statements that come as text.
var shapes = sync.Pool{New: func() any { return new(parse.Shape) }}

// typesKey is the part of a planKey that parameter types make.
func typesKey(params []types.OID) string {
	if len(params) == 0 {
		return ""
	}
	b := make([]byte, 0, 4*len(params))
	for _, t := range params {
		b = append(b, byte(t>>24), byte(t>>16), byte(t>>8), byte(t))
	}
	return string(b)
}
