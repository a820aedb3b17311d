import AsyncHTTPClient
import Deadlines
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Testing

/// Each of these tests hangs, and so fails, if the proxy buffers what it should pass on.
@Suite(.timeLimit(.minutes(1))) struct StreamingTests {
    @Test func anEventArrivesBeforeTheStreamEnds() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let routes: Routes = { router in
            router.get("/api/events") { _, _ in
                Response(
                    status: .ok, headers: [.contentType: "text/event-stream"],
                    body: ResponseBody { writer in
                        try await writer.write(ByteBuffer(string: "data: first\n\n"))
                        try await gate.first("the first event to be read")
                        try await writer.write(ByteBuffer(string: "data: second\n\n"))
                        try await writer.finish(nil)
                    })
            }
        }
        try await withWebStack(api: routes) { stack in
            let response = try await stack.client.execute(stack.request(.get, "/api/events"), timeout: .seconds(20))
            var pieces = response.body.makeAsyncIterator()
            let first = try #require(try await pieces.next("a piece of the stream"))
            #expect(String(buffer: first) == "data: first\n\n")
            open.yield()
            let second = try #require(try await pieces.next("a piece of the stream"))
            #expect(String(buffer: second) == "data: second\n\n")
            #expect(try await pieces.next("a piece of the stream") == nil)
        }
    }

    /// 30 MiB, each mebibyte sent only after the previous one has arrived at the api.
    @Test func anUploadIsNotBuffered() async throws {
        let size = 1 << 20
        let pieces = 30
        let (arrivals, arrived) = AsyncStream.makeStream(of: Int.self)
        let routes: Routes = { router in
            router.post("/api/upload") { request, _ in
                var total = 0
                // bounded: by the request.
                for try await piece in request.body {
                    total += piece.readableBytes
                    arrived.yield(total)
                }
                return "\(total)"
            }
        }
        let position = Position(arrivals)
        let body = AsyncStream<ByteBuffer>.lockstep(pieces) { index in
            await position.reach(index * size)
            return ByteBuffer(repeating: UInt8(index), count: size)
        }
        try await withWebStack(api: routes) { stack in
            let response = try await stack.send(.post, "/api/upload", body: .stream(body, length: .known(Int64(size * pieces))))
            #expect(response.status == 200)
            #expect(response.body == "\(size * pieces)")
        }
    }

    @Test(arguments: [true, false])
    func anUploadRefusedEarlyEndsCleanly(declared: Bool) async throws {
        let routes: Routes = { router in
            router.post("/api/upload") { request, _ in
                var total = 0
                // bounded: by the request.
                for try await piece in request.body {
                    total += piece.readableBytes
                    if total > 2 << 20 { return problem(.contentTooLarge, "body_too_large") }
                }
                return problem(.badRequest, "not_refused")
            }
            router.get("/api/tasks") { _, _ in "tasks" }
        }
        try await withWebStack(api: routes) { stack in
            for _ in 0..<5 {
                let piece = ByteBuffer(repeating: 1, count: 256 << 10)
                let body = AsyncStream<ByteBuffer>.lockstep(64) { _ in piece }
                let response = try await stack.send(
                    .post, "/api/upload", body: .stream(body, length: declared ? .known(Int64(64 * 256 << 10)) : .unknown))
                #expect(response.status == 413)
                #expect(response.body.contains("body_too_large"))
                #expect(try await stack.send(.get, "/api/tasks").body == "tasks")
            }
        }
    }

    @Test func aClientThatDisconnectsEndsTheStreamAtTheAPI() async throws {
        let (endings, ended) = AsyncStream.makeStream(of: Void.self)
        let routes: Routes = { router in
            router.get("/api/events") { request, _ in
                Response(
                    status: .ok, headers: [.contentType: "text/event-stream"],
                    body: ResponseBody { writer in
                        defer { ended.yield() }
                        try await writer.write(ByteBuffer(string: "data: first\n\n"))
                        // Sends nothing more, so only closing the connection can end it.
                        try await request.body.consumeWithCancellationOnInboundClose { _ in
                            try await AsyncStream<Void>.makeStream().stream.end("the connection to end")
                        }
                        try await writer.finish(nil)
                    })
            }
        }
        try await withWebStack(api: routes) { stack in
            let response = try await stack.client.execute(stack.request(.get, "/api/events"), timeout: .seconds(20))
            do {
                var pieces = response.body.makeAsyncIterator()
                #expect(try await pieces.next("a piece of the stream") != nil)
            }
            // The iterator has been released, and with it the client's connection.
            try await endings.first("the stream at the api to end")
        }
    }

    @Test(arguments: ["/api/output", "/api/events"])
    func aTruncatedResponseIsNotComplete(path: String) async throws {
        struct Breakdown: Error {}
        let routes: Routes = { router in
            router.get(RouterPath(path)) { _, _ in
                Response(
                    status: .ok, headers: [.contentType: path == "/api/events" ? "text/event-stream" : "image/png"],
                    body: ResponseBody { writer in
                        try await writer.write(ByteBuffer(string: "half"))
                        throw Breakdown()
                    })
            }
        }
        try await withWebStack(api: routes) { stack in
            await #expect(throws: (any Error).self) { try await stack.send(.get, path) }
        }
    }

    /// Bytes that arrive together with the head of a stream, and the end of the stream, are passed on as well.
    @Test func aShortStreamArrivesComplete() async throws {
        let routes: Routes = { router in
            router.get("/api/events") { request, _ in
                #expect(request.uri.query == "batch=1")
                return Response(
                    status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: "data: first\n\ndata: second\n\n")))
            }
        }
        try await withWebStack(api: routes) { stack in
            for _ in 0..<20 {
                let response = try await stack.send(.get, "/api/events?batch=1")
                #expect(response.status == 200)
                #expect(response.headers["content-type"] == "text/event-stream")
                #expect(response.body == "data: first\n\ndata: second\n\n")
            }
        }
    }

    @Test func aRefusedStreamHasTheResponseOfTheService() async throws {
        let routes: Routes = { router in router.get("/api/events") { _, _ in problem(.tooManyRequests, "too_many_event_streams") } }
        try await withWebStack(api: routes) { stack in
            let response = try await stack.send(.get, "/api/events")
            #expect(response.status == 429)
            #expect(response.body.contains("too_many_event_streams"))
            // The connection remains open.
            #expect(try await stack.send(.get, "/api/events").status == 429)
        }
    }

    @Test func anUnavailableServiceIs503() async throws {
        try await withWeb(authURL: "http://localhost:1", apiURL: "http://localhost:1") { stack in
            let response = try await stack.send(.get, "/api/events")
            #expect(response.status == 503)
            #expect(response.body.contains("api_unavailable"))
        }
    }
}

/// Waits until a given number of bytes has arrived.
private actor Position {
    private let arrivals: AsyncStream<Int>
    private var total = 0

    init(_ arrivals: AsyncStream<Int>) { self.arrivals = arrivals }

    func reach(_ goal: Int) async {
        guard total < goal else { return }
        let reached = try? await arrivals.first("\(goal) bytes to arrive") { $0 >= goal }
        total = reached ?? total
    }
}

extension AsyncStream where Element: Sendable {
    /// A stream whose elements are created on demand.
    fileprivate static func lockstep(_ count: Int, _ make: @escaping @Sendable (Int) async -> Element) -> AsyncStream {
        let next = Mutex(0)
        return AsyncStream {
            let index = next.withLock { next in
                defer { next += 1 }
                return next
            }
            return index < count ? await make(index) : nil
        }
    }
}
