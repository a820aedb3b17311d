import Glibc
import Synchronization

/// Ports below the range of outgoing connections, so that none of these can take the port of a restarting service. The test harness in
/// Python has others (`scripts/harness/ports.py`), because its tests run concurrently.
package enum FreePorts {
    package struct NoFreePortError: Error {}

    private static let range = 16_000..<26_000
    private static let last = Mutex(Int.random(in: range))

    /// A port on the loopback address that no other call in this process returns.
    package static func next() throws -> Int {
        for _ in range {
            let port = last.withLock { last in
                last = last + 1 < range.upperBound ? last + 1 : range.lowerBound
                return last
            }
            if try isFree(port) { return port }
        }
        throw NoFreePortError()
    }

    private static func isFree(_ port: Int) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw NoFreePortError() }
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
