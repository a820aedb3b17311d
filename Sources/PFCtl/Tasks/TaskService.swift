import KubernetesClient
import NIOHTTP1
import Terminal
import WireFormats

/// The calls of the api about tasks.
struct TaskService: Sendable {
    /// The api's own limit for one answer.
    private static let pageSize = 200

    private let api: ForwardedService
    private let timeout: Duration

    /// Runs a body with an api client that uses the token.
    static func using<Result: Sendable>(
        _ session: Session, _ tokens: TokenOptions, _ body: (TaskService) async throws -> Result
    ) async throws -> Result {
        let token = try tokens.resolve(in: session)
        return try await ForwardedService.using(.api, in: session, token: token) { api in
            try await body(TaskService(api: api, timeout: session.global.requestTimeout))
        }
    }

    /// The newest first.
    /// - Parameter limit: Nil for all.
    func list(status: String?, search: String? = nil, limit: Int?) async throws -> [TaskSummary] {
        var found: [TaskSummary] = []
        var cursor: String?
        repeat {
            let rest = limit.map { $0 - found.count } ?? Self.pageSize
            let query = [
                ("limit", String(min(rest, Self.pageSize))), ("status", status), ("search", search), ("cursor", cursor),
            ]
            let page = try await api.get("/api/tasks?" + Self.encoded(query), timeout: timeout)
            found += (page["tasks"]?.arrayValue ?? []).map(TaskSummary.init)
            cursor = page["next_cursor"]?.stringValue
        } while cursor != nil && found.count < limit ?? .max
        return found
    }

    func task(_ id: String) async throws -> TaskSummary {
        TaskSummary(try await api.get("/api/tasks/\(id.percentEncoded())", timeout: timeout))
    }

    func cancel(_ id: String) async throws {
        _ = try await api.send(.POST, "/api/tasks/\(id.percentEncoded())/cancel", timeout: timeout)
    }

    func replay(_ id: String) async throws {
        _ = try await api.send(.POST, "/api/tasks/\(id.percentEncoded())/replay", timeout: timeout)
    }

    func delete(_ id: String) async throws {
        _ = try await api.send(.DELETE, "/api/tasks/\(id.percentEncoded())", timeout: timeout)
    }

    private static func encoded(_ query: [(String, String?)]) -> String {
        query.compactMap { name, value in value.map { "\(name)=\($0.percentEncoded())" } }.joined(separator: "&")
    }
}
