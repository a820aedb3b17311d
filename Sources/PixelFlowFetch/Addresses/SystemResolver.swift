package import NIOPosix
package import PixelFlowCore
import Synchronization
package import WireFormats

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Uses the resolver of the operating system, including the hosts file and search domains, which names in a cluster such as
/// `minio.storage.svc` need.
///
/// Its calls block a thread and cannot be cancelled, so `NameLookups` limits them. The threads are separate from the pool for file access,
/// so that unresponsive name servers delay only lookups.
package final class SystemResolver: NameResolver {
    private typealias Waiter = NameLookups.Waiter

    private struct Parked: Sendable {
        let continuation: CheckedContinuation<[IPAddress], any Error>
        let alarm: Task<Void, any Error>?

        func resume(with result: Result<[IPAddress], any Error>) {
            alarm?.cancel()
            continuation.resume(with: result)
        }
    }

    private struct State: Sendable {
        var lookups: NameLookups
        var parked: [Waiter: Parked] = [:]
        var lastWaiter: Waiter = 0
    }

    /// Used by `GuardedFetcher`.
    package static let forSources = SystemResolver(limits: .sources)
    /// Used by `GuardedPoster`; separate, so that slow names of webhooks do not delay the sources of tasks.
    package static let forPosts = SystemResolver(limits: .posts)

    private let threads: NIOThreadPool
    private let limits: LookupLimits
    private let lookUp: @Sendable (String) throws -> [IPAddress]
    private let state: Mutex<State>

    private convenience init(limits: LookupLimits) {
        let threads = NIOThreadPool(numberOfThreads: limits.threads)
        threads.start()
        self.init(threads: threads, limits: limits)
    }

    /// - Parameters:
    ///   - threads: run the calls; must have been started.
    ///   - lookUp: resolves a name; may block its thread.
    package init(
        threads: NIOThreadPool, limits: LookupLimits, lookUp: @escaping @Sendable (String) throws -> [IPAddress] = SystemResolver.ask
    ) {
        self.threads = threads
        self.limits = limits
        self.lookUp = lookUp
        state = Mutex(State(lookups: NameLookups(limits: limits)))
    }

    /// How many callers wait for a lookup, running or not.
    package var waiting: Int { state.withLock { $0.parked.count } }

    package func addresses(of name: String, for tenant: TenantID) async throws -> [IPAddress] {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                park(continuation, as: waiter, name, tenant)
                // The cancellation handler may have run before the waiter was registered.
                if Task.isCancelled { leave(waiter, of: name) }
            }
        } onCancel: {
            leave(waiter, of: name)
        }
    }

    private func park(
        _ continuation: CheckedContinuation<[IPAddress], any Error>, as waiter: Waiter, _ name: String, _ tenant: TenantID
    ) {
        let now = ContinuousClock.now
        let admission = state.withLock { state in
            let admission = state.lookups.ask(name, for: tenant, as: waiter, at: now)
            switch admission {
            case .begin, .underWay: state.parked[waiter] = Parked(continuation: continuation, alarm: nil)
            // Set while the lock is held, so that an alarm that fires immediately finds its waiter.
            case .queued: state.parked[waiter] = Parked(continuation: continuation, alarm: alarm(waiter, name))
            case .refused, .unanswered: break
            }
            return admission
        }
        switch admission {
        case .begin: begin([name])
        case .underWay, .queued: break
        case .refused: continuation.resume(throwing: PixelFlowError.lookupPostponed(name))
        case .unanswered(let until):
            continuation.resume(throwing: PixelFlowError.nameNotResolved(name, isFinal: false, retryAfter: until - now))
        }
    }

    private func alarm(_ waiter: Waiter, _ name: String) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: limits.waitLimit)
            let parked = state.withLock { $0.lookups.giveUp(waiter) ? $0.parked.removeValue(forKey: waiter) : nil }
            parked?.resume(with: .failure(PixelFlowError.lookupPostponed(name)))
        }
    }

    private func leave(_ waiter: Waiter, of name: String) {
        let parked = state.withLock { state in
            state.lookups.leave(waiter, of: name)
            return state.parked.removeValue(forKey: waiter)
        }
        parked?.resume(with: .failure(CancellationError()))
    }

    private func begin(_ names: [String]) {
        for name in names {
            threads.submit { self.run(name, isActive: $0 == .active) }
        }
    }

    /// Runs on a thread that may block.
    private func run(_ name: String, isActive: Bool) {
        // Skips the lookup if all its callers have given up.
        let (isAbandoned, next) = state.withLock { state in
            let isAbandoned = state.lookups.abandon(name, at: .now)
            return (isAbandoned, isAbandoned ? state.lookups.beginNext() : [])
        }
        guard !isAbandoned else { return begin(next) }
        let start = ContinuousClock.now
        let result = Result {
            guard isActive else { throw CancellationError() }
            return try lookUp(name)
        }
        end(name, result, after: ContinuousClock.now - start)
    }

    private func end(_ name: String, _ result: Result<[IPAddress], any Error>, after time: Duration) {
        let isUnanswered = isTransient(result) && time >= limits.unansweredAfter
        let (woken, next) = state.withLock { state in
            let waiters = state.lookups.end(name, isUnanswered: isUnanswered, at: .now)
            return (waiters.compactMap { state.parked.removeValue(forKey: $0) }, state.lookups.beginNext())
        }
        begin(next)
        let outcome = result.mapError { error -> any Error in
            guard isUnanswered else { return error }
            return PixelFlowError.nameNotResolved(name, isFinal: false, retryAfter: limits.unansweredFor, cause: error)
        }
        for waiter in woken { waiter.resume(with: outcome) }
    }

    private func isTransient(_ result: Result<[IPAddress], any Error>) -> Bool {
        if case .failure(let error as PixelFlowError) = result { error.retry == .transient } else { false }
    }

    /// Calls `getaddrinfo`.
    package static func ask(_ name: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, nil, &hints, &list)
        guard status == 0 else {
            throw PixelFlowError.nameNotResolved(name, isFinal: isAbsence(status), cause: ResolverError(status: status))
        }
        defer { freeaddrinfo(list) }

        var addresses: [IPAddress] = []
        for entry in sequence(first: list, next: { $0?.pointee.ai_next }) {
            guard let address = entry.flatMap(address(of:)), !addresses.contains(address) else { continue }
            addresses.append(address)
        }
        return addresses
    }

    private static func isAbsence(_ status: CInt) -> Bool {
        #if canImport(Glibc)
        // EAI_NODATA, for a name without addresses, is only visible with a GNU feature macro.
        status == EAI_NONAME || status == -5
        #else
        status == EAI_NONAME
        #endif
    }

    private static func address(of entry: UnsafeMutablePointer<addrinfo>) -> IPAddress? {
        guard let raw = entry.pointee.ai_addr.map(UnsafeRawPointer.init) else { return nil }
        switch entry.pointee.ai_family {
        case AF_INET: return .v4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { bytes in
                .v6(UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self)))
            }
        default: return nil
        }
    }
}

/// An error of `getaddrinfo`, for logs.
struct ResolverError: Error, CustomStringConvertible {
    var status: CInt
    var description: String { gai_strerror(status).map { String(cString: $0) } ?? "getaddrinfo: \(status)" }
}

/// Resolves names to addresses.
package protocol NameResolver: Sendable {
    /// All addresses of `name`, in order of preference. Returns immediately if the calling task is cancelled.
    ///
    /// - Parameter tenant: the organisation on whose behalf the name is looked up; organisations share the lookup capacity.
    /// - Throws: `name_not_resolved`: permanent if the name does not exist or has no address, transient if the lookup failed, an outage if
    ///   it could not start in time.
    func addresses(of name: String, for tenant: TenantID) async throws -> [IPAddress]
}
