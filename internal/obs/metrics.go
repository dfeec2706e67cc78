package obs

import (
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the server's counters and their registry. Every one is fed by a
// door or by a collector registered with Register; there are no placeholders.
type Metrics struct {
	registry    *prometheus.Registry
	connections prometheus.Gauge
	accepted    prometheus.Counter
	rejected    *prometheus.CounterVec
	statements  map[string]prometheus.Counter // by kind; fixed after construction
	errors      *prometheus.CounterVec
	latency     prometheus.Histogram
}

// kinds are the first words of command tags that get a counter of their own.
var kinds = strings.Fields("SELECT INSERT UPDATE DELETE MERGE COPY BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE SET SHOW RESET " +
	"CREATE ALTER DROP TRUNCATE EXPLAIN ANALYZE VACUUM PREPARE EXECUTE DEALLOCATE DECLARE FETCH DISCARD LOCK OTHER")

// NewMetrics returns metrics with a registry of their own.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry:    prometheus.NewRegistry(),
		connections: prometheus.NewGauge(prometheus.GaugeOpts{Name: "driftdb_connections", Help: "Open client connections."}),
		accepted:    prometheus.NewCounter(prometheus.CounterOpts{Name: "driftdb_connections_accepted_total", Help: "Connections accepted."}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "driftdb_connections_rejected_total", Help: "Connections refused before a session began, by SQLSTATE."}, []string{"sqlstate"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "driftdb_errors_total", Help: "Errors answered to clients, by SQLSTATE."}, []string{"sqlstate"}),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "driftdb_statement_seconds", Help: "Time from a statement's start to its end.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 20)}),
		statements: map[string]prometheus.Counter{},
	}
	statements := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "driftdb_statements_total", Help: "Statements completed, by kind."}, []string{"kind"})
	for _, k := range kinds {
		m.statements[k] = statements.WithLabelValues(strings.ToLower(k))
	}
	m.registry.MustRegister(m.connections, m.accepted, m.rejected, statements, m.errors, m.latency,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Register adds a collector, such as the engine's store metrics.
func (m *Metrics) Register(c prometheus.Collector) error { return m.registry.Register(c) }

// Handler serves the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Connected counts a session that began.
func (m *Metrics) Connected() {
	m.accepted.Inc()
	m.connections.Inc()
}

// Disconnected counts a session that ended.
func (m *Metrics) Disconnected() { m.connections.Dec() }

// Rejected counts a connection refused before its session began.
func (m *Metrics) Rejected(sqlstate string) { m.rejected.WithLabelValues(sqlstate).Inc() }

// Completed counts a statement by its command tag.
func (m *Metrics) Completed(tag string) {
	kind, _, _ := strings.Cut(tag, " ")
	c := m.statements[kind]
	if c == nil {
		c = m.statements["OTHER"]
	}
	c.Inc()
}

// Took adds a statement's duration.
func (m *Metrics) Took(d time.Duration) { m.latency.Observe(d.Seconds()) }

// Failed counts an error answered to a client.
func (m *Metrics) Failed(sqlstate string) { m.errors.WithLabelValues(sqlstate).Inc() }
