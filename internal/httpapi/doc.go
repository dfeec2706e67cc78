// Package httpapi is the HTTP door: health checks and metrics. It must not know
// SQL or the PostgreSQL door; what it reports comes in through Options.
package httpapi
