package floors

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/driftdb/driftdb"

// The floors. A package may import packages of its own floor and of those below.
const (
	ground = iota
	values
	storage
	tables
	sql
	engine
	doors
	public
	tests // may import anything; only tests may import them
)

// floors gives packages their floor. The longest entry that is a package or a
// folder above it decides.
var floors = map[string]int{
	".":                          public,
	"stdlib":                     public,
	"server":                     public,
	"cmd":                        public,
	"internal/cli":               public,
	"internal/private":           public,
	"internal/authn":             doors,
	"internal/pgwire":            doors,
	"internal/httpapi":           doors,
	"internal/engine":            engine,
	"internal/sql":               sql,
	"internal/catalog":           tables,
	"internal/segment":           tables,
	"internal/table":             tables,
	"internal/stats":             tables,
	"internal/store":             storage,
	"internal/txn":               storage,
	"internal/config":            values,
	"internal/types":             values,
	"internal/datum":             values,
	"internal/vec":               values,
	"internal/numeric":           values,
	"internal/jsontext":          values,
	"internal/pgregex":           values,
	"internal/encoding":          values,
	"internal/pgerr":             ground,
	"internal/pgdata":            ground,
	"internal/clock":             ground,
	"internal/obs":               ground,
	"internal/floors":            tests,
	"internal/testkit":           tests,
	"tests":                      tests,
	"tools":                      tests,
	"internal/sql/bind/bindtest": tests,
	"internal/store/storetest":   tests,
}

// owners are libraries that only some packages may import, so that each can be
// replaced in one place.
var owners = map[string][]string{
	"github.com/cockroachdb/pebble":       {"internal/store"},
	"github.com/xdg-go/scram":             {"internal/authn"},
	"github.com/prometheus/client_golang": {"internal/obs", "internal/httpapi", "server"},
	"github.com/spf13/cobra":              {"cmd"},
	"github.com/jackc/pgx":                {"internal/cli", "cmd"}, // the client side of the protocol
	"golang.org/x/term":                   {"internal/cli", "cmd"},
}

// forbidden are imports that the floors allow and the house does not.
var forbidden = map[string][]string{
	".":                {"internal/pgwire", "internal/httpapi", "server"}, // the library brings no doors
	"stdlib":           {"internal"},
	"internal/pgwire":  {"internal/httpapi", "internal/sql/session", "internal/engine"},
	"internal/httpapi": {"internal/pgwire", "internal/sql", "internal/engine"},
	"internal/engine":  {"internal/sql/bind", "internal/sql/exec"},
}

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath                string
	Dir                       string
	Doc                       string
	GoFiles                   []string
	TestGoFiles, XTestGoFiles []string
	Imports                   []string
}

func (p *pkg) name() string { return relative(p.ImportPath) }

// relative is a package's path inside the module; "." for its root.
func relative(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}

func list(t *testing.T) []*pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,GoFiles,TestGoFiles,XTestGoFiles,Imports", module+"/...")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []*pkg
	for d := json.NewDecoder(out); ; {
		p := new(pkg)
		err := d.Decode(p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	if len(all) < 20 {
		t.Fatalf("go list names %d packages only", len(all))
	}
	return all
}

// under reports whether a package is a folder or inside it.
func under(name, folder string) bool {
	return name == folder || folder != "." && strings.HasPrefix(name, folder+"/")
}

// floorOf returns a package's floor, -1 when the map does not have it.
func floorOf(name string) int {
	best, floor := "", -1
	for folder, f := range floors {
		if under(name, folder) && len(folder) > len(best) {
			best, floor = folder, f
		}
	}
	return floor
}

// violations names every import of a package that the map forbids.
func violations(name string, imports []string) []string {
	var list []string
	bad := func(path, why string) { list = append(list, name+" imports "+path+": "+why) }
	own := floorOf(name)
	if own < 0 {
		return []string{name + " is not on the map in floors_test.go"}
	}
	for _, path := range imports {
		if path != module && !strings.HasPrefix(path, module+"/") {
			for library, users := range owners {
				inside := path == library || strings.HasPrefix(path, library+"/")
				if inside && own != tests && !slices.ContainsFunc(users, func(u string) bool { return under(name, u) }) {
					bad(path, "only "+strings.Join(users, ", ")+" may")
				}
			}
			continue
		}
		target := relative(path)
		if floorOf(target) > own {
			bad(target, "it is on a floor above")
		}
		for _, folder := range forbidden[name] {
			if under(target, folder) {
				bad(target, "the house does not want it")
			}
		}
	}
	return list
}

// TestImportsPointDown names every import that goes up.
func TestImportsPointDown(t *testing.T) {
	for _, p := range list(t) {
		for _, v := range violations(p.name(), p.Imports) {
			t.Error(v)
		}
	}
}

// TestTheCheckWorks feeds the check imports that must fail, because a check that
// quietly stopped working protects nobody.
func TestTheCheckWorks(t *testing.T) {
	for _, c := range []struct {
		name, path string
		ok         bool
	}{
		{"internal/store", module + "/internal/table", false},
		{"internal/datum", module + "/internal/sql/ast", false},
		{"internal/sql/session", module + "/internal/pgwire", false},
		{"internal/pgwire", module + "/internal/httpapi", false},
		{".", module + "/internal/pgwire", false},
		{"stdlib", module + "/internal/engine", false},
		{"internal/table", "github.com/cockroachdb/pebble/v2", false},
		{"internal/store", module + "/internal/testkit/pgref", false},
		{"internal/nowhere", "fmt", false},
		{"internal/store", "github.com/cockroachdb/pebble/v2/vfs", true},
		{"internal/table", module + "/internal/store", true},
		{"stdlib", module, true},
		{"server", module, true},
		{"tests/anything", module + "/internal/pgwire", true},
	} {
		if got := violations(c.name, []string{c.path}); (len(got) == 0) != c.ok {
			t.Errorf("%s importing %s: %v", c.name, c.path, got)
		}
	}
}
