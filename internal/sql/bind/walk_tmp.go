package bind

import (
	"reflect"

	"github.com/driftdb/driftdb/internal/sql/ast"
)

func astWalk(n ast.Node, f func(ast.Node) bool) {
	walkValue(reflect.ValueOf(n), f)
}

func walkValue(v reflect.Value, f func(ast.Node) bool) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			walkValue(v.Elem(), f)
		}
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := v.Interface().(ast.Node); ok && !f(n) {
			return
		}
		walkValue(v.Elem(), f)
	case reflect.Struct:
		for i := range v.NumField() {
			walkValue(v.Field(i), f)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkValue(v.Index(i), f)
		}
	}
}
