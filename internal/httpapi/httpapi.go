package httpapi

import (
	"encoding/json"
	"net/http"
	"time"
)

// Options are what the door reports.
type Options struct {
	// Ready tells why the server cannot take statements, nil when it can. It is
	// called for each check and must not wait for running statements.
	Ready func() error
	// Metrics serves /metrics; nil leaves it out.
	Metrics http.Handler
	// Version is told by the health checks.
	Version string
}

// Handler returns the door's handler:
//
//	GET /health/live    200 while the process runs
//	GET /health/ready   200 when statements can run, else 503 with the reason
//	GET /metrics        Prometheus text format
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health/live", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, status{Status: "live", Version: o.Version})
	})
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, _ *http.Request) {
		if err := o.Ready(); err != nil {
			answer(w, http.StatusServiceUnavailable, status{Status: "not ready", Reason: err.Error(), Version: o.Version})
			return
		}
		answer(w, http.StatusOK, status{Status: "ready", Version: o.Version})
	})
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.Metrics)
	}
	return mux
}

// NewServer returns an HTTP server for the handler with limits that keep slow or
// hostile clients from holding it.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
}

type status struct {
	Status  string `json:"status"`
	Reason  string `json:"reason,omitempty"`
	Version string `json:"version,omitempty"`
}

func answer(w http.ResponseWriter, code int, s status) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(s) // the client is gone: nobody to tell
}
