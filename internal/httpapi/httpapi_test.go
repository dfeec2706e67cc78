package httpapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	var ready error
	h := Handler(Options{Ready: func() error { return ready }, Version: "v1",
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("m 1\n")) })})
	get := func(method, path string) (int, string) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest(method, path, nil))
		return rec.Code, strings.TrimSpace(rec.Body.String())
	}
	for _, c := range []struct {
		method, path string
		ready        error
		code         int
		body         string
	}{
		{"GET", "/health/live", errors.New("x"), 200, `{"status":"live","version":"v1"}`},
		{"GET", "/health/ready", nil, 200, `{"status":"ready","version":"v1"}`},
		{"GET", "/health/ready", errors.New("disk is full"), 503, `{"status":"not ready","reason":"disk is full","version":"v1"}`},
		{"GET", "/metrics", nil, 200, "m 1"},
		{"POST", "/health/ready", nil, 405, "Method Not Allowed"},
		{"GET", "/nothing", nil, 404, "404 page not found"},
	} {
		ready = c.ready
		if code, body := get(c.method, c.path); code != c.code || body != c.body {
			t.Errorf("%s %s: %d %s", c.method, c.path, code, body)
		}
	}
}
