import Metrics

/// Counts values by bucket, and sums them.
final class HistogramSeries: Series, TimerHandler, RecorderHandler {
    let identity: SeriesIdentity
    private let bounds: [Double]
    /// A cell for each bucket, one for values above all buckets, and one for the sum.
    private let cells: ShardedCells
    /// The formatted `le="…"` of each bucket.
    private let limits: [String]

    init(_ identity: SeriesIdentity, buckets: HistogramBuckets) {
        self.identity = identity
        bounds = buckets.bounds
        cells = ShardedCells(count: bounds.count + 2)
        limits = bounds.map { ExpositionText.number($0) } + ["+Inf"]
    }

    func recordNanoseconds(_ duration: Int64) { observe(Double(max(0, duration)) / 1_000_000_000) }
    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }

    private func observe(_ value: Double) {
        // A NaN would make the sum NaN forever.
        guard value.isFinite else { return }
        let shard = ShardedCells.shard
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        cells.add(UInt64(1), at: bucket, in: shard)
        cells.add(value, at: bounds.count + 1, in: shard)
    }

    /// The count is the total of the buckets, so that the two are consistent in each scrape.
    func write(to text: inout ExpositionText) {
        var total: UInt64 = 0
        for (index, limit) in limits.enumerated() {
            total += cells.sum(index)
            text.sample(identity.name + "_bucket", identity.labels.adding("le", limit), total)
        }
        text.sample(identity.name + "_sum", identity.labels, cells.floatingSum(bounds.count + 1))
        text.sample(identity.name + "_count", identity.labels, total)
    }
}

/// The upper bounds of a histogram's buckets; everything above the last one is counted under `+Inf`.
public struct HistogramBuckets: Sendable, Hashable {
    /// Ascending, finite and unique.
    public let bounds: [Double]

    /// Sorts the bounds and drops invalid ones.
    public init(_ bounds: [Double]) {
        self.bounds = Set(bounds.filter(\.isFinite)).sorted()
    }

    /// Seconds, from 5 ms to a minute: for requests, tasks and backend calls.
    public static let durations = HistogramBuckets([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])
    /// Bytes, from 1 KiB to 64 MiB, in factors of four.
    public static let sizes = HistogramBuckets([
        1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ])
    /// Quantities without a unit.
    public static let counts = HistogramBuckets([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])

    /// The buckets suggested by the unit in a name.
    static func suggested(by name: String) -> HistogramBuckets {
        if name.hasSuffix("_seconds") { return durations }
        return name.hasSuffix("_bytes") ? sizes : counts
    }
}
