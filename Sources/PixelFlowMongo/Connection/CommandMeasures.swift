import Metrics
import WireFormats

/// The purpose of a command, also the label in metrics.
enum MongoOperation: String, CaseIterable, Sendable {
    case prepare, check, clock, diagnose
    case create, claim, renew, complete, change, confirm
    case find, list, changes, statistics
    case due, turns, waiting, expired, acknowledge, unpublished, deleted, purge, known
    case presets, usage, webhooks, batches, audit
    case orphans, installation, archive
}

/// Counts and times round trips: `database_requests_total{backend,operation,outcome}` and
/// `database_request_duration_seconds{backend,operation}`.
struct CommandMeasures: Sendable {
    private struct Meters: Sendable {
        let answered: Counter
        let refused: Counter
        let failed: Counter
        let duration: Metrics.Timer
    }

    private let meters: [MongoOperation: Meters]

    init(_ metrics: any MetricsFactory) {
        meters = Dictionary(
            uniqueKeysWithValues: MongoOperation.allCases.map { operation in
                let labels = [("backend", "mongodb"), ("operation", operation.rawValue)]
                func counter(_ outcome: String) -> Counter {
                    Counter(label: "database_requests_total", dimensions: labels + [("outcome", outcome)], factory: metrics)
                }
                return (
                    operation,
                    Meters(
                        answered: counter("answered"), refused: counter("refused"), failed: counter("failed"),
                        duration: Metrics.Timer(label: "database_request_duration_seconds", dimensions: labels, factory: metrics))
                )
            })
    }

    /// Runs `body` and records its outcome: `answered`, `refused` by the server, or `failed` in transit.
    func measure<Value>(_ operation: MongoOperation, _ body: () throws -> Value) throws -> Value {
        let meters = meters[operation]
        let start = ContinuousClock.now
        defer {
            meters?.duration.recordNanoseconds((ContinuousClock.now - start).nanoseconds)
        }
        do {
            let value = try body()
            meters?.answered.increment()
            return value
        } catch {
            let kind = (error as? MongoError)?.kind
            (kind == .server || kind == .credentials ? meters?.refused : meters?.failed)?.increment()
            throw error
        }
    }
}
