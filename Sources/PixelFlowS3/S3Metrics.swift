import Metrics
import Synchronization
import WireFormats

/// Metrics of the object store.
final class S3Metrics: Sendable {
    private struct Outcome: Hashable {
        let operation: S3Operation
        let status: String
    }

    private let factory: any MetricsFactory
    private let requests = Mutex<[Outcome: Counter]>([:])
    private let durations: [S3Operation: Metrics.Timer]
    private let written: Counter
    private let read: Counter

    init(factory: any MetricsFactory) {
        self.factory = factory
        durations = Dictionary(
            uniqueKeysWithValues: S3Operation.allCases.map { operation in
                let label = "s3_request_duration_seconds"
                return (operation, Metrics.Timer(label: label, dimensions: [("operation", operation.rawValue)], factory: factory))
            })
        written = Counter(label: "blob_bytes_total", dimensions: [("direction", "written")], factory: factory)
        read = Counter(label: "blob_bytes_total", dimensions: [("direction", "read")], factory: factory)
    }

    /// - Parameter status: the HTTP status; nil if there was no response.
    func record(_ operation: S3Operation, status: Int?, after duration: Duration) {
        let outcome = Outcome(operation: operation, status: status.map { "\($0)" } ?? "none")
        let counter = requests.withLock { requests in
            if let known = requests[outcome] { return known }
            let counter = Counter(
                label: "s3_requests_total", dimensions: [("operation", operation.rawValue), ("status", outcome.status)], factory: factory)
            requests[outcome] = counter
            return counter
        }
        counter.increment()
        durations[operation]?.recordNanoseconds(duration.nanoseconds)
    }

    func recordWritten(_ bytes: Int) { written.increment(by: bytes) }
    func recordRead(_ bytes: Int) { read.increment(by: bytes) }
}
