package import AsyncHTTPClient
package import PixelFlowHTTP
package import ServiceLifecycle
import Synchronization

/// Marks the process as draining as soon as shutdown begins.
package struct DrainService: Service {
    private let drain: DrainState

    package init(_ drain: DrainState) { self.drain = drain }

    package func run() async throws {
        try await gracefulShutdown()
        drain.drain()
    }
}

/// Runs an action, such as closing a pool or releasing a lock, after all services that were started later have ended.
package struct ClosingService: Service {
    private let close: @Sendable () async throws -> Void

    package init(_ close: @escaping @Sendable () async throws -> Void) { self.close = close }

    package func run() async throws {
        try await gracefulShutdown()
        try await close()
    }
}

extension ClosingService {
    /// Shuts down a client after its users have ended.
    package init(client: HTTPClient) {
        self.init { try await client.shutdown() }
    }
}

/// Runs an action once the expected number of calls has arrived.
package final class CountDownLatch: Sendable {
    private let left: Mutex<Int>
    private let action: @Sendable () -> Void

    package init(_ count: Int, then action: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.action = action
    }

    package func arrive() {
        let isLast = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isLast { action() }
    }
}
