import Metrics
import PixelFlowCore

/// Metrics of held tasks.
struct TurnMetrics: Sendable {
    private let sent: [Lane: Counter]
    private let windows: [Lane: Gauge]
    private let queues: [Lane: Gauge]

    init(_ factory: any MetricsFactory) {
        func each<Metric>(_ make: ([(String, String)]) -> Metric) -> [Lane: Metric] {
            Dictionary(uniqueKeysWithValues: Lane.allCases.map { ($0, make([("lane", $0.rawValue)])) })
        }
        sent = each { Counter(label: "dispatch_turns_total", dimensions: $0, factory: factory) }
        windows = each { Gauge(label: "dispatch_window_messages", dimensions: $0, factory: factory) }
        queues = each { Gauge(label: "dispatch_held_organisations", dimensions: $0, factory: factory) }
    }

    func sent(_ tasks: [TaskRecord]) {
        for (lane, tasks) in Dictionary(grouping: tasks, by: \.lane) { sent[lane]?.increment(by: tasks.count) }
    }

    func record(windows sizes: [Lane: DispatchWindow], queues held: Set<HeldQueue>) {
        for (lane, window) in sizes { windows[lane]?.record(window.size) }
        for (lane, gauge) in queues { gauge.record(held.count { $0.lane == lane }) }
    }
}
