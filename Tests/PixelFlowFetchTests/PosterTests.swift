import NIOCore
import NIOPosix
import PixelFlowCore
import PixelFlowFetch
import PixelFlowURL
import RawHTTP
import Testing
import WireFormats

/// Why there was no response, and whether the server may have received the request.
@Suite struct PosterTests {
    private func post(
        to url: String, allowed: String = "127.0.0.0/8", timeout: Duration = .seconds(60), resolver: any NameResolver = FixedResolver()
    ) async throws -> GuardedPoster.PostError? {
        let poster = try GuardedPoster(
            allowedNetworks: try NetworkRange.list(allowed), ports: .all, timeout: timeout, userAgent: "test", resolver: resolver)
        do {
            _ = try await poster.post(url, headers: [], body: ByteBuffer(string: "message"), responseLimit: 10, for: .test)
            return nil
        } catch let error as GuardedPoster.PostError {
            return error
        }
    }

    @Test func anyResponseIsNotAnError() async throws {
        try await RawServer.run(respond: { _, channel in channel.respond("500 Broken") }) { server in
            let error = try await post(to: server.url())
            #expect(error == nil)
            #expect(server.requests.map(\.body) == ["message"])
        }
    }

    /// What a server does after it has read the request.
    enum Behaviour: CaseIterable {
        case silent, closing, closingAmid, babbling

        var respond: RawServer.Responder {
            { _, channel in
                switch self {
                case .silent: break
                case .closing: channel.close(promise: nil)
                case .closingAmid: channel.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
                case .babbling: channel.send("What?\r\n\r\n")
                }
            }
        }

        var reason: GuardedPoster.PostError.Reason {
            switch self {
            case .silent: .timeout
            case .closing: .unreachable
            case .closingAmid, .babbling: .responseInvalid
            }
        }
    }

    @Test(arguments: Behaviour.allCases) func failureAfterTheRequestMayHaveBeenSent(behaviour: Behaviour) async throws {
        try await RawServer.run(respond: behaviour.respond) { server in
            let timeout: Duration = behaviour == .silent ? .seconds(3) : .seconds(60)
            let error = try await post(to: server.url(), timeout: timeout)
            #expect(error == .init(reason: behaviour.reason, mayHaveSent: true))
            #expect(server.requests.count == 1)
        }
    }

    @Test(
        arguments: [
            ("ftp://127.0.0.1/", .urlInvalid), ("http://10.0.0.1/", .addressBlocked), ("http://nowhere.example/", .nameNotResolved),
            ("http://empty.example/", .nameNotResolved),
            // Nothing listens on the first port.
            ("http://127.0.0.1:1/", .unreachable),
        ] as [(String, GuardedPoster.PostError.Reason)])
    func failureBeforeTheConnectionHasSentNothing(url: String, reason: GuardedPoster.PostError.Reason) async throws {
        let error = try await post(to: url, resolver: FixedResolver(["empty.example": [[]]]))
        #expect(error == .init(reason: reason, mayHaveSent: false))
    }

    @Test func slowLookupHasSentNothing() async throws {
        let error = try await post(to: "http://pictures.example/", timeout: .milliseconds(50), resolver: ResolutionTests.SilentResolver())
        #expect(error == .init(reason: .timeout, mayHaveSent: false))
    }

    /// The next attempt must not meet the time in which the name is not looked up.
    @Test func anUnansweredNameReportsWhenItIsAskedAgain() async throws {
        var limits = LookupLimits.posts
        limits.unansweredAfter = .zero
        limits.unansweredFor = .seconds(60)
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let resolver = SystemResolver(threads: threads, limits: limits) { _ in
            throw PixelFlowError(.unavailable, code: "name_not_resolved", "No response.", retry: .transient)
        }
        let asked = try await post(to: "http://dead.example/", resolver: resolver)
        #expect(asked == .init(reason: .nameNotResolved, mayHaveSent: false, retryAfter: .seconds(60)))
        let remembered = try #require(try await post(to: "http://dead.example/", resolver: resolver))
        #expect(remembered.reason == .nameNotResolved)
        #expect(try #require(remembered.retryAfter) > .zero)
        try await threads.shutdownGracefully()
    }

    @Test func nothingIsSentToWhomIsNotTrusted() async throws {
        try await RawServer.run(tls: TestCertificate.serverContext(), respond: { _, channel in channel.respond() }) { server in
            let error = try await post(to: server.url(scheme: "https"))
            #expect(error == .init(reason: .certificateUntrusted, mayHaveSent: false))
            #expect(server.requests.isEmpty)
        }
    }
}
