import Prometheus

/// The text of a registry, to look things up in.
struct Exposition {
    let text: String

    init(_ registry: PrometheusRegistry) { text = String(decoding: registry.text(), as: UTF8.self) }
    init(_ page: PrometheusRegistry.Page) { text = String(decoding: page.text(), as: UTF8.self) }

    var lines: [String] { text.split(separator: "\n").map(String.init) }

    /// The value of a series, as in `requests_total{status="200"}`.
    subscript(series: String) -> Double? {
        lines.first { $0.hasPrefix(series + " ") }.flatMap { Double($0.dropFirst(series.count + 1)) }
    }

    /// The names of all families.
    var families: [String] { lines.filter { $0.hasPrefix("# TYPE ") }.map { String($0.split(separator: " ")[2]) } }
}
