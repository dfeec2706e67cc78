package diff

import (
	"fmt"
	"testing"
)

// pasts remembers what tables held, on answers that PostgreSQL had given too, and
// later asks for them AS OF those moments: the second law of time travel, over
// whatever DML and DDL came in between.
type pasts struct {
	side   *side
	schema string
	seen   []past
}

type past struct {
	table, seq string
	rows       [][][]byte
}

func (p *pasts) reset() { p.seen = nil }

func (p *pasts) remember(t *testing.T, table string) {
	seq := p.side.simple("SELECT drift.current_seq()")
	now := p.side.simple("SELECT * FROM " + p.schema + "." + table)
	if seq.code != "" || now.code != "" {
		t.Errorf("look at the present: %s %s", orOK(&seq), orOK(&now))
		return
	}
	p.seen = append(p.seen, past{table, string(seq.rows[0][0]), sorted(now.rows)})
}

// check asks for every remembered moment again and returns how many there were.
func (p *pasts) check(t *testing.T, script []*statement) int {
	for _, s := range p.seen {
		sql := fmt.Sprintf("SELECT * FROM %s.%s FOR SYSTEM_TIME AS OF @SEQ:%s", p.schema, s.table, s.seq)
		o := p.side.simple(sql)
		if o.code != "" {
			t.Errorf("%s: %s\n%s", sql, o.message, printScript(script))
			return len(p.seen)
		}
		if a, b := fmt.Sprintf("%q", s.rows), fmt.Sprintf("%q", sorted(o.rows)); a != b {
			t.Errorf("%s:\n  now %s\n  then %s\n%s", sql, b, a, printScript(script))
			return len(p.seen)
		}
	}
	return len(p.seen)
}
