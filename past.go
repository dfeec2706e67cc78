package driftdb

import (
	"context"
	"strconv"
	"time"
)

// Moment is a point in the history of the data: a time or a commit's number. The
// zero Moment is now.
type Moment struct {
	at    time.Time
	seq   uint64
	bySeq bool
}

// AtTime is the moment after the last commit at or before t. A t more than one
// second in the future is refused (22023) by the statement that reads there.
func AtTime(t time.Time) Moment { return Moment{at: t} }

// AtSeq is the moment right after the commit of that number; 0 is before the
// first.
func AtSeq(n uint64) Moment { return Moment{seq: n, bySeq: true} }

func (m Moment) set() bool { return m.bySeq || !m.at.IsZero() }

// stamp writes a time so that no setting of the session changes its meaning.
func (m Moment) stamp() string { return m.at.UTC().Format("2006-01-02 15:04:05.999999-07:00") }

// setting is the moment as a value of drift.as_of.
func (m Moment) setting() string {
	switch {
	case m.bySeq:
		return "seq:" + strconv.FormatUint(m.seq, 10)
	case m.set():
		return m.stamp()
	}
	return ""
}

// expr is the moment as SQL writes it after AS OF.
func (m Moment) expr() string {
	if m.bySeq {
		return "@SEQ:" + strconv.FormatUint(m.seq, 10)
	}
	return "timestamptz '" + m.stamp() + "'"
}

// String describes the moment.
func (m Moment) String() string {
	if s := m.setting(); s != "" {
		return s
	}
	return "now"
}

// Past is the database as it was at a moment: data, names, columns and views of
// then. It is read-only; statements that write fail with 25006. It holds
// nothing, needs no Close, and is safe for concurrent use.
type Past struct {
	db *DB
	at Moment
}

// AsOf returns the database as of a moment.
func (db *DB) AsOf(at Moment) *Past { return &Past{db, at} }

// Query is DB.Query at the moment.
func (p *Past) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	return p.db.query(ctx, p.at.setting(), sql, args)
}

// QueryRow is DB.QueryRow at the moment.
func (p *Past) QueryRow(ctx context.Context, sql string, args ...any) *Row {
	rows, err := p.Query(ctx, sql, args...)
	return &Row{rows, err}
}

// View runs f in a read-only transaction at the moment.
func (p *Past) View(ctx context.Context, f func(tx *Tx) error) error {
	return p.db.run(ctx, TxOptions{ReadOnly: true, AsOf: p.at}, f)
}
