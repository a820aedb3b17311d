import Foundation
import Synchronization

/// The address and port on which a service listens.
struct Ports: Sendable, Hashable {
    var web, auth, api, worker: Int

    /// Four ports that were free a moment ago and that no other call returns.
    static func free() throws -> Ports {
        let ports = try (0..<4).map { _ in try FreePorts.next() }
        return Ports(web: ports[0], auth: ports[1], api: ports[2], worker: ports[3])
    }
}

/// Ports below those that the kernel gives to outgoing connections: none of these takes the port of a service that restarts.
private enum FreePorts {
    struct NoFreePort: Error {}

    private static let range = 16_000..<32_000
    private static let last = Mutex(Int.random(in: range))

    static func next() throws -> Int {
        for _ in range {
            let port = last.withLock { last in
                last = last + 1 < range.upperBound ? last + 1 : range.lowerBound
                return last
            }
            if try isFree(port) { return port }
        }
        throw NoFreePort()
    }

    private static func isFree(_ port: Int) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw NoFreePort() }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
