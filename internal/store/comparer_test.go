package store

import "github.com/cockroachdb/pebble/v2"

func checkComparer(prefixes, suffixes [][]byte) error {
	return pebble.CheckComparer(comparer, prefixes, suffixes)
}
