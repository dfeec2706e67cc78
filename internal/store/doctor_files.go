package store

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// diagnoseOpen names the file that keeps the database from opening.
func (d *doctor) diagnoseOpen(dir string, fs vfs.FS, err error) {
	what, where := "open", dir
	text := err.Error()
	names, _ := fs.List(dir)
	for _, name := range names {
		if len(name) > 4 && strings.Contains(text, name) {
			where = fs.PathJoin(dir, name)
			what = fileKind(name)
			break
		}
	}
	d.found(what, where, "%v", err)
	if what == "open" {
		// The engine did not say which; look ourselves.
		d.manifests(dir, fs)
		for _, name := range names {
			if path.Ext(name) == ".sst" {
				if err := verifyTable(d.ctx, fs, fs.PathJoin(dir, name)); err != nil {
					d.found("table file", fs.PathJoin(dir, name), "%v", err)
				}
			}
		}
	}
}

func fileKind(name string) string {
	switch {
	case path.Ext(name) == ".sst":
		return "table file"
	case path.Ext(name) == ".log":
		return "log"
	case strings.HasPrefix(name, "MANIFEST"):
		return "manifest"
	case strings.HasPrefix(name, "OPTIONS"):
		return "options file"
	case name == formatFile:
		return "format file"
	}
	return "file"
}

// manifests reads the records of the files that list the tables. The engine takes
// a damaged record for the end of the list, because a power cut can leave one
// there; here it is reported.
func (d *doctor) manifests(dir string, fs vfs.FS) {
	names, _ := fs.List(dir)
	for _, name := range names {
		if !strings.HasPrefix(name, "MANIFEST-") {
			continue
		}
		f, err := fs.Open(fs.PathJoin(dir, name))
		if err != nil {
			d.found("manifest", fs.PathJoin(dir, name), "%v", err)
			continue
		}
		r := record.NewReader(f, 0)
		for err == nil {
			var rec io.Reader
			if rec, err = r.Next(); err == nil {
				_, err = io.Copy(io.Discard, rec)
			}
		}
		if err != io.EOF {
			d.found("manifest", fs.PathJoin(dir, name), "record at offset %d: %v (at the very end, a power cut may have cut it off)", r.Offset(), err)
		}
		_ = f.Close()
	}
}

// tableFiles verifies the checksum of every block of every table.
func (d *doctor) tableFiles() {
	levels, err := d.db.eng.SSTables()
	if err != nil {
		d.found("open", d.db.dir, "%v", wrapErr(err))
		return
	}
	fs := d.db.opts.FS
	for _, level := range levels {
		for _, t := range level {
			name := fs.PathJoin(d.db.dir, t.BackingSSTNum.String()+".sst")
			if err := verifyTable(d.ctx, fs, name); err != nil {
				d.found("table file", name, "%v", err)
			}
		}
	}
}

// verifyTable reads all blocks of a table file.
func verifyTable(ctx context.Context, fs vfs.FS, name string) error {
	f, err := fs.Open(name)
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	o := Options{FS: fs}.withDefaults().engineOptions(fs, nil)
	defer o.Cache.Unref()
	ro := o.MakeReaderOptions()
	r, err := sstable.NewReader(ctx, readable, ro)
	if err != nil {
		return errors.Join(err, readable.Close())
	}
	return errors.Join(r.ValidateBlockChecksums(), r.Close())
}
