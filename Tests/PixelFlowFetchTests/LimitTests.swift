import Deadlines
import NIOCore
import NIOPosix
import PixelFlowCore
import PixelFlowFetch
import RawHTTP
import Testing

@Suite struct LimitTests {
    @Test func theByteLimitIsExact() async throws {
        try await RawServer.run(respond: { _, channel in channel.respond(body: "12345") }) { server in
            #expect(await outcome(of: server.url(), limit: 5) == "ok")
            #expect(await outcome(of: server.url(), limit: 4) == "source_too_large permanent")
        }
    }

    /// Only the head is sent, so the error is due to the declared size.
    @Test(arguments: ["101", "999999999999", "9223372036854775807"])
    func declaredSizeBeyondTheLimitFails(length: String) async throws {
        let respond: RawServer.Responder = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n", close: false)
        }
        try await RawServer.run(respond: respond) { server in
            #expect(await outcome(of: server.url(), limit: 100) == "source_too_large permanent")
        }
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
    func endlessBodyFailsAtTheLimit(head: String) async throws {
        let respond: RawServer.Responder = { _, channel in
            channel.send(head, close: false)
            channel.sendForever("400\r\n" + String(repeating: "x", count: 1024) + "\r\n")
        }
        try await RawServer.run(respond: respond) { server in
            #expect(await outcome(of: server.url(), limit: 1 << 20) == "source_too_large permanent")
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nX:", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"])
    func slowServerTimesOut(beginning: String) async throws {
        try await RawServer.run(respond: { _, channel in channel.send(beginning, close: false) }) { server in
            try await Self.endsSoon { #expect(await outcome(of: server.url(), total: .milliseconds(150)) == "source_timeout transient") }
        }
    }

    /// Each step is fast; all together are not.
    @Test func theTotalLimitCoversRedirectsAndSlowBodies() async throws {
        let respond: RawServer.Responder = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\n\r\n", close: false)
            channel.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(10)) { task in
                guard channel.isActive else { return task.cancel() }
                channel.send("x", close: false)
            }
        }
        try await RawServer.run(respond: respond) { server in
            try await Self.endsSoon { #expect(await outcome(of: server.url(), total: .milliseconds(200)) == "source_timeout transient") }
        }
    }

    /// A port whose accept queue is full drops further connection attempts, like a host that is down.
    @Test func unresponsiveHostTimesOut() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let backlog: Int32 = 1
        let deaf = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: backlog).serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = deaf.localAddress?.port ?? 0
        // Linux queues one connection more than the backlog. Connecting until an attempt times out would stop too early on a busy machine,
        // where a timeout does not mean that the queue is full.
        var fillers: [any Channel] = []
        for _ in 0...backlog {
            let client = ClientBootstrap(group: group).connectTimeout(.seconds(60))
            fillers.append(try await client.connect(host: "127.0.0.1", port: port).get())
        }
        try await Self.endsSoon {
            #expect(
                await outcome(of: "http://127.0.0.1:\(port)/", connect: .milliseconds(100), total: .seconds(3600))
                    == "source_timeout transient")
        }
        // The total limit also applies while connecting.
        try await Self.endsSoon {
            #expect(
                await outcome(of: "http://127.0.0.1:\(port)/", connect: .seconds(3600), total: .milliseconds(100))
                    == "source_timeout transient")
        }
        for channel in fillers + [deaf] { try? await channel.close() }
    }

    @Test func cancellationEndsTheFetchAndTheConnection() async throws {
        let (arrived, arrival) = AsyncStream<any Channel>.makeStream()
        try await RawServer.run(respond: { _, channel in arrival.yield(channel) }) { server in
            let url = server.url()
            let fetch = Task { try await localFetcher(total: .seconds(3600)).fetch(url, limit: 10) }
            var arrivals = arrived.makeAsyncIterator()
            let channel = try #require(try await arrivals.next("a connection"))
            fetch.cancel()
            await #expect(throws: CancellationError.self) { try await fetch.value("the fetch to end") }
            try await within(.seconds(30), "the connection to end") { try await channel.closeFuture.get() }
        }
    }

    @Test func aCancelledTaskFetchesNothing() async throws {
        try await RawServer.run(respond: { _, channel in channel.respond() }) { server in
            let url = server.url()
            let fetch = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await localFetcher().fetch(url, limit: 10)
            }
            await #expect(throws: CancellationError.self) { try await fetch.value("the fetch to end") }
        }
    }

    /// 60 s is far below the limits that would apply if the tested one did not.
    static func endsSoon(_ body: () async throws -> Void) async throws {
        let duration = try await ContinuousClock().measure { try await body() }
        #expect(duration < .seconds(60))
    }
}
