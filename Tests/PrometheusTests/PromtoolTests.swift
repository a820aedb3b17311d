import Deadlines
import Foundation
import Metrics
import Prometheus
import TestSupport
import Testing

/// Prometheus' own checker, of Debian's package `prometheus`; `make test` installs it.
private let promtool = "/usr/bin/promtool"

@Suite("promtool", .enabled(if: FileManager.default.isExecutableFile(atPath: promtool)))
struct PromtoolTests {
    @Test("accepts what a registry writes, without warnings")
    func acceptsOurOutput() throws {
        let registry = PrometheusRegistry(descriptions: ProcessCollector.descriptions)
        registry.collect { ProcessCollector().collect(into: &$0) }
        Counter(label: "requests_total", dimensions: [("path", "a\"\\\n}")], factory: registry).increment()
        Metrics.Timer(label: "request_duration_seconds", dimensions: [("method", "GET")], factory: registry).recordMilliseconds(7)
        Recorder(label: "source_size_bytes", factory: registry).record(123_456)
        FloatingPointCounter(label: "render_cpu_seconds_total", factory: registry).increment(by: 0.25)
        Gauge(label: "slots_busy", factory: registry).record(Double.infinity)
        let (status, output) = try check(registry.text())
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty)
    }

    @Test("does reject invalid input")
    func refusesInvalidInput() throws {
        let (status, output) = try check(Array("a_total 1\na_total 2 x\n".utf8))
        #expect(status != 0 && !output.isEmpty)
    }

    private func check(_ text: [UInt8]) throws -> (status: Int32, output: String) {
        let outcome = try Command.run(promtool, ["check", "metrics"], input: text)
        return (outcome.status, outcome.output + outcome.errors)
    }
}
