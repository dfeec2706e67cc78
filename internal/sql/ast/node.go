package ast

// Node is any part of the tree.
type Node interface {
	// Position returns the byte offset of the node (I1), or -1 when it has none.
	Position() int
}

// Expr is a scalar expression.
type Expr interface {
	Node
	exprNode()
}

// TableExpr is an item of a FROM clause.
type TableExpr interface {
	Node
	tableExprNode()
}

// Stmt is a complete statement.
type Stmt interface {
	Node
	// Tag is the kind of the statement as PostgreSQL names it, which is also
	// its command tag where that has no count: "SELECT", "CREATE TABLE".
	Tag() string
}

// RawStmt is one statement of a query string. Start is the byte offset of its
// first token, Len its length without the semicolon and trailing white space.
type RawStmt struct {
	Stmt  Stmt
	Start int
	Len   int
}
