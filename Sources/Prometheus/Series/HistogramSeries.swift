import Metrics

/// How often values fell into each of a row of buckets, and their sum.
final class HistogramSeries: Series, TimerHandler, RecorderHandler {
    let identity: SeriesIdentity
    private let bounds: [Double]
    /// A cell for each bucket, one for larger values, and one for the sum.
    private let cells: ShardedCells
    /// `le="…"` of each bucket, as it is written.
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
        // NaN would make the sum NaN forever.
        guard value.isFinite else { return }
        let shard = ShardedCells.shard
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        cells.add(UInt64(1), at: bucket, in: shard)
        cells.add(value, at: bounds.count + 1, in: shard)
    }

    /// The count is that of the buckets, so that the two agree in each scrape.
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
