// Package cli is the SQL shell: it connects to a server, or to a data directory
// through a door inside the process, runs statements and scripts, and prints
// results as tables or JSON. It must not know what the server does with them,
// and it parses of SQL only where a statement ends.
//
//	conn.go     Connect: a URL, or the DB of this process
//	run.go      one query string on the protocol, COPY included
//	script.go   statements out of a file or a terminal; the backslash commands
//	split.go    where a statement ends
//	table.go    results for people; json.go for machines
package cli
