// Package opt turns a bound statement (package plan) into a physical plan
// (package phys): it pushes conditions down, drops columns nobody needs, orders
// inner joins, and chooses access paths and algorithms by estimated cost.
//
// It must not know how operators work nor read data; tables are known by their
// descriptors and what Catalog tells of them.
//
// Invariants:
//
//	I1  A condition is evaluated on the same rows as written, or on fewer; none is
//	    lost. Volatile conditions stay where they are.
//	I2  Every node's Props.Cols holds the columns its consumers need.
//	I3  A plan with the same rows comes out whatever the estimates are.
package opt
