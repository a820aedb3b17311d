import NIOHTTP1
public import WireFormats

extension PixelFlowClient {
    /// All tasks that match a query, newest first.
    public func tasks(_ query: TaskQuery = TaskQuery()) -> TaskSequence { TaskSequence(client: self, query: query) }

    /// The newest tasks that match a query, as a list. Requests pages of the maximum size; the query's `pageSize` is ignored.
    ///
    /// - Parameter limit: the maximum number; nil for all tasks.
    public func list(_ query: TaskQuery = TaskQuery(), upTo limit: Int? = nil) async throws -> [ImageTask] {
        var query = query
        query.pageSize = min(limit ?? .max, TaskQuery.maximumPageSize)
        var tasks: [ImageTask] = []
        for try await task in self.tasks(query).prefix(limit ?? .max) { tasks.append(task) }
        return tasks
    }

    /// One page of tasks.
    ///
    /// - Parameter cursor: from the previous page; nil for the first one.
    public func page(_ query: TaskQuery = TaskQuery(), cursor: String? = nil) async throws -> TaskPage {
        let fields = Path.query([
            ("status", query.status?.rawValue), ("batch", query.batch), ("search", query.search), ("limit", String(query.pageSize)),
            ("cursor", cursor),
        ])
        return try TaskPage(Fields(await document(Call(.GET, endpoints.api + "/api/tasks" + fields))))
    }

    public func task(_ id: String) async throws -> ImageTask { try await task(Call(.GET, url(id))) }

    /// - Throws: `Problem` `task_is_final` if the task has finished.
    public func cancel(_ id: String) async throws -> ImageTask { try await task(Call(.POST, url(id) + "/cancel")) }

    /// Runs a failed task again.
    ///
    /// - Throws: `Problem` `task_not_failed`, or `task_events_waiting`, after which a replay can be tried again.
    public func replay(_ id: String) async throws -> ImageTask { try await task(Call(.POST, url(id) + "/replay")) }

    /// Deletes a task and its images.
    public func delete(_ id: String) async throws { try await delete(at: url(id)) }

    /// Statistics of all tasks of the organisation: `counts`, `throughput` and so on.
    public func statistics() async throws -> JSONValue { try await document(Call(.GET, endpoints.api + "/api/stats")) }

    private func url(_ id: String) -> String { endpoints.api + "/api" + Path.joined("tasks", id) }
}
