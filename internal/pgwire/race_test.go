//go:build race

package pgwire

// raceEnabled: memory is not ours to measure under the race detector.
const raceEnabled = true
