import Metrics
import Prometheus
import Testing

@Suite("Text format")
struct TextFormatTests {
    @Test("each kind is written in the required format")
    func everyKindIsWritten() {
        let registry = PrometheusRegistry(descriptions: [
            MetricDescription(.counter, "requests_total", labels: ["status"], "Requests handled."),
            MetricDescription(.histogram, "request_duration_seconds", buckets: HistogramBuckets([0.1, 1]), "How long they took."),
        ])
        Counter(label: "requests_total", dimensions: [("status", "200")], factory: registry).increment(by: 3)
        FloatingPointCounter(label: "work_seconds_total", factory: registry).increment(by: 1.5)
        Gauge(label: "slots", factory: registry).record(4)
        let duration = Metrics.Timer(label: "request_duration_seconds", factory: registry)
        duration.recordMilliseconds(50)
        duration.recordMilliseconds(100)
        duration.recordSeconds(2)
        #expect(
            Exposition(registry).text == """
                # HELP request_duration_seconds How long they took.
                # TYPE request_duration_seconds histogram
                request_duration_seconds_bucket{le="0.1"} 2
                request_duration_seconds_bucket{le="1"} 2
                request_duration_seconds_bucket{le="+Inf"} 3
                request_duration_seconds_sum 2.15
                request_duration_seconds_count 3
                # HELP requests_total Requests handled.
                # TYPE requests_total counter
                requests_total{status="200"} 3
                # HELP slots slots
                # TYPE slots gauge
                slots 4
                # HELP work_seconds_total work_seconds_total
                # TYPE work_seconds_total counter
                work_seconds_total 1.5

                """)
    }

    @Test(
        "swift-metrics labels become Prometheus label names",
        arguments: [("requests", "requests_total"), ("http.requests-all", "http_requests_all_total"), ("2nd_total", "_2nd_total")])
    func labelNamesAreMapped(label: String, name: String) {
        let registry = PrometheusRegistry()
        Counter(label: label, factory: registry).increment()
        #expect(Exposition(registry)[name] == 1)
    }

    @Test("a timer is in seconds, whatever its name")
    func timersAreInSeconds() {
        let registry = PrometheusRegistry()
        Metrics.Timer(label: "wait", factory: registry).recordSeconds(3)
        #expect(Exposition(registry)["wait_seconds_sum"] == 3)
    }

    @Test("label values and help texts are escaped")
    func textIsEscaped() {
        let registry = PrometheusRegistry(descriptions: [MetricDescription(.gauge, "odd", "One\nline \\ \"only\".")])
        Gauge(label: "odd", dimensions: [("a-b", "x\"y\\z\nü")], factory: registry).record(1)
        let lines = Exposition(registry).lines
        #expect(lines.contains(##"# HELP odd One\nline \\ "only"."##))
        #expect(lines.contains(##"odd{a_b="x\"y\\z\nü"} 1"##))
    }

    @Test(
        "numbers are written as Prometheus parses them",
        arguments: [
            (0.0, "0"), (-2, "-2"), (0.000_01, "1e-05"), (1e15, "1000000000000000"), (1e300, "1e+300"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"),
        ])
    func numbersAreWrittenForPrometheus(value: Double, text: String) {
        let registry = PrometheusRegistry()
        Gauge(label: "value", factory: registry).record(value)
        #expect(Exposition(registry).lines.last == "value \(text)")
    }

    @Test("the order of labels makes no difference")
    func labelOrderDoesNotMatter() {
        let registry = PrometheusRegistry()
        Counter(label: "n_total", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        Counter(label: "n_total", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        #expect(Exposition(registry)[#"n_total{a="1",b="2"}"#] == 2)
    }
}
