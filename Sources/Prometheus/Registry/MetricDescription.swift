/// Information about a metric before anything has been measured: its help text, its labels, its buckets.
public struct MetricDescription: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case counter, gauge, histogram
    }

    /// The full name, as it is exported.
    public let name: String
    public let kind: Kind
    /// The names of its labels.
    public let labels: [String]
    /// One sentence, with the unit if the name does not show it.
    public let help: String
    /// Of a histogram; nil for those that its name suggests.
    public let buckets: HistogramBuckets?

    public init(_ kind: Kind, _ name: String, labels: [String] = [], buckets: HistogramBuckets? = nil, _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
        self.buckets = buckets
    }
}
