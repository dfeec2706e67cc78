package explain

// Segments is what columnar segments of the past did for an execution of a scan.
type Segments struct {
	Used    int64 // segments read
	Skipped int64 // versions that were not alive at the moment, or in blocks left out
	Read    int64 // blocks read
	Left    int64 // blocks left out, because no row in them can meet the filter
}

// segments prints what columnar segments did for a scan.
func (it *item) segments() {
	if it.stats == nil || it.stats.Segments.Used == 0 {
		return
	}
	s := &it.stats.Segments
	it.prop("Segments Used", s.Used)
	it.prop("Versions Skipped", s.Skipped)
	it.prop("Segment Blocks Read", s.Read)
	if s.Left > 0 {
		it.prop("Segment Blocks Left Out", s.Left)
	}
}
