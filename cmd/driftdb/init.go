package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func initCommand() *cobra.Command {
	var t target
	file, ask := "", false
	c := &cobra.Command{
		Use:   "init",
		Short: "Make a data directory, and set the superuser's password",
		Long: "Make a data directory with the superuser and the database, both called driftdb.\n" +
			"A password is needed to serve other machines; on a loopback address there need not be one.",
		Example: "  driftdb init --data ./data --password-file secret.txt",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := exists(t.data); err == nil {
				return fmt.Errorf("there is a database in %s already", t.data)
			}
			password, err := newPassword(c, file, ask)
			if err != nil {
				return err
			}
			return t.create(c, password)
		},
	}
	t.flags(c, false)
	c.Flags().StringVar(&file, "password-file", "", "file that holds the superuser's password")
	c.Flags().BoolVar(&ask, "password", false, "ask for the superuser's password")
	return c
}

// newPassword returns the password to set, "" for none.
func newPassword(c *cobra.Command, file string, ask bool) (string, error) {
	switch {
	case file != "" && ask:
		return "", usagef("give --password or --password-file, not both")
	case file != "":
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		password := strings.TrimRight(string(b), "\r\n")
		if password == "" {
			return "", fmt.Errorf("the password file %s is empty", file)
		}
		return password, nil
	case ask:
		one, err := readPassword(c, "Password for driftdb: ")
		if err != nil {
			return "", err
		}
		two, err := readPassword(c, "Again: ")
		if err != nil {
			return "", err
		}
		if one != two || one == "" {
			return "", errors.New("the passwords differ or are empty")
		}
		return one, nil
	}
	return "", nil
}

func (t *target) create(c *cobra.Command, password string) error {
	db, err := openData(t.data, nil)
	if err != nil {
		return err
	}
	if password != "" {
		quoted := "'" + strings.ReplaceAll(password, "'", "''") + "'"
		_, err = db.Exec(c.Context(), "set standard_conforming_strings = on; alter role driftdb password "+quoted)
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "made %s; start it with: driftdb serve --data %s\n", t.data, t.data)
	return err
}
