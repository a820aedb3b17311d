import CRDKafka
package import Logging
import NIOPosix
package import PixelFlowCore

/// Read-only queries of a cluster.
package final class KafkaAdmin: Sendable {
    private let settings: KafkaSettings
    private let handle: @Sendable () -> KafkaHandle
    private let threads: AdminThreads

    /// Connects on the first request.
    ///
    /// - Throws: `setting_invalid`.
    package init(_ settings: KafkaSettings, logger: Logger) throws(PixelFlowError) {
        self.settings = settings
        // A consumer instance, because its queries do not create topics. It joins no group.
        let callbacks = KafkaCallbacks(log: KafkaLog(logger, client: "admin"))
        let handle = try KafkaHandle(.consumer, KafkaProperties.common(settings), callbacks: callbacks)
        self.handle = { handle }
        threads = AdminThreads()
    }

    init(_ settings: KafkaSettings, threads: AdminThreads, handle: @escaping @Sendable () -> KafkaHandle) {
        self.settings = settings
        self.handle = handle
        self.threads = threads
    }

    /// The lag of a group.
    ///
    /// - Parameters:
    ///   - group: nil for that of the workers.
    ///   - topic: nil for that of the dispatch messages.
    /// - Throws: `not_found` if there is no such topic, `broker_unavailable` if the cluster does not respond.
    package func lag(group: String? = nil, topic: String? = nil) async throws -> KafkaGroupLag {
        let group = group ?? settings.group
        let topic = topic ?? settings.topic
        let limit = settings.adminTimeout
        do {
            return try await threads.run { [handle] in try handle().lag(group: group, topic: topic, within: limit) }
        } catch let failure as KafkaError where failure.isUnknownTopic {
            throw PixelFlowError.notFound("topic")
        } catch {
            throw PixelFlowError.unavailable("broker", cause: error)
        }
    }

    /// The lag of the workers on each lane's topic. Omits lanes whose topic does not exist yet, as before the upgrade that introduced
    /// lanes. The result is never empty.
    ///
    /// - Throws: `not_found` if there is no topic of the normal lane, `broker_unavailable` if the cluster does not respond.
    package func lagOfLanes() async throws -> [Lane: KafkaGroupLag] {
        var lags: [Lane: KafkaGroupLag] = [:]
        for lane in Lane.allCases {
            do {
                lags[lane] = try await lag(topic: settings.topic(of: lane))
            } catch let error as PixelFlowError where error.kind == .notFound && lane != .normal {
                continue
            }
        }
        return lags
    }

    /// Whether the workers have settled all retained dispatch messages that were published before `time`. A lane other than `normal`
    /// whose topic does not exist has none.
    ///
    /// - Throws: `broker_unavailable` if the cluster does not respond.
    func hasDelivered(everythingBefore time: Timestamp) async throws -> Bool {
        let (group, limit) = (settings.group, settings.adminTimeout)
        let topics = Lane.allCases.map { (lane: $0, name: settings.topic(of: $0)) }
        do {
            return try await threads.run { [handle] in
                for topic in topics {
                    do {
                        let isDelivered = try handle().hasDelivered(
                            everythingBefore: time, to: group, topic: topic.name, within: limit)
                        if !isDelivered { return false }
                    } catch let failure as KafkaError where failure.isUnknownTopic && topic.lane != .normal {
                        continue
                    }
                }
                return true
            }
        } catch {
            throw PixelFlowError.unavailable("broker", cause: error)
        }
    }

    /// Ends the threads. No further queries are allowed.
    package func close() async { await threads.close() }
}

/// The threads on which queries block.
final class AdminThreads: Sendable {
    private let pool: NIOThreadPool

    init() {
        pool = NIOThreadPool(numberOfThreads: 2)
        pool.start()
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await pool.runIfActive(body)
    }

    func close() async { try? await pool.shutdownGracefully() }
}
