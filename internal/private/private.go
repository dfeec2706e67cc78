// Package private lets the public packages reach what their exported types hide.
// Each hook is set once, by the init of the package that owns the type.
package private

import "github.com/driftdb/driftdb/internal/engine"

// Engine returns the engine inside a *driftdb.DB. It panics for anything else.
var Engine func(db any) *engine.Engine
