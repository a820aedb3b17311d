import Foundation

/// Metrics of this process from `/proc`, with the names that all Prometheus client libraries use.
public struct ProcessCollector: Sendable {
    public static let descriptions: [MetricDescription] = [
        MetricDescription(.gauge, "process_resident_memory_bytes", "Resident memory of the process."),
        MetricDescription(.gauge, "process_virtual_memory_bytes", "Virtual memory of the process."),
        MetricDescription(.counter, "process_cpu_seconds_total", "CPU time used by the process, user and system."),
        MetricDescription(.gauge, "process_threads", "Number of threads of the process."),
        MetricDescription(.gauge, "process_open_fds", "Open file descriptors."),
        MetricDescription(.gauge, "process_max_fds", "Maximum number of open file descriptors."),
        MetricDescription(.gauge, "process_start_time_seconds", "Start time of the process in seconds since 1970."),
    ]

    /// Clock ticks per second, the time unit of `/proc`.
    private let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    private let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))

    public init() {}

    /// Adds everything that can be read; on other systems than Linux, this is little.
    public func collect(into collection: inout PrometheusRegistry.Collection) {
        if let fields = Self.statistics() {
            collection.counter("process_cpu_seconds_total", (fields[11] + fields[12]) / ticks)
            collection.gauge("process_threads", fields[17])
            collection.gauge("process_virtual_memory_bytes", fields[20])
            collection.gauge("process_resident_memory_bytes", fields[21] * pageSize)
            if let boot = Self.bootTime() { collection.gauge("process_start_time_seconds", boot + fields[19] / ticks) }
        }
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            // Listing the folder has opened a descriptor.
            collection.gauge("process_open_fds", Double(max(0, open - 1)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            collection.gauge("process_max_fds", Double(limit.rlim_cur))
        }
    }

    /// The fields of `/proc/self/stat` from the third on. The second, the name, may contain spaces and parentheses.
    private static func statistics() -> [Double]? {
        guard let text = read("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
        return fields.count > 21 ? fields : nil
    }

    /// Seconds since 1970.
    private static func bootTime() -> Double? {
        read("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }

    private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
