/// The upper bounds of a histogram's buckets; everything above the last one is counted under `+Inf`.
public struct HistogramBuckets: Sendable, Hashable {
    /// Ascending, finite, without repetition.
    public let bounds: [Double]

    /// Sorts the bounds and drops invalid ones.
    public init(_ bounds: [Double]) {
        self.bounds = Set(bounds.filter(\.isFinite)).sorted()
    }

    /// Seconds, from 5 ms to a minute: requests, tasks, calls of a backend.
    public static let durations = HistogramBuckets([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])
    /// Bytes, from 1 KiB to 64 MiB, in steps of four.
    public static let sizes = HistogramBuckets([
        1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864,
    ])
    /// Numbers of things.
    public static let counts = HistogramBuckets([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])

    /// The buckets that a name suggests by its unit.
    static func suggested(by name: String) -> HistogramBuckets {
        if name.hasSuffix("_seconds") { return durations }
        return name.hasSuffix("_bytes") ? sizes : counts
    }
}
