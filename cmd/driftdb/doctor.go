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
	asJSON := false
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check a data directory for damage",
		Long: "Check a data directory: the checksums of all files, the commit log with its hash chain, and that\n" +
			"rows, index entries and change lists agree, in the present and in the past. It changes nothing.\n" +
			"Exit code 5 when there is damage; every place is named.",
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := exists(t.data); err != nil {
				return err
			}
			ctx, stop := interruptible(c)
			defer stop()
			r := report{Data: t.data, Findings: []finding{}}
			err := engine.Doctor(ctx, t.data, engine.Options{}, func(f store.Finding) {
				r.Findings = append(r.Findings, finding{f.What, f.Where, f.Detail})
				if !asJSON {
					fmt.Fprintln(c.OutOrStdout(), f)
				}
			})
			if err != nil {
				return explain(t.data, err)
			}
			r.OK = len(r.Findings) == 0
			return r.end(c, asJSON)
		},
	}
	t.flags(c, false)
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
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
