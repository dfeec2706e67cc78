// Package explain prints physical plans as PostgreSQL's EXPLAIN does: as text,
// JSON or YAML, with what an execution measured when there was one. It knows
// plans (phys, plan) and nothing of how operators work; measurements come as
// Stats.
package explain
