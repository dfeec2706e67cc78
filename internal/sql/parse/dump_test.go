package parse

import (
	"fmt"
	"reflect"
	"strings"
)

// dump prints a tree in one line without positions: the type's name and the
// fields that are not zero. It uses reflection, which tests may.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(v))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dumpValue(b, v.Elem())
	case reflect.Struct:
		fmt.Fprintf(b, "%s{", v.Type().Name())
		sep := ""
		for i := 0; i < v.NumField(); i++ {
			name := v.Type().Field(i).Name
			if name == "Pos" || name == "TargetPos" || v.Field(i).IsZero() {
				continue
			}
			fmt.Fprintf(b, "%s%s:", sep, name)
			dumpValue(b, v.Field(i))
			sep = " "
		}
		b.WriteString("}")
	case reflect.Slice:
		b.WriteString("[")
		for i := 0; i < v.Len(); i++ {
			if i > 0 {
				b.WriteString(" ")
			}
			dumpValue(b, v.Index(i))
		}
		b.WriteString("]")
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprintf(b, "%v", v.Interface())
	}
}
