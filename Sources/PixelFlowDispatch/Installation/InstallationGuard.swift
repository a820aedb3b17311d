import Logging
package import PixelFlowCore
package import ServiceLifecycle

extension InstallationCheck: Service {
    /// How long to wait before a backend that does not answer is asked again.
    static let pause = Duration.seconds(2)

    /// Verifies as soon as both answer, then idles. If the two do not belong together, it throws, which ends the process.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await verifyInsistently() }
        } catch is CancellationError {
            return
        }
        try await gracefulShutdown()
    }

    private func verifyInsistently() async throws {
        while true {
            do {
                return try await note(verify())
            } catch let error as PixelFlowError where error.retry == .outage {
                logger.warning("installation not verified yet", metadata: ["error": "\(error)"])
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func note(_ finding: Finding) {
        guard case .olderDatabase(let known, let found) = finding else { return }
        logger.error(
            "the task database is older than the blob store, orphans are not removed",
            metadata: ["task_database": "\(known)", "blob_store": "\(found)", "setting": "\(Self.adoptionSetting.description.name)"])
    }
}
