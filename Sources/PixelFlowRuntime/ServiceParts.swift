package import Logging
package import PixelFlowHTTP
package import ServiceLifecycle
import UnixSignals

/// What the build functions of one process share.
package struct BuildContext: Sendable {
    /// Set once the process is asked to stop: its probes say so.
    package let drain = DrainState()
    private let logger: @Sendable (String) -> Logger

    /// The process of one service, whose parts share a logger.
    package init(logger: Logger) { self.logger = { _ in logger } }

    /// A process of several services, in whose logs each part has its own label.
    package init() { logger = { Logger(label: $0) } }

    package func logger(for part: String) -> Logger { logger(part) }
}

/// A service that is put together and does not run yet.
package struct ServiceParts: Sendable {
    /// What the rest stands on: started first, ended last.
    package let foundation: [any Service]
    package let listeners: [Listener]
    /// What takes work by itself: started last, ended first.
    package let workers: [any Service]

    package init(foundation: [any Service] = [], listeners: [Listener], workers: [any Service] = []) {
        self.foundation = foundation
        self.listeners = listeners
        self.workers = workers
    }
}

extension ServiceGroup {
    /// The group of a process. It ends when SIGTERM or SIGINT asks for it: first the probes say so and the workers end their tasks,
    /// then the listeners close, then the foundations end, last the backends.
    ///
    /// - Parameters:
    ///   - backends: the services of the backends.
    ///   - listen: what clients may take of the process; its listeners share it.
    ///   - grace: how long running work may go on; after that and 20 seconds more for what has
    ///     to be written down the group ends by force.
    ///   - onReady: called once every listener answers.
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
