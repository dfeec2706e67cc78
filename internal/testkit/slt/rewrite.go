package slt

import (
	"context"
	"os"
	"strings"
)

// Rewrite runs every record meant for the runner's server and replaces what the
// file wants by what the server answers; records for other servers stay. The
// difference must be read before it is committed.
func (r *Runner) Rewrite(ctx context.Context, f *File) error {
	var out []string
	at := 0
	for _, rec := range f.Records {
		if r.Skips(rec) {
			continue
		}
		a, err := r.ask(ctx, rec)
		if err != nil {
			return err
		}
		if rec.Kind == "let" {
			if a.err == nil && len(a.rows) == 1 {
				r.let(rec.Name, a.rows[0][0])
			}
			continue
		}
		head, result := rec.answered(a)
		out = append(append(out, f.lines[at:rec.head]...), head)
		out = append(append(out, f.lines[rec.head+1:rec.sqlEnd]...), result...)
		at = rec.end
	}
	out = append(out, f.lines[at:]...)
	return os.WriteFile(f.Path, []byte(strings.Join(out, "\n")), 0o644)
}

// answered is a record's header and what follows its SQL.
func (rec *Record) answered(a answer) (head string, result []string) {
	switch {
	case a.err != nil:
		return "statement error " + a.err.Code + " " + strings.ReplaceAll(a.err.Message, "\n", " "), rec.data()
	case rec.copies("TO STDOUT"):
		head = "query T"
	case len(a.oids) > 0 || a.tag.Select() && rec.Kind == "query":
		head = "query " + letters(a.oids)
	default:
		if words := strings.Fields(a.tag.String()); rec.Count >= 0 || a.tag.Insert() || a.tag.Update() || a.tag.Delete() || words[0] == "COPY" {
			return "statement count " + words[len(words)-1], rec.data()
		}
		return "statement ok", rec.data()
	}
	if rec.Sort == "rowsort" {
		head += " rowsort"
	}
	return head, append([]string{"----"}, rec.layout(a)...)
}

func (rec *Record) data() []string {
	if rec.Data == "" {
		return nil
	}
	return append([]string{"----"}, strings.Split(strings.TrimSuffix(rec.Data, "\n"), "\n")...)
}
