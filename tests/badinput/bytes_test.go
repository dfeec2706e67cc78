package badinput

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestInvalidUTF8(t *testing.T) {
	bad := []string{"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "a\x80b", "\xe2\x82"}
	servers(t, func(t *testing.T, connect connector) {
		c := connect()
		if _, code := run(c, "CREATE TABLE u (s text)"); code != "" {
			t.Fatal(code)
		}
		for _, s := range bad {
			if v, code := run(c, "SELECT '"+s+"'"); code != "22021" {
				t.Errorf("query %q: %s %q", s, code, v)
			}
			ctx, cancel := context.WithTimeout(context.Background(), timeout)
			if _, code := outcome(nil, c.ExecParams(ctx, "SELECT $1::text", [][]byte{[]byte(s)}, nil, nil, nil).Read().Err); code != "22021" {
				t.Errorf("parameter %q: %s", s, code)
			}
			if _, code := outcome(nil, c.ExecParams(ctx, "SELECT '"+s+"'", nil, nil, nil, nil).Read().Err); code != "22021" {
				t.Errorf("parse %q: %s", s, code)
			}
			if _, err := c.CopyFrom(ctx, strings.NewReader("ok\n"+s+"\n"), "COPY u FROM STDIN"); err == nil {
				t.Errorf("copy %q: accepted", s)
			} else if _, code := outcome(nil, err); code != "22021" {
				t.Errorf("copy %q: %s", s, code)
			}
			cancel()
			if _, code := run(c, "SELECT E'\\x"+fmt.Sprintf("%x", s[len(s)-1])+"'"); code != "22021" && s != "a\x80b" {
				t.Errorf("escape %q: %s", s, code)
			}
		}
		if v, code := run(c, "SELECT convert_from('\\xff', 'UTF8')"); code != "22021" {
			t.Errorf("convert_from: %s %q", code, v)
		}
		if v, code := run(c, "SELECT count(*) FROM u"); v != "0" {
			t.Errorf("rows of refused COPYs: %s %s", v, code)
		}
	})
}
