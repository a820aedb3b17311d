import Conformance
import Deadlines
import Foundation
import NIOCore
import NIOWebSocket
import PixelFlowCore
import PixelFlowEmbedded
import RawHTTP
import Testing

@testable import PixelFlowAPI

/// Events over WebSocket on real connections: what clients receive, what they may send, and how connections end.
@Suite(.timeLimit(.minutes(2))) struct EventSocketTests {
    private static let path = "/api/events"

    private func bearer(_ token: String) -> [(String, String)] { [("authorization", "Bearer \(token)")] }

    private struct Message: Decodable {
        struct Task: Decodable { let id: String }
        let type: String
        let id: String
        let data: Task
    }

    private func message(_ socket: RawWebSocket) async throws -> Message {
        let frame = try await within(.seconds(20), "a message") { try await socket.next() }
        #expect(frame?.opcode == .text)
        return try JSONDecoder().decode(Message.self, from: Data(try #require(frame).data.readableBytesView))
    }

    private func close(_ socket: RawWebSocket) async throws -> (code: UInt16?, reason: String) {
        try await within(.seconds(20), "the end of the connection") { try await socket.close() }
    }

    // MARK: What is told

    @Test func everyChangeIsSentAndMissedOnesFirst() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, bob in
            let task = try await harness.largeTask(of: ada, bytes: 10)
            _ = try await harness.tasks.create(task)
            let foreign = try await harness.largeTask(of: bob, bytes: 10)
            let last = try await RawWebSocket.open(port: port, Self.path + "?last_event_id=1-x-1", headers: bearer(ada)) { socket in
                #expect(try await message(socket).data.id == task.id.rawValue)
                try await harness.events.publish([TaskChange(foreign), TaskChange(task)])
                let live = try await message(socket)
                #expect(live.type == "task")
                #expect(live.data.id == task.id.rawValue)
                return live.id
            }
            #expect(last == EventPosition.id(of: task))
            try await harness.waitForStreams(0)
        }
    }

    @Test func aBatchStreamContainsOnlyItsTasks() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, bob in
            let now = SystemClock().now()
            let batch = Batch(id: .make(at: now), tenant: try await harness.tenant(of: ada), owner: UserID("u"), createdAt: now)
            try await harness.dependencies.batches.add(batch)
            let tenant = batch.tenant
            func task(in batch: BatchID?) -> TaskRecord {
                TaskRecord(
                    id: TaskID.make(at: now), tenant: tenant, owner: UserID("u"), source: .url("http://example.org/"), pipeline: .default,
                    batch: batch, fingerprint: "", requestID: "", createdAt: now)
            }
            let path = Self.path + "?batch=\(batch.id)"
            try await RawWebSocket.open(port: port, path, headers: bearer(ada)) { socket in
                let (inside, outside) = (task(in: batch.id), task(in: nil))
                try await harness.events.publish([TaskChange(outside), TaskChange(task(in: .make(at: now))), TaskChange(inside)])
                #expect(try await message(socket).data.id == inside.id.rawValue)
            }
            let stored = task(in: nil)
            _ = try await harness.tasks.create(stored)
            let one = Self.path + "?task=\(stored.id)"
            try await RawWebSocket.open(port: port, one, headers: bearer(ada)) { socket in
                try await harness.events.publish([TaskChange(task(in: batch.id)), TaskChange(stored)])
                #expect(try await message(socket).data.id == stored.id.rawValue)
            }
            // Batches and tasks of another organisation do not exist.
            for path in [path, one] {
                try await RawWebSocket.open(port: port, path) { socket in
                    try await socket.send(.text, ByteBuffer(string: #"{"type":"authorize","token":"\#(bob)"}"#))
                    let end = try await close(socket)
                    #expect(end.code == 1008 && end.reason == "not_found")
                }
            }
        }
    }

    @Test func aTokenInAFragmentedFirstMessageIsAccepted() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            let task = try await harness.largeTask(of: ada, bytes: 10)
            _ = try await harness.tasks.create(task)
            try await RawWebSocket.open(port: port, Self.path) { socket in
                let text = #"{"type":"authorize","token":"\#(ada)","last_event_id":"1-x-1"}"#
                try await socket.send(.text, ByteBuffer(string: String(text.prefix(20))), fin: false)
                try await socket.send(.ping, ByteBuffer(string: "between"))
                try await socket.send(.continuation, ByteBuffer(string: String(text.dropFirst(20))))
                #expect(try await within(.seconds(20), "a pong") { try await socket.next() }?.opcode == .pong)
                #expect(try await message(socket).data.id == task.id.rawValue)
            }
        }
    }

    // MARK: What is refused

    @Test func errorsAreSentBeforeTheUpgrade() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streamsPerUser: 1))
        try await harness.serve { port, ada, _ in
            let bad = await #expect(throws: RawWebSocket.Refused.self) {
                try await RawWebSocket.open(port: port, Self.path, headers: bearer("nonsense")) { _ in }
            }
            #expect(bad?.status == 401)
            #expect(bad?.body.contains("token_invalid") == true)
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { _ in
                let many = await #expect(throws: RawWebSocket.Refused.self) {
                    try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { _ in }
                }
                #expect(many?.status == 429)
            }
            let elsewhere = await #expect(throws: RawWebSocket.Refused.self) {
                try await RawWebSocket.open(port: port, "/api/tasks") { _ in }
            }
            #expect(elsewhere?.status == 401)
        }
    }

    @Test(arguments: [("12", "AAAAAAAAAAAAAAAAAAAAAA=="), ("13", "short"), ("13", "")])
    func anInvalidHandshakeIsABadRequest(version: String, key: String) async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            let client = try await RawConnection.open(port: port)
            try await client.send(
                "GET \(Self.path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(ada)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: \(version)\r\nSec-WebSocket-Key: \(key)\r\n\r\n")
            // After an upgrade request, nothing is read as HTTP, so the connection is closed.
            let response = try await client.replyUntilClosed()
            #expect(response.hasPrefix("HTTP/1.1 400 "))
            #expect(response.lowercased().contains("connection: close\r\n"))
            #expect(response.lowercased().contains("sec-websocket-version: 13\r\n") == (version != "13"))
        }
    }

    @Test(
        "the first message must authorise",
        arguments: [
            (#"{"type":"authorize","token":"nonsense"}"#, 4401, "token_invalid"), (#"{"type":"hello"}"#, 1008, ""), ("[", 1008, ""),
        ])
    func anInvalidFirstMessageClosesTheSocket(text: String, code: Int, reason: String) async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, _, _ in
            try await RawWebSocket.open(port: port, Self.path) { socket in
                try await socket.send(text: text)
                let end = try await close(socket)
                #expect(end.code == UInt16(code))
                #expect(reason.isEmpty || end.reason == reason)
            }
        }
    }

    // MARK: The protocol

    @Test func aPongRepeatsTheBytesOfThePing() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { socket in
                try await socket.send(.ping, ByteBuffer(string: "payload"))
                let pong = try await within(.seconds(20), "a pong") { try await socket.next() }
                #expect(pong?.opcode == .pong)
                #expect(pong.map { String(buffer: $0.data) } == "payload")
            }
        }
    }

    @Test(arguments: [1000, 1001, 3000, 4999] as [UInt16])
    func aCloseRepeatsTheCodeOfTheClose(code: UInt16) async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { socket in
                try await socket.send(.connectionClose, ByteBuffer(integer: code))
                #expect(try await close(socket).code == code)
                try await within(.seconds(20), "the server to hang up") { while try await socket.next() != nil {} }
            }
            try await harness.waitForStreams(0)
        }
    }

    /// Protocol errors of RFC 6455 that close a connection, with the required codes.
    @Test(arguments: [
        (WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: "unmasked")), 1002),
        (WebSocketFrame(fin: true, rsv1: true, opcode: .ping, maskKey: .random(), data: ByteBuffer()), 1002),
        (WebSocketFrame(fin: true, opcode: .init(encodedWebSocketOpcode: 3)!, maskKey: .random(), data: ByteBuffer()), 1002),
        (WebSocketFrame(fin: true, opcode: .continuation, maskKey: .random(), data: ByteBuffer()), 1002),
        (WebSocketFrame(fin: false, opcode: .ping, maskKey: .random(), data: ByteBuffer()), 1002),
        (WebSocketFrame(fin: true, opcode: .ping, maskKey: .random(), data: ByteBuffer(repeating: 0, count: 126)), 1002),
        (WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: ByteBuffer(bytes: [3])), 1002),
        (WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: ByteBuffer(integer: 1005 as UInt16)), 1002),
        (WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: ByteBuffer()), 1003),
        (WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(bytes: [0xff])), 1007),
        (WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(string: "{}")), 1008),
        (WebSocketFrame(fin: true, opcode: .text, maskKey: .random(), data: ByteBuffer(repeating: 65, count: 9000)), 1009),
    ])
    func protocolViolationsCloseTheSocket(frame: WebSocketFrame, code: Int) async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { socket in
                try await socket.send(frame)
                #expect(try await close(socket).code == UInt16(code))
            }
        }
    }

    @Test func aFloodOfPingsClosesTheSocket() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { socket in
                for _ in 0...EventSocket.messagesPerWindow { try await socket.send(.ping) }
                #expect(try await close(socket).code == 1008)
            }
        }
    }

    @Test func aStreamThatFallsBehindIsResetAndClosed() async throws {
        let harness = try await APIHarness(eventLimits: EventLimits(streamBytes: 64 * 1024))
        try await harness.serve { port, ada, _ in
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { socket in
                try await harness.waitForStreams(1)
                let change = TaskChange(try await harness.largeTask(of: ada, bytes: 512 * 1024))
                _ = try await eventually(within: .seconds(60), "the client is too slow") {
                    try await harness.events.publish([change, change])
                    return harness.registry["event_streams_dropped_total"] == 1 ? true : nil
                }
                let end = try await close(socket)
                #expect(end.code == 4408)
            }
        }
    }

    @Test func aClientThatNeverReadsIsDisconnected() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { _ in
                try await harness.waitForStreams(1)
                let change = TaskChange(try await harness.largeTask(of: ada, bytes: 64 * 1024))
                // Until the socket is full, so that unread data is pending.
                _ = try await eventually(within: .seconds(60), "the client to be given up") {
                    try await harness.events.publish([change])
                    for _ in 0...EventQueue.ticksForSending { harness.hub.tick() }
                    return harness.registry["event_streams"] == 0 ? true : nil
                }
            }
        }
    }

    @Test func socketsWithoutATokenAreLimited() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            let request =
                "GET \(Self.path) HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            var open: [RawConnection] = []
            for _ in 0..<TokenlessSockets.limitPerAddress {
                let connection = try await RawConnection.open(port: port)
                try await connection.send(request)
                #expect(try await connection.reply(containing: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                open.append(connection)
            }
            let refused = await #expect(throws: RawWebSocket.Refused.self) { try await RawWebSocket.open(port: port, Self.path) { _ in } }
            #expect(refused?.status == 503)
            // Clients with a token are not counted among them, and a client that leaves frees its slot.
            try await RawWebSocket.open(port: port, Self.path, headers: bearer(ada)) { _ in }
            open[0].close()
            _ = try await eventually(within: .seconds(20), "room for another") {
                try? await RawWebSocket.open(port: port, Self.path) { _ in true }
            }
            open.forEach { $0.close() }
        }
    }

    @Test func anUpgradeNotNamedInConnectionIsIgnored() async throws {
        let harness = try await APIHarness()
        try await harness.serve { port, ada, _ in
            let connection = try await RawConnection.open(port: port)
            try await connection.send(
                "GET \(Self.path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(ada)\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
            #expect(try await connection.reply(containing: "retry: 2000").hasPrefix("HTTP/1.1 200 "))
            connection.close()
        }
    }
}
