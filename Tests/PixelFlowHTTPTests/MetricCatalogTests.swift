import Foundation
import PixelFlowTelemetry
import Prometheus
import Testing

@Suite("Catalogue of metrics")
struct MetricCatalogTests {
    @Test("metric names are unique")
    func metricNamesAreUnique() {
        let names = MetricCatalog.all.map(\.name)
        #expect(Set(names).count == names.count)
    }

    /// To update the page, replace its tables with the output of this test.
    @Test("docs/metrics.md describes every metric as the services describe it to Prometheus")
    func documentationMatchesTheMetrics() throws {
        let path = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../docs/metrics.md").standardized.path
        let page = try String(contentsOfFile: path, encoding: .utf8)
        let tables = MetricCatalog.groups.map(Self.table).joined(separator: "\n")
        #expect(page.contains(tables), "expected in docs/metrics.md:\n\(tables)")
    }

    private static func table(_ group: MetricCatalog.Group) -> String {
        let rows = group.metrics.map { metric in
            "| `\(metric.name)` | \(metric.kind.rawValue) | \(metric.labels.map { "`\($0)`" }.joined(separator: " ")) | \(metric.help) |\n"
        }
        return """
            ### \(group.title)

            From \(group.origin).

            | metric | type | labels | meaning |
            | --- | --- | --- | --- |
            \(rows.joined())
            """
    }
}
