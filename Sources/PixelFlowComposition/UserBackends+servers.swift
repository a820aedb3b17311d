package import Logging
package import PixelFlowBackends
package import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import PixelFlowPostgres
import PixelFlowRuntime

/// `postgres://`: users, organisations and signing keys in PostgreSQL. A separate target, so that only auth links libpq.
extension UserBackends {
    package static let serverSettings: [SettingDescription] = PostgresSettings.descriptions

    /// Opens the store without using the network.
    ///
    /// - Throws: `setting_invalid`, with the name of the invalid setting as `field`.
    package static func servers(_ settings: Settings, logger: Logger) throws(PixelFlowError) -> UserBackends {
        let database = try PostgresIdentityDatabase(settings: PostgresSettings(settings), logger: logger)
        return UserBackends(
            store: IdentityStore(database), isEmbedded: false, services: [ClosingService { await database.shutDown() }],
            probes: [BackendProbe("database", database)])
    }
}
