// Package floors keeps the map of the house true: which package may import
// which, and a few habits of the code that no linter knows. It holds tests only;
// ARCHITECTURE.md shows the map.
package floors
