/// All series with one name.
struct Family {
    let kind: MetricDescription.Kind
    private(set) var series: [LabelText: any Series] = [:]
    /// The number of series rejected by the limit.
    var refused: UInt64 = 0

    init(_ kind: MetricDescription.Kind) { self.kind = kind }

    /// The series with these labels, created if it does not exist.
    ///
    /// - Returns: nil if the family is full or has another type.
    mutating func series<Wanted: Series>(
        _ labels: LabelText, _ kind: MetricDescription.Kind, limit: Int, make: () -> Wanted
    ) -> Wanted? {
        guard kind == self.kind else { return nil }
        if let known = series[labels] { return known as? Wanted }
        guard series.count < limit else { return nil }
        let made = make()
        series[labels] = made
        return made
    }

    /// Removes this series, but not a later one with the same labels.
    mutating func remove(_ gone: any Series) {
        if series[gone.identity.labels] === gone { series[gone.identity.labels] = nil }
    }

    var sorted: [any Series] { series.sorted { $0.key.text < $1.key.text }.map(\.value) }
}

/// Describes a metric in advance: its help text, its labels, its buckets.
public struct MetricDescription: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case counter, gauge, histogram
    }

    /// The full exported name.
    public let name: String
    public let kind: Kind
    /// The names of its labels.
    public let labels: [String]
    /// One sentence, with the unit if the name does not show it.
    public let help: String
    /// The buckets of a histogram; nil for those suggested by its name.
    public let buckets: HistogramBuckets?

    public init(_ kind: Kind, _ name: String, labels: [String] = [], buckets: HistogramBuckets? = nil, _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
        self.buckets = buckets
    }
}
