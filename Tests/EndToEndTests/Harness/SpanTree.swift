import OTLPReceiver

/// The spans of one trace.
struct SpanTree {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private let spans: [ReceivedSpan]

    init(_ spans: [ReceivedSpan]) { self.spans = spans }

    func all(_ name: String) -> [ReceivedSpan] { spans.filter { $0.name == name } }

    func span(_ id: String) -> ReceivedSpan? { spans.first { $0.spanID == id } }

    func children(_ name: String, of parent: String) -> [ReceivedSpan] { spans.filter { $0.name == name && $0.parentID == parent } }

    /// - Parameter parent: of the span; nil for any.
    func only(_ name: String, in parent: String? = nil) throws -> ReceivedSpan {
        let found = spans.filter { $0.name == name && (parent == nil || $0.parentID == parent) }
        guard let span = found.first, found.count == 1 else {
            let all = spans.map { "\($0.name) \($0.spanID) in \($0.parentID)" }.joined(separator: "\n")
            throw Missing(description: "\(found.count) spans \(name) in \(parent ?? "any") of:\n\(all)")
        }
        return span
    }
}
