// Package ddl carries out the statements that change the catalog: CREATE,
// ALTER, DROP, TRUNCATE, COMMENT and the role statements. It turns a syntax
// tree into changes of a catalog.Edit and asks Data for what touches rows.
//
// It must not know sessions, the wire or how rows are stored; names and
// expressions are resolved through Binder, so that it is tested without either.
// Every function leaves the Edit to be thrown away when it returns an error:
// statements are atomic because the session keeps the Edit from before.
package ddl
