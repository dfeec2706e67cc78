package ast

// The closed families: which nodes are expressions, table references and
// elements of CREATE TABLE.

func (*Const) exprNode()        {}
func (*ColumnRef) exprNode()    {}
func (*Param) exprNode()        {}
func (*Indirection) exprNode()  {}
func (*OpExpr) exprNode()       {}
func (*BoolExpr) exprNode()     {}
func (*AnyAll) exprNode()       {}
func (*DistinctFrom) exprNode() {}
func (*NullIf) exprNode()       {}
func (*InList) exprNode()       {}
func (*LikeExpr) exprNode()     {}
func (*Between) exprNode()      {}
func (*NullTest) exprNode()     {}
func (*BooleanTest) exprNode()  {}
func (*SubLink) exprNode()      {}
func (*FuncCall) exprNode()     {}
func (*NamedArg) exprNode()     {}
func (*SQLValueFunc) exprNode() {}
func (*Coalesce) exprNode()     {}
func (*MinMax) exprNode()       {}
func (*Case) exprNode()         {}
func (*Row) exprNode()          {}
func (*Array) exprNode()        {}
func (*TypeCast) exprNode()     {}
func (*Collate) exprNode()      {}
func (*GroupingFunc) exprNode() {}
func (*Default) exprNode()      {}
func (*CurrentOf) exprNode()    {}
func (*GroupingSet) exprNode()  {}
func (*XMLExpr) exprNode()      {}
func (*MultiAssign) exprNode()  {}

func (*RangeVar) tableExprNode()       {}
func (*RangeSubselect) tableExprNode() {}
func (*RangeFunction) tableExprNode()  {}
func (*RangeXMLTable) tableExprNode()  {}
func (*RangeSample) tableExprNode()    {}
func (*JoinExpr) tableExprNode()       {}

func (*ColumnDef) tableElementNode()  {}
func (*Constraint) tableElementNode() {}
func (*LikeClause) tableElementNode() {}
