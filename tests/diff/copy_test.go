package diff

import (
	"fmt"
	"strings"
)

var copyOptions = []string{
	"", " WITH (FORMAT csv)", " WITH (FORMAT csv, HEADER)", " CSV", " WITH (FORMAT text, DELIMITER '|')", " (FORMAT csv, NULL 'NIL', QUOTE '''')",
	" WITH (FORMAT csv, FORCE_QUOTE *)", " (NULL 'nil')", " CSV HEADER DELIMITER ';'", " WITH (FORMAT csv, ESCAPE '!')",
}

func (g *gen) copyOut() *statement {
	g.params = false // COPY takes none
	options := pick(g, copyOptions)
	if g.chance(35) {
		if t := g.baseTable(); t != nil {
			cols := ""
			if g.chance(40) {
				cols = " (" + columnList(g.some(t.cols, 4)) + ")"
			}
			return &statement{kind: "copy/table out", sql: "COPY " + t.name + cols + " TO STDOUT" + options, loose: false}
		}
	}
	q := g.query(1, nil)
	return &statement{
		kind: "copy/query out", ordered: true,
		sql: fmt.Sprintf("COPY (SELECT * FROM (%s) q ORDER BY %s) TO STDOUT%s", q.sql, q.orderText("q"), options),
	}
}

func (g *gen) copyIn() *statement {
	t := g.baseTable()
	if t == nil {
		return nil
	}
	var cols []*column
	for _, c := range g.insertable(t) {
		if c.identity == "" || g.chance(30) {
			cols = append(cols, c)
		}
	}
	if len(cols) == 0 {
		return nil
	}
	csv := g.chance(50)
	var data strings.Builder
	for range 1 + g.Intn(4) {
		for i, c := range cols {
			if i > 0 {
				data.WriteString(map[bool]string{true: ",", false: "\t"}[csv])
			}
			null := !c.notNull && g.chance(8)
			switch v := g.value(c.k); {
			case null && csv:
			case null:
				data.WriteString(`\N`)
			case csv && (strings.ContainsAny(v, ",\"\n") || v == "" || g.chance(30)):
				data.WriteString(`"` + strings.ReplaceAll(v, `"`, `""`) + `"`)
			case csv:
				data.WriteString(v)
			default:
				data.WriteString(strings.NewReplacer(`\`, `\\`, "\t", `\t`).Replace(v))
			}
		}
		data.WriteString("\n")
	}
	options := ""
	if csv {
		options = pick(g, []string{" WITH (FORMAT csv)", " CSV", " WITH CSV"})
	}
	body := data.String()
	if g.chance(4) {
		body = strings.TrimSuffix(body, "\n") + "\tmore,more\n"
	}
	if g.chance(8) && !csv {
		body += "\\.\n"
	}
	return &statement{kind: "copy/in", sql: fmt.Sprintf("COPY %s (%s) FROM STDIN%s", t.name, columnList(cols), options), copyIn: body, writes: true}
}
