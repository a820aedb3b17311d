import FaultProxy
import NIOCore
import Testing

@Suite("Fault proxy", .timeLimit(.minutes(1)))
struct FaultProxyTests {
    @Test("bytes pass in both directions, however many")
    func forwardsBothDirections() async throws {
        try await withProxy { proxy, _ in
            let client = try await Client(proxy)
            let sent = ByteBuffer(bytes: (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            try await client.send(sent)
            #expect(try await client.receive(sent.readableBytes) == sent)
        }
    }

    @Test("when either side closes, so does the other, even before the server is reached", arguments: 0..<20)
    func forwardsTheEndOfAConnection(_: Int) async throws {
        try await withProxy { proxy, server in
            let client = try await Client(proxy)
            try await client.send("last words")
            try await client.finish()
            #expect(try await client.receiveAll() == ByteBuffer(string: "last words"))
            #expect(server.received == ByteBuffer(string: "last words"))
        }
    }

    @Test("if the server is not listening, the connection is closed")
    func closesIfTheServerIsDown() async throws {
        let proxy = try await FaultProxy.start(to: "127.0.0.1", port: 1)
        let client = try await Client(proxy)
        #expect(try await client.receiveAll() == ByteBuffer())
        try await proxy.stop()
    }

    @Test("connections are refused and accepted on the same port; open ones remain open")
    func refusesNewConnectionsOnly() async throws {
        try await withProxy { proxy, _ in
            let old = try await Client(proxy)
            #expect(try await old.echo("one") == "one")
            try await proxy.refuseConnections()
            await #expect(throws: (any Error).self) { try await Client(proxy) }
            #expect(try await old.echo("two") == "two")
            try await proxy.acceptConnections()
            #expect(try await Client(proxy).echo("three") == "three")
        }
    }

    @Test("all connections are cut simultaneously, new ones are accepted")
    func cutsAllConnections() async throws {
        try await withProxy { proxy, _ in
            let clients = [try await Client(proxy), try await Client(proxy)]
            for client in clients { #expect(try await client.echo("one") == "one") }
            await proxy.cutConnections()
            for client in clients { #expect(await client.isClosedByPeer()) }
            #expect(proxy.connections == 0)
            #expect(try await Client(proxy).echo("two") == "two")
        }
    }

    @Test("a reply is cut after the server has received the request, as often as configured")
    func cutsRepliesAfterTheRequest() async throws {
        try await withProxy { proxy, server in
            let cut = proxy.cutReplies(next: 2, toRequestsContaining: "commit")
            for number in 1...2 {
                let client = try await Client(proxy)
                #expect(try await client.echo("begin") == "begin")
                try await client.send("commit \(number)")
                #expect(try await client.receiveAll() == ByteBuffer())
            }
            try await cut.done()
            #expect(cut.cuts == 2)
            #expect(String(buffer: server.received) == "begincommit 1begincommit 2")
            #expect(try await Client(proxy).echo("commit 3") == "commit 3")
        }
    }

    @Test("a request is recognised even if it arrives in pieces")
    func matchesRequestsInPieces() async throws {
        try await withProxy { proxy, server in
            server.setReplies(after: 6)
            let cut = proxy.cutReplies(toRequestsContaining: "commit")
            let client = try await Client(proxy)
            try await client.send("com")
            try await server.waitFor(3)
            try await client.send("mit")
            #expect(try await client.receiveAll() == ByteBuffer())
            try await cut.done()
        }
    }

    @Test("nothing passes a black hole until it closes, then everything does")
    func holdsAllBytesInABlackHole() async throws {
        try await withProxy { proxy, server in
            let client = try await Client(proxy)
            #expect(try await client.echo("one") == "one")
            proxy.setBlackHole(true)
            try await client.send("two")
            let other = try await Client(proxy)
            try await other.send("three")
            #expect(server.received == ByteBuffer(string: "one"))
            proxy.setBlackHole(false)
            #expect(try await client.receive(3) == ByteBuffer(string: "two"))
            #expect(try await other.receive(5) == ByteBuffer(string: "three"))
        }
    }

    /// When they come is tested with a clock that moves: see LaneTests.
    @Test("delayed bytes arrive complete in both directions")
    func delaysBytesInBothDirections() async throws {
        try await withProxy { proxy, _ in
            proxy.setLatency(.milliseconds(20))
            let client = try await Client(proxy)
            let sent = ByteBuffer(repeating: 7, count: 200_000)
            try await client.send(sent)
            #expect(try await client.receive(sent.readableBytes) == sent)
        }
    }

    @Test("bytes on a rate-limited connection arrive complete, and the limit can be lifted")
    func limitsTheRate() async throws {
        try await withProxy { proxy, _ in
            proxy.setBandwidth(bytesPerSecond: 100_000)
            let client = try await Client(proxy)
            let sent = ByteBuffer(repeating: 7, count: 50_000)
            try await client.send(sent)
            #expect(try await client.receive(sent.readableBytes) == sent)
            proxy.restore()
            #expect(try await client.echo("fast again") == "fast again")
        }
    }

    private func withProxy(_ body: (FaultProxy, EchoServer) async throws -> Void) async throws {
        let server = try await EchoServer.start()
        let proxy = try await FaultProxy.start(to: "127.0.0.1", port: server.port)
        try await body(proxy, server)
        try await proxy.stop()
        try await server.stop()
    }
}
