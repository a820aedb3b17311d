import NIOCore
package import NIOPosix
import PixelFlowCore
import Synchronization
package import WireFormats

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Uses the resolver of the operating system, including the hosts file and search domains.
package struct SystemResolver: NameResolver {
    /// Threads for calls that may hang for as long as the resolver's own timeouts (5 s and more). Not
    /// the pool that others read files on, so that a dead name server holds up nothing but names.
    private static let fetching = started(threads: 8)
    /// Webhooks go to many servers at a time, and names of a few that hang must not hold up the others or the sources of tasks.
    private static let posting = started(threads: 64)

    private static func started(threads: Int) -> NIOThreadPool {
        let pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        return pool
    }

    /// For `GuardedPoster`.
    package static let forPosts = SystemResolver(threads: posting)

    private let threads: NIOThreadPool
    private let lookUp: @Sendable (String) throws -> [IPAddress]

    /// For sources, all of which share a few threads.
    package init() { self.init(threads: Self.fetching) }

    /// - Parameters:
    ///   - threads: make the calls; they must have been started.
    ///   - lookUp: blocks its thread until it knows.
    package init(threads: NIOThreadPool, lookUp: @escaping @Sendable (String) throws -> [IPAddress] = Self.ask) {
        self.threads = threads
        self.lookUp = lookUp
    }

    package func addresses(of name: String) async throws -> [IPAddress] {
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: [IPAddress].self)
        let caller = Caller()
        threads.submit { [lookUp] state in
            guard state == .active, caller.isWaiting else { return promise.fail(CancellationError()) }
            promise.completeWith(Result { try lookUp(name) })
        }
        return try await withTaskCancellationHandler {
            try await promise.valueOrCancellation()
        } onCancel: {
            caller.leave()
        }
    }

    /// Who has asked for a name. Nobody looks it up for one who has gone before its turn.
    private final class Caller: Sendable {
        private let hasGone = Atomic(false)

        var isWaiting: Bool { !hasGone.load(ordering: .relaxed) }
        func leave() { hasGone.store(true, ordering: .relaxed) }
    }

    /// Asks the operating system.
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
        // EAI_NODATA, a name without addresses, stands behind a GNU feature macro.
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

/// What `getaddrinfo` answered. For logs.
struct ResolverError: Error, CustomStringConvertible {
    var status: CInt
    var description: String { gai_strerror(status).map { String(cString: $0) } ?? "getaddrinfo: \(status)" }
}

/// Turns a name into addresses.
package protocol NameResolver: Sendable {
    /// Every address of `name`, the preferred first. Cancelling the calling task ends the wait at once.
    ///
    /// - Throws: `PixelFlowError` `name_not_resolved`: permanent where the name is known not to exist or
    ///   to have no address, transient if the lookup failed.
    func addresses(of name: String) async throws -> [IPAddress]
}
