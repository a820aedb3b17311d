import NIOHTTP1
public import WireFormats

extension PixelFlowClient {
    /// All tasks of a query, newest first.
    public func tasks(_ query: TaskQuery = TaskQuery()) -> TaskSequence { TaskSequence(client: self, query: query) }

    /// The newest tasks of a query, as a list. The pages are as large as they can be, whatever the query says.
    ///
    /// - Parameter limit: of the list; nil for all tasks.
    public func list(_ query: TaskQuery = TaskQuery(), upTo limit: Int? = nil) async throws -> [ImageTask] {
        var query = query
        query.pageSize = min(limit ?? .max, TaskQuery.maximumPageSize)
        var tasks: [ImageTask] = []
        for try await task in self.tasks(query).prefix(limit ?? .max) { tasks.append(task) }
        return tasks
    }

    /// One page of tasks.
    ///
    /// - Parameter cursor: of the page before; nil for the first.
    public func page(_ query: TaskQuery = TaskQuery(), cursor: String? = nil) async throws -> TaskPage {
        let fields = Path.query([
            ("status", query.status?.rawValue), ("batch", query.batch), ("search", query.search), ("limit", String(query.pageSize)),
            ("cursor", cursor),
        ])
        return try TaskPage(Fields(await document(Call(.GET, endpoints.api + "/api/tasks" + fields))))
    }

    public func task(_ id: String) async throws -> ImageTask { try await task(Call(.GET, url(id))) }

    /// - Throws: `Problem` `task_is_final` if it has ended.
    public func cancel(_ id: String) async throws -> ImageTask { try await task(Call(.POST, url(id) + "/cancel")) }

    /// Runs a failed task again.
    ///
    /// - Throws: `Problem` `task_not_failed`.
    public func replay(_ id: String) async throws -> ImageTask { try await task(Call(.POST, url(id) + "/replay")) }

    /// Deletes a task with its images.
    public func delete(_ id: String) async throws { try await delete(at: url(id)) }

    /// Numbers of all tasks of the account: `counts`, `throughput` and so on.
    public func statistics() async throws -> JSONValue { try await document(Call(.GET, endpoints.api + "/api/stats")) }

    private func url(_ id: String) -> String { endpoints.api + "/api" + Path.joined("tasks", id) }
}
