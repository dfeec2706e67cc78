package server

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/driftdb/driftdb/internal/engine"
)

// collector exports what the store and the sessions count.
type collector struct {
	e       *engine.Engine
	metrics []metric
}

// metric is one exported figure and where it comes from.
type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*figures) float64
}

// figures are read once per scrape.
type figures struct {
	seq, commits, rollbacks, syncs          float64
	disk, table, log, memtable, cache       float64
	hits, misses, compactions, transactions float64
	rowHits, rowMisses, rowBytes            float64
	diskFull                                float64
}

// newCollector returns the metrics of an engine: commits, the store's sizes and
// its cache.
func newCollector(e *engine.Engine) prometheus.Collector {
	c := &collector{e: e}
	add := func(name, help string, kind prometheus.ValueType, value func(*figures) float64) {
		c.metrics = append(c.metrics, metric{prometheus.NewDesc("driftdb_"+name, help, nil, nil), kind, value})
	}
	gauge, counter := prometheus.GaugeValue, prometheus.CounterValue
	add("commit_seq", "Number of the last commit.", counter, func(f *figures) float64 { return f.seq })
	add("commits_total", "Transactions committed since the start.", counter, func(f *figures) float64 { return f.commits })
	add("rollbacks_total", "Transactions rolled back since the start.", counter, func(f *figures) float64 { return f.rollbacks })
	add("transactions", "Transactions running.", gauge, func(f *figures) float64 { return f.transactions })
	add("syncs_total", "Times the log was synced to disk.", counter, func(f *figures) float64 { return f.syncs })
	add("disk_bytes", "Bytes in the data directory.", gauge, func(f *figures) float64 { return f.disk })
	add("table_bytes", "Bytes in sorted tables.", gauge, func(f *figures) float64 { return f.table })
	add("log_bytes", "Bytes of write-ahead log in use.", gauge, func(f *figures) float64 { return f.log })
	add("memtable_bytes", "Bytes in write buffers.", gauge, func(f *figures) float64 { return f.memtable })
	add("cache_bytes", "Bytes in the block cache.", gauge, func(f *figures) float64 { return f.cache })
	add("cache_hits_total", "Blocks found in the cache.", counter, func(f *figures) float64 { return f.hits })
	add("cache_misses_total", "Blocks read from disk.", counter, func(f *figures) float64 { return f.misses })
	add("row_cache_bytes", "Bytes in the cache of rows read by key.", gauge, func(f *figures) float64 { return f.rowBytes })
	add("row_cache_hits_total", "Rows read by key and found in the row cache.", counter, func(f *figures) float64 { return f.rowHits })
	add("row_cache_misses_total", "Rows read by key and not found in the row cache.", counter, func(f *figures) float64 { return f.rowMisses })
	add("compactions_total", "Compactions done.", counter, func(f *figures) float64 { return f.compactions })
	add("disk_full", "1 while writes are refused for want of space.", gauge, func(f *figures) float64 { return f.diskFull })
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		ch <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.e.Store().Stats()
	counters := &c.e.Sessions().Counters
	f := &figures{
		seq: float64(s.LastSeq), commits: float64(counters.Commits.Load()), rollbacks: float64(counters.Rollbacks.Load()),
		syncs: float64(s.Syncs), disk: float64(s.DiskBytes), table: float64(s.TableBytes), log: float64(s.LogBytes),
		memtable: float64(s.MemTableBytes), cache: float64(s.CacheBytes), hits: float64(s.CacheHits), misses: float64(s.CacheMisses),
		rowHits: float64(s.RowHits), rowMisses: float64(s.RowMisses), rowBytes: float64(s.RowBytes),
		compactions: float64(s.Compactions), transactions: float64(c.e.Sessions().Txns.Active()),
	}
	if s.DiskFull {
		f.diskFull = 1
	}
	for _, m := range c.metrics {
		ch <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(f))
	}
}
