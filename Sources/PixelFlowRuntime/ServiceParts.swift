package import Logging
package import PixelFlowHTTP
package import ServiceLifecycle
import UnixSignals

/// What the build functions in one process share.
package struct BuildContext: Sendable {
    /// Set when shutdown begins; the probes report it.
    package let drain = DrainState()
    private let logger: @Sendable (String) -> Logger

    /// For a process with one service, whose parts share a logger.
    package init(logger: Logger) { self.logger = { _ in logger } }

    /// For a process with several services, in which each part logs with its own label.
    package init() { logger = { Logger(label: $0) } }

    package func logger(for part: String) -> Logger { logger(part) }
}

/// A built service that is not running yet.
package struct ServiceParts: Sendable {
    /// Services that the others depend on: started first, stopped last.
    package let foundation: [any Service]
    package let listeners: [Listener]
    /// Services that start work on their own: started last, stopped first.
    package let workers: [any Service]

    package init(foundation: [any Service] = [], listeners: [Listener], workers: [any Service] = []) {
        self.foundation = foundation
        self.listeners = listeners
        self.workers = workers
    }
}

extension ServiceGroup {
    /// The service group of a process. It stops on SIGTERM or SIGINT: first the probes report draining and the workers finish their
    /// tasks, then the listeners close, then the foundations stop, and finally the backends.
    ///
    /// - Parameters:
    ///   - backends: the services of the backends.
    ///   - listen: the connection limits, which all listeners share.
    ///   - grace: how long running work may continue. After that, and another 20 seconds for pending writes,
    ///     the group is terminated.
    ///   - onReady: called once all ports are open.
    package init(
        backends: [any Service] = [], _ parts: [ServiceParts], listen: ListenSettings, context: BuildContext,
        grace: Duration = .seconds(10), logger: Logger, onReady: @escaping @Sendable () -> Void
    ) {
        let listeners = parts.flatMap(\.listeners)
        let connections = listen.connections()
        let readiness = CountDownLatch(listeners.count, then: onReady)
        let services =
            backends + parts.flatMap(\.foundation) + listeners.map { $0.server(connections: connections, onReady: readiness.arrive) }
            + parts.flatMap(\.workers) + [DrainService(context.drain)]
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(service: $0, successTerminationBehavior: .ignore, failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = grace + .seconds(20)
        self.init(configuration: configuration)
    }
}
