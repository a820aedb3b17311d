import Metrics
import Prometheus
import Testing

@Suite("Registry")
struct RegistryTests {
    @Test("nothing is lost when many threads count concurrently")
    func concurrentCountsAreNotLost() async {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "n_total", factory: registry)
        let floating = FloatingPointCounter(label: "f_total", factory: registry)
        let duration = Metrics.Timer(label: "d_seconds", factory: registry)
        let level = Meter(label: "level", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        floating.increment(by: 0.5)
                        duration.recordMilliseconds(500)
                        level.increment()
                    }
                    level.decrement(by: 9999)
                }
            }
        }
        let seen = Exposition(registry)
        #expect(seen["n_total"] == 160_000)
        #expect(seen["f_total"] == 80_000)
        #expect(seen["d_seconds_count"] == 160_000)
        #expect(seen["d_seconds_sum"] == 80_000)
        #expect(seen[#"d_seconds_bucket{le="0.25"}"#] == 0)
        #expect(seen[#"d_seconds_bucket{le="0.5"}"#] == 160_000)
        #expect(seen["level"] == 16)
    }

    @Test("histogram buckets are cumulative, and the last one contains everything")
    func bucketsAreCumulative() {
        let registry = PrometheusRegistry(descriptions: [
            MetricDescription(.histogram, "size_bytes", buckets: HistogramBuckets([10, 1, 10, .infinity]), "Sizes.")
        ])
        let sizes = Recorder(label: "size_bytes", factory: registry)
        for size in [0, 1, 2, 10, 11] { sizes.record(size) }
        sizes.record(Double.nan)
        let seen = Exposition(registry)
        #expect(seen[#"size_bytes_bucket{le="1"}"#] == 2)
        #expect(seen[#"size_bytes_bucket{le="10"}"#] == 4)
        #expect(seen[#"size_bytes_bucket{le="+Inf"}"#] == 5)
        #expect(seen["size_bytes_sum"] == 24)
        #expect(seen["size_bytes_count"] == 5)
    }

    @Test("a metric without its own buckets gets those of its unit")
    func standardBucketsFollowTheUnit() {
        let registry = PrometheusRegistry()
        Metrics.Timer(label: "a_seconds", factory: registry).recordSeconds(1)
        Recorder(label: "b_bytes", factory: registry).record(1)
        let text = Exposition(registry).text
        #expect(text.contains(#"a_seconds_bucket{le="0.005"} 0"#) && text.contains(#"a_seconds_bucket{le="60"} 1"#))
        #expect(text.contains(#"b_bytes_bucket{le="1024"} 1"#) && text.contains(#"b_bytes_bucket{le="67108864"} 1"#))
    }

    @Test("a label with unbounded values costs a bounded number of series")
    func labelCardinalityIsBounded() {
        let registry = PrometheusRegistry(seriesLimit: 3)
        for number in 0..<10 { Counter(label: "n_total", dimensions: [("id", "\(number)")], factory: registry).increment() }
        Counter(label: "n_total", dimensions: [("id", "0")], factory: registry).increment()
        let seen = Exposition(registry)
        #expect(seen.lines.count { $0.hasPrefix("n_total{") } == 3)
        #expect(seen[#"n_total{id="0"}"#] == 2)
        #expect(seen[#"metrics_refused_series_total{metric="n_total"}"#] == 7)
    }

    @Test("a name in use is refused for another type, and reported")
    func conflictingTypeIsRefused() {
        let registry = PrometheusRegistry()
        Counter(label: "n_total", factory: registry).increment()
        Gauge(label: "n_total", factory: registry).record(7)
        #expect(Exposition(registry)["n_total"] == 1)
        #expect(Exposition(registry)[#"metrics_refused_series_total{metric="n_total"}"#] == 1)
    }

    @Test("a destroyed metric is no longer exported")
    func destroyedMetricIsNotExported() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "n_total", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(Exposition(registry).text.isEmpty)
        let again = Counter(label: "n_total", factory: registry)
        again.increment()
        counter.destroy()
        #expect(Exposition(registry)["n_total"] == 1)
    }

    @Test("a counter never decreases; reset sets it to zero")
    func counterDecreasesOnlyByReset() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "n_total", factory: registry)
        counter.increment(by: 5)
        counter.increment(by: -3)
        #expect(Exposition(registry)["n_total"] == 5)
        counter.reset()
        #expect(Exposition(registry)["n_total"] == 0)
    }

    @Test("collectors are called on each scrape")
    func collectorsRunOnEachScrape() {
        let registry = PrometheusRegistry()
        registry.collect { $0.gauge("level", 1, labels: [("tank", "a")], help: "Level.") }
        registry.collect { $0.gauge("level", 2, labels: [("tank", "b")]) }
        let seen = Exposition(registry)
        #expect(seen.text == "# HELP level Level.\n# TYPE level gauge\nlevel{tank=\"a\"} 1\nlevel{tank=\"b\"} 2\n")
    }

    @Test("with several pages, each claimed metric is on one page, and the rest on all")
    func claimedMetricsAreOnOnePage() {
        let registry = PrometheusRegistry()
        for name in ["auth_a", "task_b", "task_new_c", "other"] { Gauge(label: name, factory: registry).record(1) }
        let auth = registry.page(claiming: ["auth_"])
        #expect(Exposition(auth).families == ["auth_a", "other", "task_b", "task_new_c"])
        let api = registry.page(claiming: ["api_", "task_new"])
        let worker = registry.page(claiming: ["task_"])
        #expect(Exposition(auth).families == ["auth_a", "other"])
        #expect(Exposition(api).families == ["other", "task_new_c"])
        #expect(Exposition(worker).families == ["other", "task_b"])
        #expect(Exposition(registry).families == ["auth_a", "other", "task_b", "task_new_c"])
    }
}
