import KubernetesClient

/// The two times that the adapter goes by; tests move them by hand.
struct AdapterClock: Sendable {
    /// The time of day: what certificates and answers carry.
    var now: @Sendable () -> Timestamp = { .now }
    /// Never jumps: how old something is.
    var uptime: @Sendable () -> ContinuousClock.Instant = { .now }
}
