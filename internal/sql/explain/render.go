package explain

import (
	"encoding/json"
	"fmt"
	"strings"
)

// text prints the tree in PostgreSQL's text form.
func (b *builder) text(root *item) []string {
	var lines []string
	b.lines(&lines, root, 0)
	if b.opts.Summary {
		lines = append(lines, "Planning Time: "+float(b.opts.PlanningMillis, 3)+" ms")
		if b.opts.Analyze {
			lines = append(lines, "Execution Time: "+float(b.opts.ExecutionMillis, 3)+" ms")
		}
	}
	return lines
}

func (b *builder) lines(out *[]string, it *item, depth int) {
	indent := ""
	if depth > 0 {
		indent = strings.Repeat(" ", 2+6*(depth-1))
	}
	if it.subplan != "" {
		*out = append(*out, indent+it.subplan)
		// PostgreSQL sets a subplan's tree two columns deeper than an input's.
		indent += "  "
	}
	arrow := ""
	if depth > 0 {
		arrow = "->  "
	}
	*out = append(*out, indent+arrow+it.label+b.figures(it))
	pad := indent + strings.Repeat(" ", len(arrow)) + "  "
	for _, p := range it.props {
		*out = append(*out, fmt.Sprintf("%s%s: %v", pad, p.name, textValue(p.value)))
	}
	for _, line := range it.text {
		*out = append(*out, pad+line)
	}
	for _, c := range it.children {
		var sub []string
		b.lines(&sub, c, 1)
		for _, l := range sub {
			*out = append(*out, pad[:len(pad)-2]+l)
		}
	}
}

func textValue(v any) any {
	if list, ok := v.([]string); ok {
		return strings.Join(list, ", ")
	}
	return v
}

// figures prints the estimates and measurements behind a label.
func (b *builder) figures(it *item) string {
	s := ""
	if b.opts.Costs && it.costs != nil {
		s += fmt.Sprintf("  (cost=%s..%s rows=%s width=%d)", float(it.costs.Startup, 2), float(it.costs.Total, 2), float(it.costs.Rows, 0), it.costs.Width)
	}
	if !b.opts.Analyze {
		return s
	}
	switch {
	case it.never || it.stats == nil:
		return s + " (never executed)"
	case b.opts.Timing:
		return s + fmt.Sprintf(" (actual time=%s..%s rows=%s loops=%d)",
			float(it.stats.StartupMillis, 3), float(it.stats.TotalMillis, 3), float(it.stats.Rows, 0), it.stats.Loops)
	}
	return s + fmt.Sprintf(" (actual rows=%s loops=%d)", float(it.stats.Rows, 0), it.stats.Loops)
}

// fields lists a node's properties as the structured forms have them.
func (b *builder) fields(it *item) []attr {
	list := []attr{{"Node Type", it.typ}}
	if it.relation != "" {
		list = append(list, attr{"Parent Relationship", it.relation})
	}
	if it.subplan != "" {
		list = append(list, attr{"Subplan Name", it.subplan})
	}
	list = append(list, attr{"Parallel Aware", false}, attr{"Async Capable", false})
	list = append(list, it.fields...)
	if b.opts.Costs && it.costs != nil {
		list = append(list, attr{"Startup Cost", number(float(it.costs.Startup, 2))}, attr{"Total Cost", number(float(it.costs.Total, 2))},
			attr{"Plan Rows", number(float(it.costs.Rows, 0))}, attr{"Plan Width", it.costs.Width})
	}
	if b.opts.Analyze {
		s := it.stats
		if s == nil {
			s = &Stats{}
		}
		if b.opts.Timing {
			list = append(list, attr{"Actual Startup Time", number(float(s.StartupMillis, 3))}, attr{"Actual Total Time", number(float(s.TotalMillis, 3))})
		}
		list = append(list, attr{"Actual Rows", number(float(s.Rows, 0))}, attr{"Actual Loops", s.Loops})
	}
	return append(append(list, it.props...), it.data...)
}

// number is a number printed with fixed digits.
type number string

func (b *builder) json(root *item) string {
	var out strings.Builder
	out.WriteString("[\n  {\n    \"Plan\": ")
	b.jsonNode(&out, root, "    ")
	if b.opts.Summary {
		fmt.Fprintf(&out, ",\n    \"Planning Time\": %s", float(b.opts.PlanningMillis, 3))
		if b.opts.Analyze {
			fmt.Fprintf(&out, ",\n    \"Triggers\": [\n    ],\n    \"Execution Time\": %s", float(b.opts.ExecutionMillis, 3))
		}
	}
	out.WriteString("\n  }\n]")
	return out.String()
}

func (b *builder) jsonNode(out *strings.Builder, it *item, indent string) {
	out.WriteString("{\n")
	for i, f := range b.fields(it) {
		if i > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(out, "%s  %s: %s", indent, quote(f.name), jsonValue(f.value))
	}
	if len(it.children) > 0 {
		fmt.Fprintf(out, ",\n%s  \"Plans\": [\n", indent)
		for i, c := range it.children {
			if i > 0 {
				out.WriteString(",\n")
			}
			out.WriteString(indent + "    ")
			b.jsonNode(out, c, indent+"    ")
		}
		fmt.Fprintf(out, "\n%s  ]", indent)
	}
	fmt.Fprintf(out, "\n%s}", indent)
}

func jsonValue(v any) string {
	switch v := v.(type) {
	case number:
		return string(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = quote(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return quote(v)
	}
	return fmt.Sprint(v)
}

func quote(s string) string {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func (b *builder) yaml(root *item) string {
	var out strings.Builder
	out.WriteString("- Plan: \n")
	b.yamlNode(&out, root, "    ")
	if b.opts.Summary {
		fmt.Fprintf(&out, "  Planning Time: %s\n", float(b.opts.PlanningMillis, 3))
		if b.opts.Analyze {
			fmt.Fprintf(&out, "  Triggers: \n  Execution Time: %s\n", float(b.opts.ExecutionMillis, 3))
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func (b *builder) yamlNode(out *strings.Builder, it *item, indent string) {
	for _, f := range b.fields(it) {
		if list, ok := f.value.([]string); ok {
			fmt.Fprintf(out, "%s%s: \n", indent, f.name)
			for _, s := range list {
				fmt.Fprintf(out, "%s  - %s\n", indent, quote(s))
			}
			continue
		}
		fmt.Fprintf(out, "%s%s: %s\n", indent, f.name, jsonValue(f.value))
	}
	if len(it.children) == 0 {
		return
	}
	fmt.Fprintf(out, "%sPlans: \n", indent)
	for _, c := range it.children {
		var sub strings.Builder
		b.yamlNode(&sub, c, indent+"    ")
		s := sub.String()
		out.WriteString(indent + "  - " + strings.TrimPrefix(s, indent+"    "))
	}
}
