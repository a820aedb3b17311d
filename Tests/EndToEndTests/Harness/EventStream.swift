import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PixelFlowCore

/// One server-sent event.
struct ServerEvent: Sendable {
    var id: String
    var name: String
    var data: Data

    func task() throws -> TaskDocument { try TaskDocument(json: data) }

    /// Our ids end with the revision of the task.
    var revision: Int? { id.split(separator: "-").last.flatMap { Int($0) } }
}

extension Person {
    /// Reads events until `body` has had enough of them, which it says by returning false, or the stream ends.
    func events(after lastID: String? = nil, _ body: (ServerEvent) async throws -> Bool) async throws {
        var request = request(.GET, "/api/events")
        if let lastID { request.headers.add(name: "last-event-id", value: lastID) }
        let response = try await HTTPClient.shared.execute(request, timeout: .minutes(20))
        var pending = ByteBuffer()
        // bounded: by the time-out of the request.
        for try await chunk in response.body {
            pending.writeImmutableBuffer(chunk)
            while let event = Self.nextEvent(&pending) {
                if try await !body(event) { return }
            }
        }
    }

    /// Takes the next complete event; what is not one, such as a heartbeat, is skipped.
    private static func nextEvent(_ pending: inout ByteBuffer) -> ServerEvent? {
        while let end = pending.readableBytesView.firstRange(of: [10, 10]) {
            let length = end.upperBound - pending.readerIndex
            let block = pending.readString(length: length) ?? ""
            pending.discardReadBytes()
            var fields: [Substring: String] = [:]
            for line in block.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { fields[parts[0]] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            if let id = fields["id"], let name = fields["event"], let data = fields["data"] {
                return ServerEvent(id: id, name: name, data: Data(data.utf8))
            }
        }
        return nil
    }
}
