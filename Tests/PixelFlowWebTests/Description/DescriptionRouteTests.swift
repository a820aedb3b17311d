import Conformance
import HTTPTypes
import Hummingbird
import NIOCore
import PixelFlowHTTP
import Synchronization
import Testing
import WireFormats

@testable import PixelFlowWeb

/// `GET /openapi.json`, with services that describe themselves, change their description, or are down.
@Suite struct DescriptionRouteTests {
    @Test func servesADescriptionThatIsCachedForAMinute() async throws {
        let (auth, api, clock) = (StubDescription("/login", "login"), StubDescription("/api/tasks", "listTasks"), ManualClock())
        try await withWebStack(auth: auth.routes, api: api.routes, clock: clock) { stack in
            let first = try await stack.send(.get, "/openapi.json")
            #expect(first.status == 200)
            #expect(first.headers["content-type"]?.hasPrefix("application/json") == true)
            let paths = try #require(try JSONValue(parsing: first.body)["paths"]?.objectValue)
            let expected: Set = ["/auth/login", "/api/tasks", "/session", "/session/register", "/openapi.json", "/health"]
            #expect(expected.subtracting(paths.keys) == [])
            let tag = try #require(first.headers["etag"])
            #expect(try await stack.send(.get, "/openapi.json", headers: [("if-none-match", tag)]).status == 304)
            #expect(auth.asked == 1)
            #expect(api.asked == 1)

            api.id = "listAllTasks"
            #expect(try await stack.send(.get, "/openapi.json").body == first.body)
            clock.advance(by: DescriptionSource.interval)
            #expect(try await stack.send(.get, "/openapi.json").body.contains("listAllTasks"))
            #expect(api.asked == 2)
            // Auth has responded that its description has not changed.
            #expect(auth.unchanged == 1)
            // After the clock has been set back, the age of a description is unknown.
            clock.advance(by: .seconds(-3600))
            _ = try await stack.send(.get, "/openapi.json")
            #expect(api.asked == 3)
        }
    }

    @Test func theMergedDescriptionIsValid() async throws {
        let (auth, api) = (StubDescription("/login", "login"), StubDescription("/api/tasks", "listTasks"))
        try await withWebStack(auth: auth.routes, api: api.routes) { stack in
            let document = APIDescription(try JSONValue(parsing: try await stack.send(.get, "/openapi.json").body))
            #expect(document.faults.filter { !$0.contains("/auth/login") && !$0.contains("/api/tasks") } == [])
        }
    }

    @Test func concurrentReadersShareOneRequest() async throws {
        let (auth, api) = (StubDescription("/login", "login"), StubDescription("/api/tasks", "listTasks"))
        try await withWebStack(auth: auth.routes, api: api.routes, clock: ManualClock()) { stack in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 { group.addTask { try await stack.send(.get, "/openapi.json").status } }
                // bounded: by the time that each request may take
                for try await status in group { #expect(status == 200) }
            }
            #expect(auth.asked == 1)
        }
    }

    @Test func theLastDescriptionIsServedDuringAnOutage() async throws {
        let (auth, api, clock) = (StubDescription("/login", "login"), StubDescription("/api/tasks", "listTasks"), ManualClock())
        try await withWebStack(auth: auth.routes, api: api.routes, clock: clock) { stack in
            api.isAway = true
            let none = try await stack.send(.get, "/openapi.json")
            #expect(none.status == 503)
            #expect(none.body.contains(#""code":"api_unavailable""#))
            #expect(none.headers["retry-after"] != nil)
            api.isAway = false
            let first = try await stack.send(.get, "/openapi.json")
            #expect(first.status == 200)
            api.isAway = true
            clock.advance(by: DescriptionSource.interval)
            #expect(try await stack.send(.get, "/openapi.json").body == first.body)
            #expect(api.asked == 3)
            // A service that is down is not queried with every request either.
            #expect(try await stack.send(.get, "/openapi.json").body == first.body)
            #expect(api.asked == 3)
        }
    }

    @Test func conflictingDescriptionsAreATemporaryProblem() async throws {
        let (auth, api) = (StubDescription("/login", "login"), StubDescription("/api/tasks", "login"))
        try await withWebStack(auth: auth.routes, api: api.routes) { stack in
            let response = try await stack.send(.get, "/openapi.json")
            #expect(response.status == 503)
            #expect(response.body.contains(#""code":"descriptions_differ""#))
        }
    }

    @Test func aDescriptionHasASizeLimit() async throws {
        let (auth, api) = (StubDescription("/login", "login"), StubDescription("/api/tasks", "listTasks"))
        api.padding = String(repeating: " ", count: DescriptionSource.limit)
        try await withWebStack(auth: auth.routes, api: api.routes) { stack in
            let response = try await stack.send(.get, "/openapi.json")
            #expect(response.status == 503)
            #expect(response.body.contains(#""code":"api_unavailable""#))
        }
    }

    @Test func theDescriptionPageHasTheStrictPolicy() async throws {
        try await withWebStack { stack in
            let page = try await stack.send(.get, "/docs")
            #expect(page.status == 200)
            #expect(page.headers["content-security-policy"]?.contains("unsafe") == false)
            let paths = page.body.matches(of: /(?:src|href)="(\/[^"]+\.[a-z]+)"/).map { String($0.output.1) }
            #expect(paths.count >= 4)
            for path in paths where path != "/openapi.json" { #expect(try await stack.send(.get, path).status == 200) }
        }
    }
}

/// A service that describes one path.
private final class StubDescription: Sendable {
    private struct State {
        var id: String
        var padding = ""
        var isAway = false
        var asked = 0
        var unchanged = 0
    }

    private let path: String
    private let state: Mutex<State>

    init(_ path: String, _ id: String) {
        self.path = path
        state = Mutex(State(id: id))
    }

    var id: String {
        get { state.withLock { $0.id } }
        set { state.withLock { $0.id = newValue } }
    }
    var padding: String {
        get { state.withLock { $0.padding } }
        set { state.withLock { $0.padding = newValue } }
    }
    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }
    var asked: Int { state.withLock { $0.asked } }
    /// The number of queries that received "not modified".
    var unchanged: Int { state.withLock { $0.unchanged } }

    var routes: Routes {
        { [self] router in
            router.get("/openapi.json") { [self] request, _ in respond(request) }
        }
    }

    private func respond(_ request: Request) -> Response {
        state.withLock { state in
            state.asked += 1
            guard !state.isAway else { return problem(.serviceUnavailable, "draining") }
            let tag = "\"\(state.id)\""
            guard request.headers[.ifNoneMatch] != tag else {
                state.unchanged += 1
                return Response(status: .notModified, headers: [.eTag: tag])
            }
            return json(
                .ok, #"{"paths":{"\#(path)":{"get":{"operationId":"\#(state.id)","responses":{}}}}}"# + state.padding,
                headers: [.eTag: tag])
        }
    }
}
