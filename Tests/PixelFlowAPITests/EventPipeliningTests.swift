import Conformance
import Foundation
import PixelFlowCore
import PixelFlowEmbedded
import RawHTTP
import Testing

@testable import PixelFlowAPI

/// Requests that a client pipelines after the one for its events.
@Suite(.timeLimit(.minutes(2))) struct EventPipeliningTests {
    @Test func requestsAfterAnEventStreamAreNotExecuted() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            let task = try await harness.largeTask(of: ada, bytes: 10)
            _ = try await harness.tasks.create(task)
            func request(_ method: String, _ path: String) -> String {
                "\(method) \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(ada)\r\n\r\n"
            }
            let client = try await RawConnection.open(port: port)
            defer { client.close() }
            // In one packet, so that all of them arrive before the first response.
            try await client.send(
                request("GET", "/api/events") + request("DELETE", "/api/tasks/\(task.id)") + request("GET", "/api/events"))
            let head = try await client.reply(containing: "retry:")
            #expect(head.lowercased().contains("connection: close"))
            try await harness.waitForStreams(1)
            try await harness.events.publish([TaskChange(task)])
            let reply = try await client.reply(containing: task.id.rawValue)
            #expect(reply.components(separatedBy: "HTTP/1.1 ").count == 2)
            #expect(try await harness.tasks.find(task.id, of: task.tenant)?.deletedAt == nil)
            try await harness.waitForStreams(1)
        }
        try await harness.waitForStreams(0)
    }
}
