package segment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/driftdb/driftdb/internal/store"
)

// Source is a storage that segments can be made of.
type Source struct {
	ID    store.StorageID
	Table uint32 // whose change lists tell of it
	// Layouts are those of its tuples, up to the moment that is asked for at least.
	Layouts []Layout
}

// build makes the segment that covers a moment, unless there is one. rows is about
// how many rows are alive then, 0 if that is not known. A patient build leaves at
// least half of the time to others.
func (m *Manager) build(ctx context.Context, src *Source, at store.Seq, rows int64, patient bool) error {
	v := m.db.View()
	defer v.Release()
	lo, hi, below := m.gap(src.ID, at, v.Seq()+1)
	if at >= hi || at < lo {
		return nil // covered, or not committed
	}
	if rows == 0 {
		var err error
		if rows, err = countRows(ctx, v.At(at), src.ID); err != nil {
			return err
		}
	}
	p := planner{r: v.At(at), src: src}
	want := max(int(rows), m.least)
	plan, whole, err := p.choose(lo, hi, want)
	if err != nil {
		return err
	}
	if whole && below != nil && hi == v.Seq()+1 && plan.changes+int(below.changes) <= want*3/2 {
		// A few changes since the newest segment: one of both takes its place.
		if plan, _, err = p.choose(below.from, hi, want*2); err != nil {
			return err
		}
	}
	if plan.to < 2 {
		return nil
	}
	for {
		err = m.write(ctx, v, src, plan, patient)
		var unknown *unknownLayout
		if !errors.As(err, &unknown) || unknown.start <= at {
			return err
		}
		plan.shorten(unknown.start)
	}
}

func countRows(ctx context.Context, r store.Reader, id store.StorageID) (n int64, err error) {
	it := r.Scan(id, nil, nil, store.ScanOptions{})
	for it.Next() {
		if n++; n%blockRows == 0 && ctx.Err() != nil {
			break
		}
	}
	return n, errors.Join(it.Close(), ctx.Err())
}

// write writes a segment's file and takes it into the list.
func (m *Manager) write(ctx context.Context, v *store.View, src *Source, p plan, patient bool) (err error) {
	last, found, err := m.db.GetCommit(p.to - 1)
	if err != nil || !found {
		return fmt.Errorf("commit %d: %w", p.to-1, errors.Join(err, errors.New("its record is needed")))
	}
	if err := m.fs.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	name := fmt.Sprintf("%d-%d-%d", src.ID, p.from, p.to)
	path := m.fs.PathJoin(m.dir, name)
	f, err := store.CreateTemp(m.fs, path+unfinished)
	if err != nil {
		return err
	}
	w := newWriter(f, directory{
		id: src.ID, from: p.from, to: p.to, changes: uint64(p.changes), cuts: p.cuts, anchor: anchor{last.Time, last.Root},
	}, src.Layouts, m.blockRows)
	err = m.copyVersions(ctx, v, w, patient)
	var size int64
	if err == nil {
		_, size, err = w.finish()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = m.fs.Rename(path+unfinished, path+finished)
	}
	if err != nil {
		_ = m.fs.Remove(path + unfinished)
		return err
	}
	m.add(&entry{name: name + finished, id: src.ID, from: p.from, to: p.to, changes: uint64(p.changes), size: size})
	m.built.Add(1)
	return nil
}

// copyVersions gives the writer every version alive in its range.
func (m *Manager) copyVersions(ctx context.Context, v *store.View, w *writer, patient bool) error {
	it := v.History(w.dir.id, nil, nil, w.dir.from, w.dir.to)
	began := time.Now()
	n, err := 0, error(nil)
	for err == nil && it.Next() {
		if err = w.add(it.Key(), it.Tuple(), it.Start(), it.End()); err != nil {
			break
		}
		if n++; n%blockRows != 0 {
			continue
		}
		if err = m.room(w); err == nil {
			err = ctx.Err()
		}
		if patient && err == nil {
			err = pause(ctx, time.Since(began))
			began = time.Now()
		}
	}
	return errors.Join(err, it.Close())
}

// room checks that there is space for what was written and as much again.
func (m *Manager) room(w *writer) error {
	size := int64(0)
	if n := len(w.dir.blocks); n > 0 {
		size = w.dir.blocks[n-1].offset + w.dir.blocks[n-1].size()
	}
	if size > m.space.Load() {
		return ErrSpace
	}
	if len(w.dir.blocks)%64 != 1 {
		return nil
	}
	if u, err := m.fs.GetDiskUsage(m.dir); err == nil && int64(u.AvailBytes) < m.reserve+size {
		return ErrSpace
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(min(d, time.Second))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
