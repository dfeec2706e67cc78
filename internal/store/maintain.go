package store

import (
	"context"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// Compact rewrites the whole store in its final order. Reads and writes go on.
// Close ends it early, with ErrClosed.
func (db *DB) Compact(ctx context.Context) error {
	db.life.RLock()
	defer db.life.RUnlock()
	if err := db.usable(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-db.stop:
			cancel(ErrClosed)
		case <-ctx.Done():
		}
	}()
	if err := db.eng.Flush(); err != nil {
		return wrapErr(err)
	}
	if err := db.eng.Compact(ctx, []byte{databaseID, 0, keyTerminator}, []byte{databaseID + 1, keyTerminator}, true); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return wrapErr(err)
	}
	db.refreshView()
	return nil
}

// Stats are figures for metrics and for people. Counters count from the start of
// the process.
type Stats struct {
	LastSeq         Seq
	Published       Time
	DiskBytes       uint64 // everything in the directory, the reserve excepted
	TableBytes      uint64 // sorted tables
	LogBytes        uint64 // live write-ahead log
	MemTableBytes   uint64
	CacheBytes      int64
	CacheHits       int64
	CacheMisses     int64
	RowHits         uint64 // reads by key that the row cache answered
	RowMisses       uint64
	RowBytes        int64
	Syncs           uint64
	SyncSeconds     float64
	Compactions     int64
	CompactionDebt  uint64
	ReadAmp         int
	WriteAmp        float64
	OpenIterators   int64
	UnpublishedLast Seq // last applied commit; above LastSeq while syncs run
	DiskFull        bool
	Uptime          time.Duration
}

// Stats gathers figures. It costs some microseconds and takes the engine's lock.
func (db *DB) Stats() Stats {
	m := db.eng.Metrics()
	v := db.published.Load()
	total := m.Total()
	s := Stats{
		LastSeq:         v.seq,
		Published:       v.time,
		DiskBytes:       m.DiskSpaceUsage(),
		TableBytes:      uint64(total.TablesSize),
		LogBytes:        m.WAL.Size,
		MemTableBytes:   m.MemTable.Size,
		CacheBytes:      m.BlockCache.Size,
		CacheHits:       m.BlockCache.Hits,
		CacheMisses:     m.BlockCache.Misses,
		Compactions:     m.Compact.Count,
		CompactionDebt:  m.Compact.EstimatedDebt,
		ReadAmp:         m.ReadAmp(),
		WriteAmp:        total.WriteAmp(),
		OpenIterators:   m.TableIters,
		UnpublishedLast: Seq(db.seqr.stamped.Load()),
		DiskFull:        db.ballast.full.Load(),
		Uptime:          m.Uptime,
	}
	s.RowHits, s.RowMisses, s.RowBytes = db.rows.stats()
	if h := m.LogWriter.FsyncLatency; h != nil {
		var out dto.Metric
		if h.Write(&out) == nil {
			s.Syncs = out.GetHistogram().GetSampleCount()
			s.SyncSeconds = out.GetHistogram().GetSampleSum() / 1e9
		}
	}
	return s
}
