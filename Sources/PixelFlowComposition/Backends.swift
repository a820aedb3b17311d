package import PixelFlowCore
package import PixelFlowDispatch
package import PixelFlowHTTP
package import PixelFlowIdentity
package import ServiceLifecycle

/// The store of users, organisations and signing keys for auth: `UserBackends.servers` or a part of `Backends.embedded`.
package struct UserBackends: Sendable {
    package let store: IdentityStore
    /// Whether the store is in this process. A remote one may be unavailable at startup and is used once it responds.
    package let isEmbedded: Bool
    /// Services that run while the store is in use: started first, stopped last.
    package let services: [any Service]
    /// Report the configuration of the store to operators.
    package let probes: [BackendProbe]

    package init(store: IdentityStore, isEmbedded: Bool, services: [any Service] = [], probes: [BackendProbe] = []) {
        self.store = store
        self.isEmbedded = isEmbedded
        self.services = services
        self.probes = probes
    }
}

/// The stores of tasks and objects for api and worker, and the connection between the two: `TaskBackends.servers` or a part of
/// `Backends.embedded`.
package struct TaskBackends: Sendable {
    package let tasks: any TaskDatabase
    package let blobs: any ObjectDatabase
    package let broker: any TaskBroker
    package let events: any TaskEvents
    /// Determines which cached responses about tasks are still current.
    package let versions: any TaskVersions
    /// Rejects a database and a blob store that do not belong together.
    package let installation: InstallationCheck
    /// Publishes the changes made in this process to the broker; runs as part of `services`.
    package let publisher: OutboxPublisher
    /// Whether the backends are in this process. Remote ones may be unavailable at startup; until they respond, `/readyz`
    /// lists them.
    package let isEmbedded: Bool
    /// Services that run while the backends are in use, including the publisher: started first, stopped last.
    package let services: [any Service]
    /// Report the configuration of the backends to operators.
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

    /// The check of the broker; empty if the broker is in this process and cannot be unavailable.
    ///
    /// - Parameter need: the effect of the broker on the readiness of the service.
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
