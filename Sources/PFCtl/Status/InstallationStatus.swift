import KubernetesClient

/// A snapshot of the installation.
struct InstallationStatus: Sendable {
    let installation: Installation
    let context: String?
    let pods: [PodHealth]
    let autoscalers: [AutoscalerState]
    /// The latest first.
    let warnings: [Event]
    let tasks: TaskCounts?
    /// One line for each part that could not be read.
    let notes: [String]
    let time: Timestamp

    /// Whether anything is not as it should be.
    var isDegraded: Bool {
        installation.workloads.contains { !$0.isSettled } || autoscalers.contains { $0.trouble != nil }
    }

    func pods(of workload: Workload) -> [PodHealth] {
        pods.filter { $0.component == workload.component && !$0.isFinished }
    }

    func autoscaler(of workload: Workload) -> AutoscalerState? {
        autoscalers.first { $0.target == workload.name }
    }

    func drain(_ autoscaler: AutoscalerState) -> DrainEstimate {
        DrainEstimate(lag: autoscaler.lag, rate: tasks?.rate)
    }
}

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

/// How long a queue takes to empty.
enum DrainEstimate: Sendable, Hashable {
    case empty
    case within(Duration)
    /// Nothing is being completed.
    case never
    /// There is no basis for an estimate.
    case unknown

    /// - Parameters:
    ///   - lag: Tasks that wait.
    ///   - rate: Tasks a second; nil if it is not known.
    init(lag: Double?, rate: Double?) {
        guard let lag else {
            self = .unknown
            return
        }
        guard lag > 0 else {
            self = .empty
            return
        }
        guard let rate else {
            self = .unknown
            return
        }
        self = rate > 0 ? .within(.seconds((lag / rate).rounded(.up))) : .never
    }

    var text: String? {
        switch self {
        case .empty: "nothing waits"
        case .within(let duration): "drains in about \(DurationText.age(duration))"
        case .never: "not draining"
        case .unknown: nil
        }
    }

    /// Nil if it is not known, or never.
    var seconds: Int? {
        switch self {
        case .empty: 0
        case .within(let duration): Int(duration.components.seconds)
        case .never, .unknown: nil
        }
    }
}
