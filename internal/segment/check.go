package segment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/encoding/rowenc"
	"github.com/driftdb/driftdb/internal/store"
	"github.com/driftdb/driftdb/internal/types"
	"github.com/driftdb/driftdb/internal/vec"
)

// Check reads every segment of a database and compares it, version by version and
// column by column, with the history in the store. It changes nothing; report is
// called with the file and what is wrong with it.
func Check(ctx context.Context, db *store.DB, fs store.FS, dir string, report func(file, fault string)) error {
	dir = fs.PathJoin(dir, dirName)
	names, err := fs.List(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		if e, ok := parseName(name); ok {
			path := fs.PathJoin(dir, name)
			if err := checkFile(ctx, db, fs, path, e); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				report(path, err.Error())
			}
		}
	}
	return nil
}

func checkFile(ctx context.Context, db *store.DB, fs store.FS, path string, e *entry) error {
	info, err := fs.Stat(path)
	if err != nil {
		return err
	}
	f, err := fs.Open(path)
	if err != nil {
		return err
	}
	seg, err := openSegment(f, info.Size())
	if err != nil {
		return errors.Join(err, f.Close())
	}
	defer seg.Release()
	seg.name = e.name
	if seg.id != e.id || seg.from != e.from || seg.to != e.to {
		return fmt.Errorf("%w: it is about storage %d, commits %d to %d", ErrDamaged, seg.id, seg.from, seg.to)
	}
	if err := seg.genuine(db); err != nil {
		return err
	}
	v := db.View()
	defer v.Release()
	c := &checker{seg: seg, it: v.History(seg.id, nil, nil, seg.from, seg.to)}
	err = c.run(ctx)
	return errors.Join(err, c.it.Close())
}

// checker walks a segment and the history beside each other.
type checker struct {
	seg     *Segment
	it      *store.Iter
	layouts []*rowenc.Layout
	tup     rowenc.Tuple
	arena   rowenc.Arena

	keys    keyList
	ints    [chunkAlive]ints
	columns []chunk
	one     []int32
	vecs    []*vec.Vec
}

func (c *checker) run(ctx context.Context) error {
	d := c.seg.directory
	for i := range d.layouts {
		c.layouts = append(c.layouts, d.rowLayout(&d.layouts[i]))
	}
	for _, col := range d.columns {
		c.vecs = append(c.vecs, vec.New(types.Of(col.Type), 1))
	}
	c.columns, c.one = make([]chunk, len(d.columns)), make([]int32, 1)
	total := uint64(0)
	for i := range d.blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.block(&d.blocks[i]); err != nil {
			return err
		}
		total += uint64(d.blocks[i].rows)
	}
	if c.it.Next() {
		return fmt.Errorf("%w: the version of key %x from commit %d on is missing", ErrDamaged, c.it.Key(), c.it.Start())
	}
	if total != d.versions {
		return fmt.Errorf("%w: %d versions, not %d", ErrDamaged, total, d.versions)
	}
	return c.it.Err()
}

func (c *checker) block(b *blockInfo) error {
	if err := c.open(b); err != nil {
		return err
	}
	if b.rows > 0 && !bytes.Equal(c.keys.at(0), b.first) {
		return fmt.Errorf("%w: a block does not begin with key %x", ErrDamaged, b.first)
	}
	for i := range b.rows {
		if !c.it.Next() {
			return errors.Join(c.it.Err(), fmt.Errorf("%w: the version of key %x from commit %d on is none", ErrDamaged, c.keys.at(int32(i)), c.ints[chunkStarts].at(i)))
		}
		if err := c.version(b, i); err != nil {
			return fmt.Errorf("key %x from commit %d on: %w", c.it.Key(), c.it.Start(), err)
		}
	}
	return c.bitmaps(b)
}

// open reads all chunks of a block.
func (c *checker) open(b *blockInfo) error {
	for i := range b.lens {
		buf, err := c.seg.readChunk(b, i, nil)
		if err != nil {
			return err
		}
		switch col := i - c.seg.column(0); {
		case i == chunkKeys:
			err = c.keys.open(buf, b.rows)
		case i < chunkAlive:
			c.ints[i], _, err = takeInts(buf, b.rows)
		case col >= 0 && len(buf) > 0:
			c.columns[col], err = openChunk(buf, b.rows, datum.KindOf(c.seg.columns[col].Type), &c.arena, nil)
		case col >= 0:
			c.columns[col] = chunk{}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// version compares the i-th version of a block with the one the history has next.
func (c *checker) version(b *blockInfo, i int) error {
	start, end := store.Seq(c.ints[chunkStarts].at(i)), store.Seq(c.ints[chunkEnds].at(i))
	if !bytes.Equal(c.keys.at(int32(i)), c.it.Key()) || start != c.it.Start() || end != min(c.it.End(), c.seg.to) {
		return fmt.Errorf("%w: it has key %x, commits %d to %d", ErrDamaged, c.keys.at(int32(i)), start, end)
	}
	l := int(c.ints[chunkLayouts].at(i))
	if l < 0 || l >= len(c.layouts) || b.layout >= 0 && b.layout != l {
		return fmt.Errorf("%w: layout %d", ErrDamaged, l)
	}
	if err := c.layouts[l].Open(&c.tup, c.it.Tuple()); err != nil {
		return fmt.Errorf("%w: another layout: %w", ErrDamaged, err)
	}
	c.one[0] = int32(i)
	for k, col := range c.seg.layouts[l].columns {
		want, err := c.tup.Column(k, &c.arena)
		if err != nil {
			return err
		}
		v := c.vecs[col]
		v.Nulls.Clear()
		if err := c.columns[col].read(v, 0, c.one, &c.arena); err != nil {
			return err
		}
		if !rowenc.Identical(want, v.Get(0)) {
			return fmt.Errorf("%w: attribute %d differs", ErrDamaged, c.seg.columns[col].Attnum)
		}
		if z := b.zones[col]; v.Layout == vec.I64 && !want.IsNull() && (want.Int() < z.lo || want.Int() > z.hi) {
			return fmt.Errorf("%w: attribute %d is outside its zone", ErrDamaged, c.seg.columns[col].Attnum)
		}
	}
	return nil
}

// bitmaps checks that each part's say what starts and ends do.
func (c *checker) bitmaps(b *blockInfo) error {
	for part, at := range c.seg.cuts {
		for _, t := range []store.Seq{at, c.seg.end(part) - 1} {
			sc := c.seg.Scan(ScanSpec{At: t})
			sc.block = b
			if err := sc.liveness(b, 0, b.rows); err != nil {
				return err
			}
			n := 0
			for i := range b.rows {
				if c.ints[chunkStarts].at(i) > int64(t) || c.ints[chunkEnds].at(i) <= int64(t) {
					continue
				}
				if n >= len(sc.alive) || sc.alive[n] != int32(i) {
					return fmt.Errorf("%w: version %d of a block is not alive at commit %d", ErrDamaged, i, t)
				}
				n++
			}
			if n != len(sc.alive) {
				return fmt.Errorf("%w: too many versions of a block are alive at commit %d", ErrDamaged, t)
			}
		}
	}
	return nil
}
