// Package segments checks through SQL that columnar segments of the past change no
// answer.
package segments
