package explain

import "strconv"

// Space is what memory and disk an execution of a node used.
type Space struct {
	Sort   string // how a Sort sorted, in PostgreSQL's words; "" for other nodes
	Disk   int64  // bytes in temporary files
	Memory int64  // most bytes held at one time
	// Batches is in how many pieces a hash table was made; 0 for other nodes.
	Batches int
	Buckets int // of a hash join's table
}

func kB(n int64) string { return strconv.FormatInt(n, 10) + "kB" }

// kilobytes rounds up, as PostgreSQL does.
func kilobytes(bytes int64) int64 { return (bytes + 1023) / 1024 }

// sortSpace prints how a Sort went.
func (it *item) sortSpace() {
	if it.stats == nil || it.stats.Space.Sort == "" {
		return
	}
	s := &it.stats.Space
	kind, used := "Memory", kilobytes(s.Memory)
	if s.Disk > 0 {
		kind, used = "Disk", kilobytes(s.Disk)
	}
	it.text = append(it.text, "Sort Method: "+s.Sort+"  "+kind+": "+kB(used))
	it.data = append(it.data, attr{"Sort Method", s.Sort}, attr{"Sort Space Used", used}, attr{"Sort Space Type", kind})
}

// aggSpace prints the hash table of an aggregation.
func (it *item) aggSpace() {
	if it.stats == nil || it.stats.Space.Batches == 0 {
		return
	}
	s := &it.stats.Space
	line := "Batches: " + strconv.Itoa(s.Batches) + "  Memory Usage: " + kB(kilobytes(s.Memory))
	it.data = append(it.data, attr{"HashAgg Batches", int64(s.Batches)}, attr{"Peak Memory Usage", kilobytes(s.Memory)}, attr{"Disk Usage", kilobytes(s.Disk)})
	if s.Disk > 0 {
		line += "  Disk Usage: " + kB(kilobytes(s.Disk))
	}
	it.text = append(it.text, line)
}

// hashSpace prints the hash table of a join.
func (it *item) hashSpace(s *Stats) {
	if s == nil || s.Space.Batches == 0 {
		return
	}
	sp := &s.Space
	it.text = append(it.text, "Buckets: "+strconv.Itoa(sp.Buckets)+"  Batches: "+strconv.Itoa(sp.Batches)+"  Memory Usage: "+kB(kilobytes(sp.Memory)))
	it.data = append(it.data, attr{"Hash Buckets", int64(sp.Buckets)}, attr{"Original Hash Buckets", int64(sp.Buckets)},
		attr{"Hash Batches", int64(sp.Batches)}, attr{"Original Hash Batches", int64(1)}, attr{"Peak Memory Usage", kilobytes(sp.Memory)})
}
