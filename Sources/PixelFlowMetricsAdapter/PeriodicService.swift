import Logging
import ServiceLifecycle

/// Runs work periodically: at a fixed interval while it succeeds, and sooner after a failure.
struct PeriodicService: Service {
    /// The name of the work, for the log.
    let name: String
    let pace: Duration
    /// The API server is back soon after a restart.
    let retryPace: Duration
    let logger: Logger
    let work: @Sendable () async throws -> Void

    init(
        _ name: String, every pace: Duration, retryEvery retryPace: Duration = .seconds(2), logger: Logger,
        work: @escaping @Sendable () async throws -> Void
    ) {
        self.name = name
        self.pace = pace
        self.retryPace = retryPace
        self.logger = logger
        self.work = work
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var failure: String?
            while !Task.isCancelled {
                failure = await round(after: failure)
                try? await Task.sleep(for: failure == nil ? pace : retryPace)
            }
        }
    }

    /// Logs a failure once, and the recovery once.
    private func round(after failure: String?) async -> String? {
        do {
            try await work()
            if failure != nil { logger.notice("healthy again", metadata: ["what": .string(name)]) }
            return nil
        } catch {
            let text = "\(error)"
            if text != failure, !Task.isCancelled {
                logger.warning("unhealthy, retrying", metadata: ["what": .string(name), "error": .string(text)])
            }
            return text
        }
    }
}
