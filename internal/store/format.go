package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// FormatVersion is the version of everything on disk. Raise it when an older
// program could misread what a newer one writes, and extend the table in
// docs/formats/README.md.
const FormatVersion = formatLoads

// formatLoads is the first version with loads. A directory of an older one becomes
// one of this with its first load.
const formatLoads = 2

// formatFile is written last when a database is created, so a directory without
// it holds none.
const formatFile = "DRIFTDB"

const formatMagic = "driftdb data directory, format "

// checkFormat reads the format file and returns the directory's version. fresh is true when the directory is empty
// enough to create a database in.
func checkFormat(fs vfs.FS, dir string) (version int, fresh bool, err error) {
	f, err := fs.Open(fs.PathJoin(dir, formatFile))
	if errors.Is(err, os.ErrNotExist) {
		return FormatVersion, true, checkForeign(fs, dir)
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 256))
	if err != nil {
		return 0, false, err
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(string(b)), formatMagic)
	version, err = strconv.Atoi(text)
	if !ok || err != nil || version < 1 {
		return 0, false, corruptf("format file %s reads %q", fs.PathJoin(dir, formatFile), b)
	}
	if version > FormatVersion {
		return 0, false, fmt.Errorf("%w: %s has format %d, this program knows up to %d",
			ErrNewerFormat, dir, version, FormatVersion)
	}
	return version, false, nil
}

// checkForeign refuses a directory that holds somebody else's files. What a
// creation that was interrupted left behind is ours.
func checkForeign(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !isStoreFile(name) {
			return fmt.Errorf("%w: %s contains %q", ErrNotADatabase, dir, name)
		}
	}
	return nil
}

// isStoreFile reports whether a creation of ours may have made the file.
func isStoreFile(name string) bool {
	for _, p := range []string{"LOCK", "CURRENT", "MANIFEST-", "OPTIONS-", "marker.", formatFile, ballastFile, "lost+found"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	for _, s := range []string{".log", ".sst", ".dbtmp", ".blob"} {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

// writeFormat makes the directory a database of a version, durably.
func writeFormat(fs vfs.FS, dir string, version int) error {
	tmp := fs.PathJoin(dir, formatFile+".tmp")
	f, err := fs.Create(tmp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s%d\n", formatMagic, version)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := fs.Rename(tmp, fs.PathJoin(dir, formatFile)); err != nil {
		return err
	}
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
