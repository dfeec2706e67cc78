package parse

import (
	"fmt"
	"reflect"
	"strings"
)

// dump prints a tree in one line without positions: the type's name and the
// fields that are not zero. It uses reflection, which tests may.
func dump(v any) string { return dumpWith(v, false) }

// dumpWith prints positions too if wanted: the name of a node is followed by @
// and its offset.
func dumpWith(v any, positions bool) string {
	d := dumper{positions: positions}
	d.value(reflect.ValueOf(v))
	return d.String()
}

type dumper struct {
	strings.Builder
	positions bool
}

func (b *dumper) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		b.value(v.Elem())
	case reflect.Struct:
		b.WriteString(v.Type().Name())
		if f := v.FieldByName("Pos"); f.IsValid() && b.positions {
			fmt.Fprintf(b, "@%d", f.Int())
		}
		b.WriteString("{")
		sep := ""
		for i := 0; i < v.NumField(); i++ {
			name := v.Type().Field(i).Name
			if name == "Pos" || name == "TargetPos" || v.Field(i).IsZero() {
				continue
			}
			fmt.Fprintf(b, "%s%s:", sep, name)
			b.value(v.Field(i))
			sep = " "
		}
		b.WriteString("}")
	case reflect.Slice:
		b.WriteString("[")
		for i := 0; i < v.Len(); i++ {
			if i > 0 {
				b.WriteString(" ")
			}
			b.value(v.Index(i))
		}
		b.WriteString("]")
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprintf(b, "%v", v.Interface())
	}
}
