package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Finding is one fault that Doctor found.
type Finding struct {
	// What names the kind of fault: "format file", "open", "log", "table
	// file", "commit record", "chain", "change list", "present entry", "past
	// entry", and what the hook reports, such as "index entry".
	What string
	// Where names the file, commit, storage or key.
	Where string
	// Detail says what was expected and what was there.
	Detail string
}

func (f Finding) String() string { return f.What + ": " + f.Where + ": " + f.Detail }

// DoctorHook checks what the store does not know, such as that rows and index
// entries agree. It runs on the opened, read-only store.
type DoctorHook func(ctx context.Context, db *DB, report func(Finding)) error

// Doctor checks a closed database directory and reports every fault it finds;
// it changes nothing. hook may be nil. The error is about the checking itself,
// such as ErrInUse; damage is reported, not returned.
func Doctor(ctx context.Context, dir string, opts Options, report func(Finding), hook DoctorHook) error {
	opts.ReadOnly = true
	n := 0
	d := &doctor{ctx: ctx, report: func(f Finding) { n++; report(f) }}
	db, err := Open(dir, opts)
	switch {
	case err == nil:
	case errors.Is(err, ErrCorrupt) || pebble.IsCorruptionError(err):
		d.diagnoseOpen(dir, opts.withDefaults().FS, err)
		return nil
	default:
		return err
	}
	defer db.Close()
	d.db = db
	d.manifests(dir, db.opts.FS)
	d.tableFiles()
	if n > 0 {
		return nil // what follows would only repeat the damage
	}
	for _, step := range []func() error{d.commits, d.storages} {
		if err := step(); err != nil {
			if !errors.Is(err, ErrCorrupt) {
				return err
			}
			d.found("open", dir, "%v", err)
			return nil
		}
	}
	if hook != nil {
		return hook(ctx, db, d.report)
	}
	return nil
}

type doctor struct {
	ctx    context.Context
	db     *DB
	report func(Finding)

	// tally counts, for each storage that change lists name, what they say
	// should be there.
	tally map[StorageID]*tally
}

type tally struct {
	table    uint32
	started  int // versions that changes made
	ended    int // versions that changes ended
	rewrites map[Seq]bool
}

func (d *doctor) found(what, where, format string, args ...any) {
	d.report(Finding{What: what, Where: where, Detail: fmt.Sprintf(format, args...)})
}

// commits walks the log: numbers, times, change lists, roots and the chain.
func (d *doctor) commits() error {
	d.tally = make(map[StorageID]*tally)
	v := d.db.View()
	defer v.Release()
	stored, err := d.storedChain(v)
	if err != nil {
		return err
	}
	chain, last, lastTime := stored[0], Seq(0), d.db.created
	cs := d.db.Commits(1, MaxSeq)
	defer cs.Close()
	for cs.Next() {
		c := cs.Commit()
		where := fmt.Sprintf("commit %d", c.Seq)
		if c.Seq != last+1 {
			d.found("commit record", where, "follows commit %d: the records between are missing", last)
		}
		if last > 0 && c.Time <= lastTime {
			d.found("commit record", where, "its time is not after that of commit %d", last)
		}
		last, lastTime = c.Seq, c.Time
		if err := d.root(v, c); err != nil {
			return err
		}
		chain = chainNext(&chain, c.Seq, c.Time, &c.Root)
		if want, ok := stored[c.Seq]; ok && want != chain {
			d.found("chain", where, "the stored chain hash is %x, the commits up to here give %x", want[:8], chain[:8])
			chain = want // later links are judged on their own
		}
		if err := d.ctx.Err(); err != nil {
			return err
		}
	}
	return cs.Err()
}

