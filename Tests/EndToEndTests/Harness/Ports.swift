import Foundation

/// The address and port on which a service listens.
struct Ports: Sendable, Hashable {
    var web, auth, api, worker: Int

    /// Four ports that were free a moment ago.
    static func free() throws -> Ports {
        let sockets = try (0..<4).map { _ in try ReservedPort() }
        return Ports(web: sockets[0].number, auth: sockets[1].number, api: sockets[2].number, worker: sockets[3].number)
    }
}

/// A port that the kernel has chosen, held until this goes.
private final class ReservedPort {
    struct NoFreePort: Error {}

    let number: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw NoFreePort() }
        number = Int(in_port_t(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
