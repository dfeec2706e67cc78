package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/driftdb/driftdb/internal/engine"
	"github.com/driftdb/driftdb/internal/store"
)

// report is doctor's answer for machines.
type report struct {
	Data     string    `json:"data"`
	OK       bool      `json:"ok"`
	Findings []finding `json:"findings"`
}

type finding struct {
	What   string `json:"what"`
	Where  string `json:"where"`
	Detail string `json:"detail"`
}

func doctorCommand() *cobra.Command {
	var t target
	asJSON, salvage := false, ""
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check a data directory for damage",
		Long: "Check a data directory: the checksums of all files, the commit log with its hash chain, and that\n" +
			"rows, index entries and change lists agree, in the present and in the past. It changes nothing.\n" +
			"Exit code 5 when there is damage; every place is named.\n\n" +
			"With --salvage DIR what can be read of a damaged database is written into the new directory DIR: SQL that makes\n" +
			"the tables, their rows as CSV, and the versions that have ended, those of dropped, truncated and rewritten tables\n" +
			"included. Without a readable list of files the database is first put together from them, in DIR. What is lost is\n" +
			"named, with exit code 5.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := exists(t.data); err != nil {
				return err
			}
			ctx, stop := interruptible(c)
			defer stop()
			r := report{Data: t.data, Findings: []finding{}}
			found := func(f store.Finding) {
				r.Findings = append(r.Findings, finding{f.What, f.Where, f.Detail})
				if !asJSON {
					fmt.Fprintln(c.OutOrStdout(), f)
				}
			}
			var err error
			if salvage == "" {
				err = engine.Doctor(ctx, t.data, engine.Options{}, found)
			} else {
				var done engine.Salvaged
				done, err = engine.Salvage(ctx, t.data, salvage, engine.Options{}, found)
				fmt.Fprintf(c.ErrOrStderr(), "%d rows of %d tables and %d past versions written to %s\n", done.Rows, done.Tables, done.Past, salvage)
			}
			if err != nil {
				return explain(t.data, err)
			}
			r.OK = len(r.Findings) == 0
			return r.end(c, asJSON)
		},
	}
	t.flags(c, false)
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	c.Flags().StringVar(&salvage, "salvage", "", "write what can be read into this new directory")
	return c
}

// end prints the outcome and chooses the exit code.
func (r *report) end(c *cobra.Command, asJSON bool) error {
	if asJSON {
		if err := json.NewEncoder(c.OutOrStdout()).Encode(r); err != nil {
			return err
		}
	} else if r.OK {
		if _, err := fmt.Fprintln(c.OutOrStdout(), "no damage found in", r.Data); err != nil {
			return err
		}
	}
	if r.OK {
		return nil
	}
	return &exitError{code: exitDamage, err: errors.New("the data directory is damaged"), quiet: asJSON}
}
