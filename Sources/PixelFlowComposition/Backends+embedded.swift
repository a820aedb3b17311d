package import PixelFlowBackends
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import PixelFlowIdentity
package import PixelFlowRuntime
import PixelFlowTelemetry

extension Backends {
    /// Locks the data folder, the task database and the folder of objects, and opens the stores.
    ///
    /// - Throws: `data_folder_locked` or `data_folder_unusable`; `installation_mismatch` if database and blob store do not
    ///   belong together, before anything else uses them.
    package static func embedded(_ settings: EmbeddedSettings, context: BuildContext) async throws -> Backends {
        let folder = try DataFolder(path: settings.data, taskDatabase: settings.taskDatabasePath, blobs: settings.blobPath)
        Telemetry.watchDisk("data", path: settings.data)
        let users = IdentityStore(try SQLiteIdentityDatabase(path: settings.authDatabasePath))
        let tasks = try SQLiteTaskStore(path: settings.taskDatabasePath)
        let blobs = EmbeddedBlobStore(files: try FileBlobStore(path: settings.blobPath, reserve: settings.diskReserve), tasks: tasks)
        let logger = context.logger(for: "dispatch")
        let installation = InstallationCheck(database: tasks, objects: blobs, adopted: settings.adoptedBlobStore, logger: logger)
        _ = try await installation.verify()
        // The lock on the task database proves that the worker of every existing lease is gone.
        try await tasks.recoverAfterRestart()
        let broker = InProcessBroker()
        let events = InProcessTaskEvents()
        return Backends(
            users: UserBackends(store: users, isEmbedded: true),
            tasks: TaskBackends(
                tasks: tasks, blobs: blobs, broker: broker, events: events, versions: tasks, installation: installation,
                publisher: OutboxPublisher(store: tasks, broker: broker, events: events, webhooks: tasks, logger: logger), isEmbedded: true,
                // Unlocked last.
                services: [ClosingService { withExtendedLifetime(folder) {} }]))
    }
}
