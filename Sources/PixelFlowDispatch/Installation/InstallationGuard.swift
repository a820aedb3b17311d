import Logging
package import PixelFlowCore
package import ServiceLifecycle

extension InstallationCheck: Service {
    /// The retries if a backend does not respond.
    private static let retries = RetryPolicy.every(.seconds(2))

    /// Verifies as soon as both backends respond, then idles. If they do not belong together, it throws, which ends the process.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await verifyOnceReachable() }
        } catch is CancellationError {
            return
        }
        try await gracefulShutdown()
    }

    fileprivate func verifyOnceReachable() async throws {
        let warn: (any Error) -> Void = { logger.warning("installation not verified yet", metadata: ["error": "\($0)"]) }
        note(try await retry(Self.retries, if: PixelFlowError.isOutage, onRetry: warn, verify))
    }

    private func note(_ finding: Finding) {
        guard case .olderDatabase(let known, let found) = finding else { return }
        logger.error(
            "the task database is older than the blob store, orphans are not removed",
            metadata: ["task_database": "\(known)", "blob_store": "\(found)", "setting": "\(Self.adoptionSetting.description.name)"])
    }
}

/// A service that changes tasks or objects: it starts once task database and blob store are known to belong together.
package struct VerifiedService: Service {
    private let installation: InstallationCheck
    private let service: any Service

    package init(_ service: any Service, in installation: InstallationCheck) {
        self.service = service
        self.installation = installation
    }

    /// - Throws: `installation_mismatch`, without starting the service.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await installation.verifyOnceReachable() }
        } catch is CancellationError {
            return
        }
        try await service.run()
    }
}
