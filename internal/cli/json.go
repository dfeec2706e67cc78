package cli

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/jackc/pgx/v5/pgproto3"
)

// writeJSON prints a row as one JSON object on a line, its fields in the order of
// the columns. Numbers, booleans and JSON stay what they are; what JSON cannot
// say (NaN, infinity) and all other types are strings.
func writeJSON(w io.Writer, fields []pgproto3.FieldDescription, row []*string) error {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, cell := range row {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(string(fields[i].Name))
		if err != nil {
			return err
		}
		b.Write(name)
		b.WriteByte(':')
		value, err := jsonValue(fields[i].DataTypeOID, cell)
		if err != nil {
			return err
		}
		b.Write(value)
	}
	b.WriteString("}\n")
	_, err := w.Write(b.Bytes())
	return err
}

func jsonValue(oid uint32, cell *string) ([]byte, error) {
	if cell == nil {
		return []byte("null"), nil
	}
	switch oid {
	case 16: // bool
		if *cell == "t" {
			return []byte("true"), nil
		}
		return []byte("false"), nil
	case 20, 21, 23, 26, 700, 701, 1700: // int8, int2, int4, oid, float4, float8, numeric
		if json.Valid([]byte(*cell)) {
			return []byte(*cell), nil
		}
	case 114, 3802: // json, jsonb
		var b bytes.Buffer
		if json.Compact(&b, []byte(*cell)) == nil {
			return b.Bytes(), nil
		}
	}
	return json.Marshal(*cell)
}
