import Tracing

/// The time of day.
enum WallSeconds {
    /// Whole seconds since 1970.
    static var now: Int64 { Int64(DefaultTracerClock.now.nanosecondsSinceEpoch / 1_000_000_000) }
}
