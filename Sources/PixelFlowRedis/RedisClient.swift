import CircuitBreaker
package import Metrics
import NIOCore
import NIOPosix
import NIOSSL
package import PixelFlowCore
import Synchronization
import WireFormats

/// A client of one Redis or Valkey server, with its own connection and thread.
///
/// Creating it does not use the network: the first command connects. Commands of concurrent callers share the connection and are
/// sent together. During an outage, commands fail immediately: between attempts to connect, whose delays grow to a second, and for
/// two seconds after five consecutive failures (`CircuitBreaker`). A command is never repeated.
package final class RedisClient: Sendable {
    private struct Mailbox {
        /// Not passed to the event loop yet.
        var commands: [PendingCommand] = []
        var isEmptyingScheduled = false
        /// Commands that wait for a reply.
        var outstanding = 0
        var isShutDown = false
    }

    private enum Entry { case refused(RedisError), queued, schedule }

    let settings: RedisSettings
    private let group: MultiThreadedEventLoopGroup
    private let loop: any EventLoop
    private let connection: RedisConnection
    private let mailbox: Shared<Mailbox>
    private let breaker: CircuitBreaker
    private let timer: Metrics.Timer

    /// - Throws: `setting_invalid` if the trusted certificates cannot be read.
    package init(_ settings: RedisSettings, metrics: any MetricsFactory = MetricsSystem.factory) throws(PixelFlowError) {
        let tls = try settings.address.isTLS ? Self.tlsContext(settings.address) : nil
        let mailbox = Shared(Mailbox())
        self.settings = settings
        self.mailbox = mailbox
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.next()
        connection = RedisConnection(settings, tls: tls, loop: loop) { count in mailbox.value.withLock { $0.outstanding -= count } }
        breaker = CircuitBreaker(name: "redis", metrics: metrics)
        timer = Metrics.Timer(label: "redis_request_duration_seconds", factory: metrics)
    }

    /// Sends a command. Cancelling the caller does not cancel the command; the time limit bounds the wait.
    ///
    /// - Returns: the reply, which is never an error.
    /// - Throws: `RedisError`, or `CircuitOpenError` during an outage.
    package func send(_ command: RedisCommand) async throws -> RedisValue {
        try await breaker.run(countingAsFailure: { ($0 as? RedisError)?.isOutage ?? false }) {
            let started = NIODeadline.now()
            defer { timer.recordNanoseconds((NIODeadline.now() - started).nanoseconds) }
            return try await withCheckedThrowingContinuation { continuation in
                let deadline = started + .nanoseconds(settings.timeout.nanoseconds)
                submit(PendingCommand(command, until: deadline, continuation))
            }
        }
    }

    /// Checks that the server responds.
    ///
    /// - Throws: like `send`.
    package func check() async throws { _ = try await send(RedisCommand("PING")) }

    /// Fails pending commands, closes the connection and ends the thread. Further calls do nothing.
    package func shutDown() async {
        let isFirst = mailbox.value.withLock { mailbox in
            defer { mailbox.isShutDown = true }
            return !mailbox.isShutDown
        }
        guard isFirst else { return }
        try? await loop.submit { [self] in
            takeCommands()
            connection.shutDown()
        }.get()
        try? await group.shutdownGracefully()
    }

    /// Batches commands: those that arrive while the event loop is busy are sent in one packet.
    private func submit(_ command: PendingCommand) {
        let entry: Entry = mailbox.value.withLock { mailbox in
            if mailbox.isShutDown { return .refused(RedisError(.shutDown, "the connection to Redis is shut down")) }
            guard mailbox.outstanding < settings.waitLimit else {
                return .refused(RedisError(.busy, "\(settings.waitLimit) commands are waiting for Redis already"))
            }
            mailbox.outstanding += 1
            mailbox.commands.append(command)
            if mailbox.isEmptyingScheduled { return .queued }
            mailbox.isEmptyingScheduled = true
            return .schedule
        }
        switch entry {
        case .refused(let error): command.fail(error)
        case .queued: break
        case .schedule: loop.execute { [self] in takeCommands() }
        }
    }

    private func takeCommands() {
        let commands = mailbox.value.withLock { mailbox in
            mailbox.isEmptyingScheduled = false
            defer { mailbox.commands = [] }
            return mailbox.commands
        }
        if !commands.isEmpty { connection.submit(commands) }
    }

    private static func tlsContext(_ address: RedisAddress) throws(PixelFlowError) -> NIOSSLContext {
        do {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let file = address.trustedCertificates { configuration.trustRoots = .file(file) }
            return try NIOSSLContext(configuration: configuration)
        } catch {
            let name = RedisSettings.urlSetting.description.name
            throw PixelFlowError(
                .invalid, code: "setting_invalid", "\(name) names a ca_file that cannot be read as PEM certificates.", field: name,
                cause: error)
        }
    }
}

/// A mutex-protected value that closures can share.
private final class Shared<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }
}
