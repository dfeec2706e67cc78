package main

import "fmt"

// deep is how many versions each row of the table deep has.
const deep = 100

// versions compares a settled scan of the present of a table with many versions a
// row with the scan of a table that has the same rows in their first version.
func (b *bench) versions() error {
	rows := b.rows / 50
	if err := b.both("CREATE TABLE deep (id int PRIMARY KEY, v int, pad text)", "CREATE TABLE flat (id int PRIMARY KEY, v int, pad text)"); err != nil {
		return err
	}
	line := func(plus int) func(b []byte, i int) []byte {
		return func(b []byte, i int) []byte { return fmt.Appendf(b, "%d\t%d\trow %d\n", i, i+plus, i) }
	}
	for _, t := range []*target{b.drift, b.pg} {
		if _, err := t.load("deep", rows, line(0)); err != nil {
			return err
		}
		if _, err := t.load("flat", rows, line(deep-1)); err != nil {
			return err
		}
	}
	updates, err := b.drift.timed(rows*(deep-1), func() error {
		return b.drift.with(func(c *client) error {
			for range deep - 1 {
				if err := c.simple("UPDATE deep SET v = v + 1"); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	theirs, err := b.pg.timed(rows*(deep-1), func() error {
		return b.pg.with(func(c *client) error {
			for range deep - 1 {
				if err := c.simple("UPDATE deep SET v = v + 1"); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	b.print(row{
		work: fmt.Sprintf("UPDATE of all %d rows at once", rows), a: rowSpeed(updates), b: "PostgreSQL " + rowSpeed(theirs),
		ratio: number(updates.rate / theirs.rate), cpu: number(updates.cpu / theirs.cpu),
	})
	const scan = "SELECT count(*), sum(v), max(pad) FROM "
	setup, first := single(scan + "flat")
	_, many := single(scan + "deep")
	p, err := b.within(1, setup, many, setup, first)
	if err != nil {
		return err
	}
	b.printTimes(fmt.Sprintf("present scan at %d versions / at 1, %d rows, right after the updates", deep, rows), 0, p)
	if err := b.drift.script("VACUUM"); err != nil {
		return err
	}
	if err := b.pg.script("VACUUM FULL deep"); err != nil {
		return err
	}
	for _, table := range []string{"deep", "flat"} {
		if _, err := b.sameAs(scan+table, scan+"flat"); err != nil {
			return err
		}
	}
	if p, err = b.within(1, setup, many, setup, first); err != nil {
		return err
	}
	b.printTimes(fmt.Sprintf("present scan at %d versions / at 1, settled", deep), 1.1, p)
	return nil
}
