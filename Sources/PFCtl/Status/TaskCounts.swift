import KubernetesClient

/// What `/api/stats` says.
struct TaskCounts: Sendable, Hashable {
    /// By status.
    let counts: [String: Int]
    let completedLastMinute: Int
    let completedLastHour: Int
    /// Failed tasks by their error's code.
    let failures: [String: Int]
    let oldestPendingSeconds: Double?

    init(_ json: JSONValue) {
        counts = Self.integers(json["counts"])
        failures = Self.integers(json["failures"])
        completedLastMinute = json["throughput"]?["completed_last_minute"]?.intValue ?? 0
        completedLastHour = json["throughput"]?["completed_last_hour"]?.intValue ?? 0
        oldestPendingSeconds = json["oldest_pending_seconds"]?.doubleValue
    }

    private static func integers(_ json: JSONValue?) -> [String: Int] {
        (json?.objectValue ?? [:]).compactMapValues(\.intValue)
    }

    /// Tasks a second, over the last minute.
    var rate: Double { Double(completedLastMinute) / 60 }
}
