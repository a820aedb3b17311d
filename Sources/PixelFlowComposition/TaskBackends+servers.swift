package import Logging
package import PixelFlowBackends
package import PixelFlowCore
import PixelFlowDispatch
import PixelFlowHTTP
import PixelFlowKafka
import PixelFlowMongo
import PixelFlowRuntime
import PixelFlowS3
import ServiceLifecycle

/// `mongodb://`, `kafka://` and `s3://`: tasks in MongoDB, dispatch messages and events in Kafka, objects in an S3-compatible store.
extension TaskBackends {
    package static let serverSettings: [SettingDescription] =
        MongoSettings.descriptions + KafkaSettings.descriptions + S3Settings.descriptions + InstallationCheck.descriptions

    /// The role of a process.
    package enum Role: Sendable {
        case api
        /// - Parameters:
        ///   - slots: tasks processed concurrently; about twice as many dispatch messages are prefetched.
        ///   - lanes: the lanes whose dispatch messages it receives.
        case worker(slots: Int, lanes: Set<Lane>)
    }

    /// Opens the backends without using the network. A backend that is unavailable at startup is used once it responds.
    ///
    /// The installation check runs as a service: it ends the process if database and bucket do not belong together.
    ///
    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package static func servers(_ settings: Settings, as role: Role, logger: Logger) throws(PixelFlowError) -> TaskBackends {
        let tasks = try MongoTaskStore(try MongoSettings(settings))
        let blobs = S3BlobStore(try S3Settings(settings), logger: logger)
        var kafkaSettings = try KafkaSettings(settings)
        kafkaSettings.clientID = role.clientID
        let kafka = try KafkaClient(kafkaSettings, logger: logger)
        let broker = KafkaTaskBroker(kafka, slots: role.slots, lanes: role.lanes)
        let events = KafkaTaskEvents(kafka, interest: role.interest)
        let installation = try InstallationCheck(database: tasks, objects: blobs, settings: settings, logger: logger)
        let versions = FollowedVersions(events: events, logger: logger)
        return TaskBackends(
            tasks: tasks, blobs: blobs, broker: broker, events: events, versions: versions, installation: installation,
            publisher: OutboxPublisher(
                store: tasks, broker: broker, events: events, webhooks: tasks, versions: versions, logger: logger),
            isEmbedded: false,
            services: [
                ClosingService { await kafka.close() },
                PreparationService { try await blobs.prepare() },
                PreparationService {
                    try? await cancelWhenGracefulShutdown {
                        try await tasks.keepIndexes {
                            logger.warning("indexes are not built yet, will be retried", metadata: ["error": "\($0)"])
                        }
                    }
                },
                installation,
            ] + (role.followsTasks ? [versions] : []),
            probes: [BackendProbe("task_database", tasks), BackendProbe("blob_store", blobs), BackendProbe("broker", broker)])
    }
}

extension TaskBackends.Role {
    fileprivate var clientID: String {
        switch self {
        case .api: "pixelflow-api"
        case .worker: "pixelflow-worker"
        }
    }

    /// A worker needs only cancellations and skips decoding everything else.
    fileprivate var interest: EventInterest {
        switch self {
        case .api: .everything
        case .worker: .cancellations
        }
    }

    /// A worker does not serve requests about tasks.
    fileprivate var followsTasks: Bool {
        switch self {
        case .api: true
        case .worker: false
        }
    }

    fileprivate var slots: Int {
        switch self {
        case .api: 1
        case .worker(let slots, _): slots
        }
    }

    fileprivate var lanes: Set<Lane> {
        switch self {
        case .api: Set(Lane.allCases)
        case .worker(_, let lanes): lanes
        }
    }
}

/// Runs once at startup, concurrently with everything else. If it throws, the process ends with the error.
private struct PreparationService: Service {
    private let prepare: @Sendable () async throws -> Void

    init(_ prepare: @escaping @Sendable () async throws -> Void) { self.prepare = prepare }

    func run() async throws {
        try await prepare()
        try await gracefulShutdown()
    }
}
