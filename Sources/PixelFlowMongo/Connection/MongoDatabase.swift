import CircuitBreaker
import Metrics
import NIOPosix
import PixelFlowCore
import PixelFlowTelemetry

/// A database on a MongoDB server. Runs all commands of this module, each on a
/// thread that may block.
///
/// If the connection breaks, a command is sent a second time, even if the server may have executed it, so all
/// commands must be idempotent. (libmongoc's own `retryWrites` is not used: it covers
/// fewer cases, and only replica sets.) Threads and connections end with the last reference.
final class MongoDatabase: Sendable {
    static let backend = "task_database"
    /// A command that fails later than this is not repeated here; the caller may retry.
    private static let repeatWindow = Duration.seconds(1)

    let name: String
    let commandTimeout: Duration
    let usesTLS: Bool
    private let clients: MongoClients
    private let threads: NIOThreadPool
    /// One per connection and thread.
    private let permits: AsyncSemaphore
    private let breaker: CircuitBreaker
    private let measures: CommandMeasures

    /// Does not connect: the server may be unavailable.
    ///
    /// - Throws: `setting_invalid` if the URL is invalid.
    init(_ settings: MongoSettings, metrics: any MetricsFactory) throws(PixelFlowError) {
        let address = try settings.address()
        name = address.database
        commandTimeout = settings.commandTimeout
        usesTLS = address.usesTLS
        do throws(MongoError) {
            clients = try MongoClients(address, size: settings.poolSize)
        } catch {
            let setting = MongoSettings.urlSetting.description.name
            throw .invalid(setting, "libmongoc refuses \(setting): \(error.message)", code: "setting_invalid")
        }
        threads = NIOThreadPool(numberOfThreads: settings.poolSize)
        let gauges = PoolGauges(metrics, backend: "mongodb", keepsConnections: true)
        permits = AsyncSemaphore(permits: settings.poolSize, waiting: settings.waitLimit, waitTimeout: settings.waitTimeout) {
            gauges.record($0)
        }
        breaker = CircuitBreaker(name: Self.backend, metrics: metrics)
        measures = CommandMeasures(metrics)
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    /// Runs a command and returns its response.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage`.
    func run(_ operation: MongoOperation, _ command: BSONDocument) async throws -> BSONDocument {
        let bytes = command.encoded()
        return try await perform(operation) { clients, name in try clients.reply(to: bytes, on: name) }
    }

    /// Runs a command that returns a cursor, and returns all documents.
    ///
    /// - Throws: `PixelFlowError` with `retry == .outage`.
    func documents(_ operation: MongoOperation, _ command: BSONDocument) async throws -> [BSONDocument] {
        let bytes = command.encoded()
        return try await perform(operation) { clients, name in try clients.documents(of: bytes, on: name) }
    }

    private func perform<Value: Sendable>(
        _ operation: MongoOperation, _ body: @escaping @Sendable (MongoClients, String) throws -> Value
    ) async throws -> Value {
        do {
            return try await breaker.run(countingAsFailure: Self.tellsAgainstTheServer) {
                let start = ContinuousClock.now
                do {
                    return try await attempt(operation, body)
                } catch let failure as MongoError where failure.isWorthRepeating && ContinuousClock.now - start < Self.repeatWindow {
                    return try await attempt(operation, body)
                }
            }
        } catch let error as PixelFlowError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch let failure as MongoError where failure.kind == .credentials {
            throw PixelFlowError(
                .unavailable, code: "\(Self.backend)_refused", "The task database rejects the user name or password.",
                retry: .outage, retryAfter: 5, cause: failure)
        } catch {
            throw PixelFlowError.unavailable(Self.backend, cause: error)
        }
    }

    private func attempt<Value: Sendable>(
        _ operation: MongoOperation, _ body: @escaping @Sendable (MongoClients, String) throws -> Value
    ) async throws -> Value {
        try await permits.acquire()
        let (clients, name, permits, measures) = (clients, name, permits, measures)
        // Commands are not cancelled: it is better to know their outcome, and their duration is bounded.
        return try await withCheckedThrowingContinuation { continuation in
            threads.submit { state in
                let result = Result {
                    guard case .active = state else { throw MongoError(kind: .connection, message: "the pool is closed") }
                    return try measures.measure(operation) { try body(clients, name) }
                }
                // Release before the caller continues, so that its next command finds the connection free.
                permits.release()
                continuation.resume(with: result)
            }
        }
    }

    private static func tellsAgainstTheServer(_ error: any Error) -> Bool {
        guard let failure = error as? MongoError else { return false }
        return failure.kind == .connection || failure.kind == .notPrimary
    }
}
