import KubernetesClient

/// The two clocks of the adapter; tests control them.
struct AdapterClock: Sendable {
    /// Wall-clock time, for certificates and responses.
    var now: @Sendable () -> Timestamp = { .now }
    /// Monotonic time, for ages.
    var uptime: @Sendable () -> ContinuousClock.Instant = { .now }
}
