package import Logging
package import PixelFlowCore
package import PixelFlowDispatch
package import PixelFlowHTTP
import PixelFlowKafka
import PixelFlowMongo
import PixelFlowRuntime
import PixelFlowS3
package import ServiceLifecycle

/// What api and worker keep their data in: MongoDB, Kafka and an S3-compatible store.
///
/// Opening touches no network. A backend that is away at the start is used when it is there; until then `/readyz` names it.
package struct TaskBackends: Sendable {
    package static let descriptions: [SettingDescription] =
        MongoSettings.descriptions + KafkaSettings.descriptions + S3Settings.descriptions + InstallationCheck.descriptions

    /// What a process does with the backends.
    package enum Role: Sendable {
        case api
        /// - Parameter slots: tasks in hand at a time; about twice as many dispatch messages are fetched ahead.
        case worker(slots: Int)
    }

    package let tasks: any TaskDatabase
    package let blobs: any ObjectDatabase
    /// Runs with `services`: ends the process where database and bucket do not belong together.
    package let installation: InstallationCheck
    package let broker: any TaskBroker
    package let events: any TaskEvents
    /// Carries what happens here to the broker; runs with `services`.
    package let publisher: OutboxPublisher
    /// What has to run for as long as the backends are used; started first, stopped last.
    package let services: [any Service]

    /// - Throws: `setting_invalid`, with the name of the bad setting as `field`.
    package init(_ settings: Settings, as role: Role, logger: Logger) throws(PixelFlowError) {
        let tasks = try MongoTaskStore(try MongoSettings(settings))
        let blobs = S3BlobStore(try S3Settings(settings), logger: logger)
        var kafkaSettings = try KafkaSettings(settings)
        kafkaSettings.clientID = role.clientID
        let kafka = try KafkaClient(kafkaSettings, logger: logger)
        let broker = KafkaTaskBroker(kafka, slots: role.slots)
        // A worker has to hear of cancellations only, and is spared the decoding of everything else.
        let events = KafkaTaskEvents(kafka, interest: role.interest)
        let publisher = OutboxPublisher(store: tasks, broker: broker, events: events, logger: logger)
        (self.tasks, self.blobs, self.broker, self.events, self.publisher) = (tasks, blobs, broker, events, publisher)
        installation = try InstallationCheck(database: tasks, objects: blobs, settings: settings, logger: logger)
        services = [
            ClosingService { await kafka.close() },
            PreparationService { try await blobs.prepare() },
            installation,
            publisher,
        ]
    }

    /// The probes of a service that needs all of the backends.
    package func health(drain: DrainState) -> HealthRoutes {
        HealthRoutes(
            checks: [
                HealthCheck("task_database") { try await tasks.check() },
                HealthCheck("blob_store") { try await blobs.check() },
                HealthCheck("broker") { try await broker.check() },
            ], drain: drain)
    }
}

extension TaskBackends.Role {
    fileprivate var clientID: String {
        switch self {
        case .api: "pixelflow-api"
        case .worker: "pixelflow-worker"
        }
    }

    fileprivate var interest: EventInterest {
        switch self {
        case .api: .everything
        case .worker: .cancellations
        }
    }

    fileprivate var slots: Int {
        switch self {
        case .api: 1
        case .worker(let slots): slots
        }
    }
}

extension Dispatcher {
    package init(_ backends: TaskBackends, logger: Logger) {
        self.init(
            store: backends.tasks, broker: backends.broker, blobs: backends.blobs, publisher: backends.publisher, logger: logger)
    }
}

extension OrphanCollector {
    package init(_ backends: TaskBackends, settings: OrphanSettings, logger: Logger) {
        self.init(
            store: backends.tasks, blobs: backends.blobs, installation: backends.installation, settings: settings, logger: logger)
    }
}

/// Does something once at the start, beside everything else; where it throws, the process ends and says why.
private struct PreparationService: Service {
    private let prepare: @Sendable () async throws -> Void

    init(_ prepare: @escaping @Sendable () async throws -> Void) { self.prepare = prepare }

    func run() async throws {
        try await prepare()
        try await gracefulShutdown()
    }
}
