import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import PixelFlowHTTP
import Testing

@Suite("Request ids and the access log")
struct RequestLogTests {
    @Test("a valid request id from the caller is kept", arguments: ["abc", "0192-ab_c.7", String(repeating: "x", count: 64)])
    func validRequestIDIsKept(id: String) async throws {
        let harness = ServiceHarness()
        try await harness.run { router in
            router.get("/") { _, context in context.requestID }
        } _: { client in
            let response = try await client.execute(uri: "/", method: .get, headers: [.xRequestID: id])
            #expect(response.headers[.xRequestID] == id)
            #expect(response.text == id)
        }
        #expect(try harness.log.objects().last?["request_id"] as? String == id)
    }

    @Test("any other request id is replaced", arguments: ["", "a b", "a\"b", "über", String(repeating: "x", count: 65)])
    func invalidRequestIDIsReplaced(id: String) async throws {
        try await ServiceHarness().run { router in
            router.get("/") { _, context in context.requestID }
        } _: { client in
            let response = try await client.execute(uri: "/", method: .get, headers: [.xRequestID: id])
            let given = try #require(response.headers[.xRequestID])
            #expect(given != id && !given.isEmpty)
            #expect(response.text == given)
            let next = try await client.execute(uri: "/", method: .get)
            #expect(next.headers[.xRequestID] != given)
        }
    }

    @Test("one line per request, with the route and without the query")
    func requestIsLoggedInOneLine() async throws {
        let harness = ServiceHarness(level: .info)
        try await harness.run { router in
            router.get("/things/{id}") { _, _ in "four" }
        } _: { client in
            _ = try await client.execute(uri: "/things/7?key=hidden", method: .get)
        }
        #expect(harness.log.lines.count == 1)
        let line = try #require(try harness.log.objects().first)
        #expect(line["event"] as? String == "request")
        #expect(line["method"] as? String == "GET")
        #expect(line["path"] as? String == "/things/7")
        #expect(line["route"] as? String == "/things/{id}")
        #expect(line["status"] as? Int == 200)
        #expect(line["bytes"] as? Int == 4)
        #expect(line["milliseconds"] is Double)
        #expect(!harness.log.lines[0].contains("hidden"))
    }

    @Test("errors are logged with the status that was sent")
    func errorsAreLoggedWithTheirStatus() async throws {
        let harness = ServiceHarness(level: .info)
        try await harness.run { _ in
        } _: { client in
            _ = try await client.execute(uri: "/nowhere", method: .get)
        }
        #expect(try harness.log.objects().map { $0["status"] as? Int } == [404])
    }

    @Test("probes are logged at debug level only")
    func probesAreLoggedAtDebugLevel() async throws {
        let quiet = ServiceHarness(level: .info)
        try await quiet.run { _ in
        } _: { client in
            _ = try await client.execute(uri: "/health", method: .get)
        }
        #expect(quiet.log.lines.isEmpty)
        let loud = ServiceHarness(level: .debug)
        try await loud.run { _ in
        } _: { client in
            _ = try await client.execute(uri: "/health", method: .get)
        }
        #expect(try loud.log.objects().map { $0["level"] as? String } == ["debug"])
    }
}
