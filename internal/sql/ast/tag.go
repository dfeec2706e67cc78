package ast

// Tag implements Stmt.
func (n *SelectStmt) Tag() string { return "SELECT" }

// Tag implements Stmt.
func (n *InsertStmt) Tag() string { return "INSERT" }

// Tag implements Stmt.
func (n *UpdateStmt) Tag() string { return "UPDATE" }

// Tag implements Stmt.
func (n *DeleteStmt) Tag() string { return "DELETE" }

// Tag implements Stmt.
func (n *MergeStmt) Tag() string { return "MERGE" }

// Tag implements Stmt.
func (n *TruncateStmt) Tag() string { return "TRUNCATE TABLE" }

// Tag implements Stmt.
func (n *CreateTableStmt) Tag() string { return "CREATE TABLE" }

// Tag implements Stmt.
func (n *CreateTableAsStmt) Tag() string {
	if n.Materialized {
		return "CREATE MATERIALIZED VIEW"
	}
	return "CREATE TABLE AS"
}

// Tag implements Stmt.
func (n *CreateIndexStmt) Tag() string { return "CREATE INDEX" }

// Tag implements Stmt.
func (n *CreateViewStmt) Tag() string { return "CREATE VIEW" }

// Tag implements Stmt.
func (n *CreateSchemaStmt) Tag() string { return "CREATE SCHEMA" }

// Tag implements Stmt.
func (n *CreateSequenceStmt) Tag() string { return "CREATE SEQUENCE" }

// Tag implements Stmt.
func (n *AlterSequenceStmt) Tag() string { return "ALTER SEQUENCE" }

// Tag implements Stmt.
func (n *AlterTableStmt) Tag() string { return "ALTER " + string(n.Kind) }

// Tag implements Stmt.
func (n *DropStmt) Tag() string { return "DROP " + string(n.Kind) }

// Tag implements Stmt.
func (n *AlterSchemaStmt) Tag() string { return "ALTER " + string(n.Kind) }

// Tag implements Stmt.
func (n *AlterOwnerStmt) Tag() string { return "ALTER " + string(n.Kind) }

// Tag implements Stmt.
func (n *CommentStmt) Tag() string { return "COMMENT" }

// Tag implements Stmt.
func (n *RefreshMatViewStmt) Tag() string { return "REFRESH MATERIALIZED VIEW" }

// Tag implements Stmt.
func (n *DatabaseStmt) Tag() string { return n.Verb + " DATABASE" }

// Tag implements Stmt.
func (n *OtherStmt) Tag() string { return n.Kind }

// Tag implements Stmt.
func (n *RoleStmt) Tag() string {
	if n.Create {
		return "CREATE ROLE"
	}
	return "ALTER ROLE"
}

// Tag implements Stmt.
func (n *AlterRoleSetStmt) Tag() string { return "ALTER ROLE" }

// Tag implements Stmt.
func (n *AlterDatabaseSetStmt) Tag() string { return "ALTER DATABASE" }

// Tag implements Stmt.
func (n *DropRoleStmt) Tag() string { return "DROP ROLE" }

// Tag implements Stmt.
func (n *GrantStmt) Tag() string {
	if n.Revoke {
		return "REVOKE"
	}
	return "GRANT"
}

// Tag implements Stmt.
func (n *GrantRoleStmt) Tag() string {
	if n.Revoke {
		return "REVOKE ROLE"
	}
	return "GRANT ROLE"
}

// Tag implements Stmt.
func (n *DefaultPrivilegesStmt) Tag() string { return "ALTER DEFAULT PRIVILEGES" }

// Tag implements Stmt.
func (n *OwnedStmt) Tag() string {
	if n.To != nil {
		return "REASSIGN OWNED"
	}
	return "DROP OWNED"
}

// Tag implements Stmt.
func (n *SetStmt) Tag() string {
	if n.Kind == SetReset || n.Kind == SetResetAll {
		return "RESET"
	}
	return "SET"
}

// Tag implements Stmt.
func (n *ShowStmt) Tag() string { return "SHOW" }

// Tag implements Stmt.
func (n *AlterSystemStmt) Tag() string { return "ALTER SYSTEM" }

// Tag implements Stmt.
func (n *SetConstraintsStmt) Tag() string { return "SET CONSTRAINTS" }

// Tag implements Stmt.
func (n *DiscardStmt) Tag() string { return "DISCARD " + n.What }

// Tag implements Stmt.
func (n *PrepareStmt) Tag() string { return "PREPARE" }

// Tag implements Stmt.
func (n *ExecuteStmt) Tag() string { return "EXECUTE" }

// Tag implements Stmt.
func (n *DeallocateStmt) Tag() string {
	if n.All {
		return "DEALLOCATE ALL"
	}
	return "DEALLOCATE"
}

// Tag implements Stmt.
func (n *DeclareCursorStmt) Tag() string { return "DECLARE CURSOR" }

// Tag implements Stmt.
func (n *FetchStmt) Tag() string {
	if n.Move {
		return "MOVE"
	}
	return "FETCH"
}

// Tag implements Stmt.
func (n *CloseStmt) Tag() string {
	if n.All {
		return "CLOSE CURSOR ALL"
	}
	return "CLOSE CURSOR"
}

// Tag implements Stmt.
func (n *ExplainStmt) Tag() string { return "EXPLAIN" }

// Tag implements Stmt.
func (n *VacuumStmt) Tag() string {
	if n.Analyze {
		return "ANALYZE"
	}
	return "VACUUM"
}

// Tag implements Stmt.
func (n *CopyStmt) Tag() string { return "COPY" }

// Tag implements Stmt.
func (n *LockStmt) Tag() string { return "LOCK TABLE" }

// Tag implements Stmt.
func (n *CheckpointStmt) Tag() string { return "CHECKPOINT" }

// Tag implements Stmt.
func (n *NotifyStmt) Tag() string { return n.Verb }

// Tag implements Stmt.
func (n *DoStmt) Tag() string { return "DO" }

// Tag implements Stmt.
func (n *CallStmt) Tag() string { return "CALL" }

// Tag implements Stmt.
func (n *ClusterStmt) Tag() string { return "CLUSTER" }

// Tag implements Stmt.
func (n *ReindexStmt) Tag() string { return "REINDEX" }

// Tag implements Stmt.
func (n *RenameStmt) Tag() string {
	if n.Parent != "" {
		return "ALTER " + string(n.Parent)
	}
	return "ALTER " + string(n.Kind)
}

// Tag implements Stmt.
func (n *TransactionStmt) Tag() string {
	switch n.Kind {
	case TxBegin:
		return "BEGIN"
	case TxStart:
		return "START TRANSACTION"
	case TxCommit:
		return "COMMIT"
	case TxSavepoint:
		return "SAVEPOINT"
	case TxRelease:
		return "RELEASE"
	case TxPrepare:
		return "PREPARE TRANSACTION"
	case TxCommitPrepared:
		return "COMMIT PREPARED"
	case TxRollbackPrepared:
		return "ROLLBACK PREPARED"
	default:
		return "ROLLBACK"
	}
}