// storedChain reads the stored chain hashes; that of 0 is the genesis.
func (d *doctor) storedChain(v *View) (map[Seq]Hash, error) {
	out := make(map[Seq]Hash)
	lo, hi := spaceBounds(spaceChain)
	it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return nil, wrapErr(err)
	}
	defer it.Close()
	for it.First(); it.Valid(); it.Next() {
		val, err := it.ValueAndErr()
		if err != nil {
			return nil, wrapErr(err)
		}
		if len(val) != sha256.Size || len(it.Key()) != 11 {
			d.found("chain", describeKey(it.Key()), "%d bytes", len(val))
			continue
		}
		out[seqOf(it.Key()[2:])] = Hash(val)
	}
	if err := it.Error(); err != nil {
		return nil, wrapErr(err)
	}
	val, closer, err := v.snap.Get(genesisKey)
	if err != nil {
		return nil, corruptf("the genesis hash is missing (%v)", err)
	}
	defer closer.Close()
	out[0] = Hash(val)
	return out, nil
}

// root recomputes a commit's root from its change lists and the rows.
func (d *doctor) root(v *View, c *Commit) error {
	where := fmt.Sprintf("commit %d", c.Seq)
	trees := make([]Hash, len(c.Tables))
	for i, t := range c.Tables {
		var err error
		if trees[i], err = d.changeList(v, c, t); err != nil {
			return err
		}
	}
	meta := metaLeaf(newSalter(&c.Salt), appendMeta(nil, &c.Meta))
	if got := rootHash(meta, c.Tables, trees, c.Frozen); got != c.Root {
		d.found("chain", where, "the root in its record is %x, its description, changes and rows give %x", c.Root[:8], got[:8])
	}
	return nil
}

// changeList checks one table's list in one commit against the rows and returns
// the root of its tree.
func (d *doctor) changeList(v *View, c *Commit, t CommitTable) (Hash, error) {
	s := newSalter(&c.Salt)
	var tree merkle
	var buf []byte
	cs := v.Ref().changes(t.Table, c.Seq, c.Seq)
	defer cs.Close()
	n := uint32(0)
	for cs.Next() {
		ch := cs.Change()
		if ch.Ordinal != n {
			d.found("change list", fmt.Sprintf("table %d, commit %d", t.Table, c.Seq), "entry %d follows %d", ch.Ordinal, n)
		}
		tuple, err := d.change(v, ch)
		if err != nil {
			return Hash{}, err
		}
		if cs.leaf != nil {
			tree.add(Hash(cs.leaf))
		} else {
			var salt [16]byte
			s.salt(&salt, t.Table, n)
			if cs.salt != nil {
				salt = [16]byte(cs.salt)
			}
			entry := bytes.Clone(cs.entry)
			entry[0] &^= changeHasSalt | changeHasLeaf
			buf = appendLeafInput(buf[:0], &salt, t.Table, entry, tuple)
			tree.add(sha256.Sum256(buf))
		}
		n++
	}
	if err := cs.Err(); err != nil {
		if !errors.Is(err, ErrCorrupt) {
			return Hash{}, err
		}
		d.found("change list", fmt.Sprintf("table %d, commit %d", t.Table, c.Seq), "%v", err)
	}
	if n != t.Count {
		d.found("change list", fmt.Sprintf("table %d, commit %d", t.Table, c.Seq),
			"it has %d entries, the commit record says %d", n, t.Count)
	}
	return tree.root(), nil
}

// change compares one entry with the versions in its storage and returns the
// image that its leaf covers.
func (d *doctor) change(v *View, ch *Change) ([]byte, error) {
	t := d.tally[ch.Storage]
	if t == nil {
		t = &tally{table: ch.Table, rewrites: make(map[Seq]bool)}
		d.tally[ch.Storage] = t
	}
	where := fmt.Sprintf("table %d, commit %d, %s of key %x in storage %d", ch.Table, ch.Seq, ch.Op, ch.Key, ch.Storage)
	switch ch.Op {
	case OpTruncate:
		return nil, nil
	case OpRewrite:
		t.rewrites[ch.Seq] = true
		return d.rewritten(v, ch)
	}
	if ch.Op != OpInsert && !t.rewrites[ch.Seq] { // else what ended is in the storage before
		t.ended++
		old, ok, err := v.At(ch.Seq-1).Get(ch.Storage, ch.Key)
		if err != nil {
			return nil, err
		}
		if !ok || old.End != ch.Seq {
			d.found("past entry", where, "no version of the row ends here")
		}
	}
	if ch.Op == OpDelete {
		return nil, nil
	}
	t.started++
	key := ch.Key
	if ch.NewKey != nil {
		key = ch.NewKey
	}
	ver, ok, err := v.At(ch.Seq).Get(ch.Storage, key)
	if err != nil {
		return nil, err
	}
	if !ok || ver.Start != ch.Seq {
		d.found("change list", where, "no version of the row starts here")
		return nil, nil
	}
	return ver.Tuple, nil
}

