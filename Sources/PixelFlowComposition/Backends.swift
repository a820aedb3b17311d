package import PixelFlowCore
package import PixelFlowDispatch
package import PixelFlowHTTP
package import PixelFlowIdentity
package import ServiceLifecycle

/// Where auth keeps people, organisations and signing keys: `UserBackends.servers` or a part of `Backends.embedded`.
package struct UserBackends: Sendable {
    package let store: IdentityStore
    /// Whether the store is a part of this process. One that is not may be away at the start, and is used when it answers.
    package let isEmbedded: Bool
    /// What runs for as long as the store is used; started first, stopped last.
    package let services: [any Service]
    /// Ask the store how it is set up, for operators.
    package let probes: [BackendProbe]

    package init(store: IdentityStore, isEmbedded: Bool, services: [any Service] = [], probes: [BackendProbe] = []) {
        self.store = store
        self.isEmbedded = isEmbedded
        self.services = services
        self.probes = probes
    }
}

/// What api and worker keep tasks and objects in, and how they reach each other: `TaskBackends.servers` or a part of
/// `Backends.embedded`.
package struct TaskBackends: Sendable {
    package let tasks: any TaskDatabase
    package let blobs: any ObjectDatabase
    package let broker: any TaskBroker
    package let events: any TaskEvents
    /// Tell what of the tasks need not be read again.
    package let versions: any TaskVersions
    /// Refuses a database and a blob store that do not belong together.
    package let installation: InstallationCheck
    /// Carries what happens here to the broker; runs with `services`.
    package let publisher: OutboxPublisher
    /// Whether the backends are a part of this process. Those that are not may be away at the start; until they answer, `/readyz`
    /// names them.
    package let isEmbedded: Bool
    /// What runs for as long as the backends are used, the publisher included; started first, stopped last.
    package let services: [any Service]
    /// Ask the backends how they are set up, for operators.
    package let probes: [BackendProbe]

    package init(
        tasks: any TaskDatabase, blobs: any ObjectDatabase, broker: any TaskBroker, events: any TaskEvents,
        versions: any TaskVersions, installation: InstallationCheck, publisher: OutboxPublisher, isEmbedded: Bool,
        services: [any Service], probes: [BackendProbe] = []
    ) {
        self.tasks = tasks
        self.blobs = blobs
        self.broker = broker
        self.events = events
        self.versions = versions
        self.installation = installation
        self.publisher = publisher
        self.isEmbedded = isEmbedded
        self.services = services + [publisher]
        self.probes = probes
    }

    /// The checks of the task database and the blob store.
    package var storeChecks: [HealthCheck] {
        [
            HealthCheck("task_database") { try await tasks.check() },
            HealthCheck("blob_store") { try await blobs.check() },
        ]
    }

    /// The check of the broker; none where the broker is a part of this process and cannot be away.
    ///
    /// - Parameter need: what the broker means for the readiness of the service.
    package func brokerChecks(need: HealthCheck.Need) -> [HealthCheck] {
        isEmbedded ? [] : [HealthCheck("broker", need: need) { try await broker.check() }]
    }
}

/// All backends of a process that runs every service.
package struct Backends: Sendable {
    package let users: UserBackends
    package let tasks: TaskBackends

    package init(users: UserBackends, tasks: TaskBackends) {
        self.users = users
        self.tasks = tasks
    }
}
