import TestSupport

/// The address and port on which a service listens.
struct Ports: Sendable, Hashable {
    var web, auth, api, worker: Int

    /// Four free ports that no other call returns.
    static func free() throws -> Ports {
        let ports = try (0..<4).map { _ in try FreePorts.next() }
        return Ports(web: ports[0], auth: ports[1], api: ports[2], worker: ports[3])
    }
}
