package timetravel

import (
	"errors"

	"github.com/driftdb/driftdb/internal/datum"
	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/segment"
	"github.com/driftdb/driftdb/internal/sql/builtin"
)

// buildSegments is drift.build_segments(table): it makes columnar segments for all of
// the table's history that has none and returns how many it made.
func buildSegments(c *builtin.Context, args []datum.Datum) (datum.Datum, error) {
	s, err := session(c)
	if err != nil {
		return datum.Datum{}, err
	}
	if on, _ := s.GetSetting("is_superuser"); on != "on" {
		return datum.Datum{}, pgerr.New(pgcode.InsufficientPrivilege, "permission denied for function build_segments").
			WithHint("Only a superuser may call it.")
	}
	tables, err := s.TablesNow()
	if err != nil {
		return datum.Datum{}, err
	}
	t, err := tables.Table(uint32(args[0].Int()))
	if err != nil {
		return datum.Datum{}, err
	}
	if !t.HasHistory() {
		return datum.Datum{}, pgerr.NotSupported("Create the table with system versioning.", "table %q keeps no history", t.Desc.Name)
	}
	total := 0
	for _, src := range t.Sources() {
		n, err := tables.Segments.BuildAll(c.Ctx, src)
		total += n
		if errors.Is(err, segment.ErrSpace) {
			return datum.Datum{}, pgerr.New(pgcode.DiskFull, "no space for a segment of table %q", t.Desc.Name).
				WithHint("Raise drift.segment_space; %d were made.", total)
		}
		if err != nil {
			return datum.Datum{}, err
		}
	}
	return datum.NewInt(int64(total)), nil
}
