module github.com/driftdb/driftdb/tests/grammar

go 1.26.0

require (
	github.com/driftdb/driftdb v0.0.0
	github.com/pganalyze/pg_query_go/v4 v4.2.3
)

require (
	github.com/golang/protobuf v1.5.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)

replace github.com/driftdb/driftdb => ../..
