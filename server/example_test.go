package server_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/driftdb/driftdb"
	"github.com/driftdb/driftdb/server"
)

func ExampleNew() {
	db, err := driftdb.Open("", &driftdb.Options{InMemory: true})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	ctx, stop := context.WithCancel(context.Background())
	s, err := server.New(ctx, db, server.Options{Listen: "127.0.0.1:0", HTTP: "127.0.0.1:0"})
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()

	// What the program writes, clients of the server read.
	if _, err := db.Exec(ctx, `create table note as select 'hello' as text`); err != nil {
		log.Fatal(err)
	}
	c, err := pgconn.Connect(ctx, "postgres://driftdb@"+s.Addr().String()+"/driftdb?sslmode=disable")
	if err != nil {
		log.Fatal(err)
	}
	rows, err := c.Exec(ctx, "select text from note").ReadAll()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", rows[0].Rows[0][0])
	_ = c.Close(ctx)

	res, err := http.Get("http://" + s.HTTPAddr().String() + "/metrics")
	if err != nil {
		log.Fatal(err)
	}
	metrics, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	_ = res.Body.Close()
	fmt.Println("metrics of the store:", strings.Contains(string(metrics), "driftdb_commit_seq 1"))

	stop() // then the server ends gracefully
	fmt.Println(<-ended)
	// Output:
	// hello
	// metrics of the store: true
	// <nil>
}