// rewritten hashes the rows that a rewrite put into a storage.
func (d *doctor) rewritten(v *View, ch *Change) ([]byte, error) {
	h := newRowsHasher()
	it := v.History(ch.Storage, nil, nil, ch.Seq, ch.Seq+1)
	for it.Next() {
		if it.Start() == ch.Seq {
			h.add(it.Key(), it.Tuple())
		}
	}
	sum := h.sum()
	return sum[:], it.Close()
}

// storages walks every version of every storage: periods are in order, start and
// end at commits there are, and of the storages that change lists speak of there
// are as many versions as they say. Together with the check of each entry this
// makes versions and entries agree one to one.
func (d *doctor) storages() error {
	v := d.db.View()
	defer v.Release()
	ids, err := d.storageIDs(v)
	if err != nil {
		return err
	}
	for id := range d.tally {
		ids[id] = struct{}{}
	}
	for id := range ids {
		if err := d.storage(v, id); err != nil {
			return err
		}
	}
	return nil
}

func (d *doctor) storage(v *View, id StorageID) error {
	started, ended := 0, 0
	t := d.tally[id]
	var key []byte
	var end Seq
	it := v.History(id, nil, nil, 0, MaxSeq)
	defer it.Close()
	for it.Next() {
		where := fmt.Sprintf("storage %d, key %x, period [%d, %d)", id, it.Key(), it.Start(), it.End())
		if it.Start() > v.seq || it.Start() == 0 {
			d.found("present entry", where, "starts at a commit that does not exist")
		}
		if bytes.Equal(key, it.Key()) && it.Start() < end {
			d.found("past entry", where, "overlaps the version before it, which ends at %d", end)
		}
		key, end = append(key[:0], it.Key()...), it.End()
		if t == nil || !t.rewrites[it.Start()] {
			started++
		}
		if it.End() <= v.seq && it.End() != d.db.states.frozen(id, v.seq) {
			ended++
		}
	}
	if err := it.Err(); err != nil {
		return err
	}
	if t != nil && len(t.rewrites) == 0 && started != t.started {
		d.found("change list", fmt.Sprintf("table %d", t.table), "storage %d has %d versions, the change lists %d", id, started, t.started)
	}
	if t != nil && ended != t.ended {
		d.found("past entry", fmt.Sprintf("storage %d", id), "%d versions have ended, by the change lists %d", ended, t.ended)
	}
	return nil
}

// storageIDs finds all storages that have entries, by seeking from one to the
// next.
func (d *doctor) storageIDs(v *View) (map[StorageID]struct{}, error) {
	ids := make(map[StorageID]struct{})
	for _, space := range []byte{spacePresent, spacePast} {
		lo, hi := spaceBounds(space)
		it, err := v.snap.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
		if err != nil {
			return nil, wrapErr(err)
		}
		for ok := it.First(); ok; {
			id, _, good := decodeOrdered(it.Key()[2:])
			if !good {
				d.found("present entry", describeKey(it.Key()), "its key does not decode")
				break
			}
			ids[StorageID(id)] = struct{}{}
			ok = it.SeekGE(append(appendStorage(nil, space, StorageID(id+1)), keyTerminator))
		}
		if err := errors.Join(wrapErr(it.Error()), it.Close()); err != nil {
			return nil, err
		}
	}
	return ids, nil
}
