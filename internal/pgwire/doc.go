// Package pgwire speaks version 3 of the PostgreSQL protocol: it listens,
// authenticates, turns messages into calls of client.Session and a session's
// answers into messages. It must not know SQL, storage or the engine; those are
// behind Engine and client.Session.
//
// Main types: Server (listeners and connections, cancel, graceful stop), conn
// (one client; one goroutine), sender (client.Writer over one write buffer).
//
// Messages are read and written by code of this package rather than a library's:
// a row goes from datum to the write buffer without a value in between. Tests
// use jackc/pgx's pgproto3 and pgconn as independent judges.
//
// Invariants:
//
//	I1. An idle connection holds no buffers; its goroutine has a fresh, small
//	    stack after parkAfter (Server.watch moves it to a new goroutine).
//	I2. Memory for a message grows with the bytes that arrived, never with the
//	    length that the client claims.
//	I3. A message's body is read only until the next one is asked for; what a
//	    session keeps is copied first.
//	I4. Bytes are written when a client may wait for them: at ReadyForQuery, at
//	    Flush, at an error, at CopyInResponse, and when the buffer is full.
//	I5. No panic of a session reaches another connection or the client: the
//	    connection ends with XX000.
//	I6. After an error in the extended protocol every message up to Sync is
//	    skipped.
package pgwire
