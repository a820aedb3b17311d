import Conformance
import Foundation
import Testing

/// A client on a real socket that sends a request and reads only on demand.
final class IdleReader: Sendable {
    private let descriptor: Int32

    /// - Parameter receiveBuffer: the size of the kernel's receive buffer.
    init(port: Int, path: String, token: String, receiveBuffer: Int32 = 4096) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var size = receiveBuffer
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n"
        try #require(send(descriptor, request, request.utf8.count, 0) == request.utf8.count)
    }

    deinit { close(descriptor) }

    /// Closes the connection immediately.
    func leave() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Reads until the text contains one of `ends`, or the connection ends.
    func read(until ends: String..., within deadline: Duration = .seconds(20)) async throws -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        return try await eventually(within: deadline, "one of \(ends) on the stream") {
            while true {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else {
                    return count == 0 ? String(decoding: text, as: UTF8.self) : nil
                }
                text.append(contentsOf: buffer[..<count])
                let tail = String(decoding: text.suffix(count + 64), as: UTF8.self)
                if ends.contains(where: tail.contains) { return String(decoding: text, as: UTF8.self) }
            }
        }
    }
}
