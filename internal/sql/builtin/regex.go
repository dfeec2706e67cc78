package builtin

import (
	"context"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/pgregex"
)

// Regular expressions: the match operators and the helpers that the functions of
// regexfn.go share.

// regexCache keeps compiled patterns. It is emptied when full, which is cheaper
// than keeping an order and rare with the patterns of one application.
var regexCache = struct {
	sync.RWMutex // protects compiled
	compiled     map[regexKey]*pgregex.Regexp
}{compiled: map[regexKey]*pgregex.Regexp{}}

type regexKey struct {
	pattern string
	flags   pgregex.Flags
}

const (
	regexCacheMax = 512
	regexKeyMax   = 4096 // bytes of a pattern worth keeping
)

func compileRegex(pattern string, flags pgregex.Flags) (*pgregex.Regexp, error) {
	key := regexKey{pattern, flags}
	regexCache.RLock()
	re := regexCache.compiled[key]
	regexCache.RUnlock()
	if re != nil {
		return re, nil
	}
	re, err := pgregex.Compile(pattern, flags)
	if err != nil || len(pattern) > regexKeyMax {
		return re, err
	}
	key.pattern = strings.Clone(pattern) // it may be part of a larger buffer
	regexCache.Lock()
	if len(regexCache.compiled) >= regexCacheMax {
		clear(regexCache.compiled)
	}
	regexCache.compiled[key] = re
	regexCache.Unlock()
	return re, nil
}

// regexFlags reads a flags argument; g is reported apart.
func regexFlags(letters string) (flags pgregex.Flags, global bool, err error) {
	flags, err = pgregex.ParseFlags(strings.ReplaceAll(letters, "g", ""))
	return flags, strings.Contains(letters, "g"), err
}

// singleFlags is regexFlags for functions that take no g.
func singleFlags(function, letters string) (pgregex.Flags, error) {
	flags, global, err := regexFlags(letters)
	if err == nil && global {
		e := pgerr.New(pgcode.InvalidParameterValue, "%s() does not support the \"global\" option", function)
		if function == "regexp_match" {
			e = e.WithHint("Use the regexp_matches function instead.")
		}
		return flags, e
	}
	return flags, err
}

func (c *Context) context() context.Context {
	if c == nil || c.Ctx == nil {
		return context.Background()
	}
	return c.Ctx
}

// regexError turns the end of the context into the statement's error.
func (c *Context) regexError(err error) error {
	if err != nil && c.context().Err() != nil {
		return cancelled(c.Ctx)
	}
	return err
}

func (c *Context) matches(s, pattern string, flags pgregex.Flags) (bool, error) {
	re, err := compileRegex(pattern, flags)
	if err != nil {
		return false, err
	}
	ok, err := re.Match(c.context(), s)
	return ok, c.regexError(err)
}

func init() {
	for _, t := range []string{"text", "name"} {
		for name, flags := range map[string]pgregex.Flags{"regex": 0, "icregex": pgregex.IgnoreCase} {
			Register(t+name+"eq", func(c *Context, a []datum.Datum) (datum.Datum, error) {
				ok, err := c.matches(a[0].Str(), a[1].Str(), flags)
				return datum.NewBool(ok), err
			})
			Register(t+name+"ne", func(c *Context, a []datum.Datum) (datum.Datum, error) {
				ok, err := c.matches(a[0].Str(), a[1].Str(), flags)
				return datum.NewBool(!ok), err
			})
		}
	}
}

// regexScan walks over the matches of an expression in a text.
type regexScan struct {
	c        *Context
	re       *pgregex.Regexp
	s        string
	next     int  // byte where the next search begins
	captures bool // groups are wanted
}

func (c *Context) scan(s, pattern string, flags pgregex.Flags, captures bool) (*regexScan, error) {
	re, err := compileRegex(pattern, flags)
	return &regexScan{c: c, re: re, s: s, captures: captures}, err
}

// find returns the next match as starts and ends, nil at the end. Behind an empty
// match it goes on one character later.
func (r *regexScan) find() ([]int, error) {
	if r.next > len(r.s) {
		return nil, nil
	}
	loc, err := r.re.Find(r.c.context(), r.s, r.next, r.captures)
	if loc == nil || err != nil {
		return nil, r.c.regexError(err)
	}
	r.next = loc[1]
	if loc[0] == loc[1] {
		_, size := utf8.DecodeRuneInString(r.s[r.next:])
		r.next += max(size, 1)
	}
	return loc, nil
}

// group returns the text of a group, NULL when it took no part.
func (r *regexScan) group(loc []int, n int) datum.Datum {
	if loc[2*n] < 0 {
		return null
	}
	return datum.NewText(r.s[loc[2*n]:loc[2*n+1]])
}

// groups returns all groups as an array, the whole match when there are none.
func (r *regexScan) groups(loc []int) datum.Datum {
	if r.re.NumCaptures() == 0 {
		return textArrayOf([]datum.Datum{r.group(loc, 0)})
	}
	elems := make([]datum.Datum, r.re.NumCaptures())
	for i := range elems {
		elems[i] = r.group(loc, i+1)
	}
	return textArrayOf(elems)
}
