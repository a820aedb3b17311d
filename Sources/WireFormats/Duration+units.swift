extension Duration {
    /// Whole milliseconds; finer precision is truncated. Clamped to the range of `Int64`.
    public var milliseconds: Int64 { whole(1_000) }

    /// Whole microseconds; finer precision is truncated. Clamped to the range of `Int64`.
    public var microseconds: Int64 { whole(1_000_000) }

    /// Whole nanoseconds; finer precision is truncated. Clamped to the range of `Int64`.
    public var nanoseconds: Int64 { whole(1_000_000_000) }

    /// Seconds with a fraction in whole microseconds. Clamped like `microseconds`.
    public var seconds: Double { Double(microseconds) / 1_000_000 }

    private func whole(_ unitsPerSecond: Int64) -> Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: unitsPerSecond)
        let (sum, overflowsToo) = whole.addingReportingOverflow(attoseconds / (1_000_000_000_000_000_000 / unitsPerSecond))
        return overflows || overflowsToo ? (seconds < 0 ? .min : .max) : sum
    }
}
