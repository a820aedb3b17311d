import NIOCore
import NIOPosix
import PixelFlowCore
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
    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    package init() {}

    package func addresses(of name: String) async throws -> [IPAddress] {
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: [IPAddress].self)
        Self.threads.submit { state in
            guard state == .active else { return promise.fail(CancellationError()) }
            promise.completeWith(Result { try Self.lookUp(name) })
        }
        return try await promise.valueOrCancellation()
    }

    private static func lookUp(_ name: String) throws -> [IPAddress] {
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
