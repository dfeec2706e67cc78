package ddl

import (
	"strconv"
	"strings"

	"github.com/driftdb/driftdb/internal/pgerr"
	"github.com/driftdb/driftdb/internal/pgerr/pgcode"
	"github.com/driftdb/driftdb/internal/sql/ast"
)

// tableParameters are PostgreSQL's storage parameters of tables. They describe
// its heap and its vacuum; we keep and show them, so that schemas load.
var tableParameters = map[string]bool{
	"fillfactor": true, "parallel_workers": true, "toast_tuple_target": true, "user_catalog_table": true,
	"vacuum_index_cleanup": true, "vacuum_truncate": true, "autovacuum_enabled": true,
	"autovacuum_vacuum_threshold": true, "autovacuum_vacuum_insert_threshold": true,
	"autovacuum_analyze_threshold": true, "autovacuum_vacuum_cost_limit": true,
	"autovacuum_freeze_min_age": true, "autovacuum_freeze_max_age": true, "autovacuum_freeze_table_age": true,
	"autovacuum_multixact_freeze_min_age": true, "autovacuum_multixact_freeze_max_age": true,
	"autovacuum_multixact_freeze_table_age": true, "log_autovacuum_min_duration": true,
	"autovacuum_vacuum_cost_delay": true, "autovacuum_vacuum_scale_factor": true,
	"autovacuum_vacuum_insert_scale_factor": true, "autovacuum_analyze_scale_factor": true,
}

// indexParameters are those of btree indexes.
var indexParameters = map[string]bool{"fillfactor": true, "deduplicate_items": true}

// checkParameter validates fillfactor's bounds.
func checkParameter(o *ast.Option, low, high int) error {
	if o.Name != "fillfactor" {
		return nil
	}
	n, err := strconv.Atoi(optionText(o))
	if err != nil {
		return pgerr.New(pgcode.InvalidParameterValue, "invalid value for integer option %q: %s", o.Name, optionText(o))
	}
	if n < low || n > high {
		return pgerr.New(pgcode.InvalidParameterValue, "value %d out of bounds for option %q", n, o.Name).
			WithDetail("Valid values are between \"%d\" and \"%d\".", low, high)
	}
	return nil
}

// indexOptions reads WITH (...) of an index.
func indexOptions(options []*ast.Option) ([]string, error) {
	var list []string
	for _, o := range options {
		if !indexParameters[o.Name] {
			return nil, pgerr.New(pgcode.InvalidParameterValue, "unrecognized parameter %q", o.Name)
		}
		if err := checkParameter(o, 10, 100); err != nil {
			return nil, err
		}
		list = append(dropOption(list, o.Name), o.Name+"="+optionText(o))
	}
	return list, nil
}

// optionText is an option's value as reloptions show it.
func optionText(o *ast.Option) string {
	switch v := o.Value.(type) {
	case nil:
		return "true"
	case *ast.Const:
		return constText(v)
	case *ast.OptionType:
		return strings.Join(v.Type.Names, ".")
	case *ast.OptionName:
		return strings.Join(v.Names, ".")
	case *ast.OptionList:
		return strings.Join(v.Items, ",")
	}
	return ""
}

// constText is a literal's text without quotes.
func constText(c *ast.Const) string {
	switch c.Kind {
	case ast.ConstInt:
		return strconv.Itoa(int(c.Int))
	case ast.ConstBool:
		return strconv.FormatBool(c.Bool)
	}
	return c.Text
}
