/// Selects the tasks of a list.
public struct TaskQuery: Sendable, Hashable {
    /// Maximum number of tasks per response.
    public static let maximumPageSize = 200

    public var status: ImageTask.Status?
    /// The id of a batch.
    public var batch: String?
    /// A substring of the file name or the URL.
    public var search: String?
    /// Tasks per response, 1 to 200.
    public var pageSize: Int

    public init(status: ImageTask.Status? = nil, batch: String? = nil, search: String? = nil, pageSize: Int = 100) {
        self.status = status
        self.batch = batch
        self.search = search
        self.pageSize = pageSize
    }
}

/// Tasks, newest first, and the cursor of the next page.
public struct TaskPage: Sendable, Hashable {
    public let tasks: [ImageTask]
    /// Nil on the last page.
    public let nextCursor: String?

    init(_ fields: Fields) throws {
        tasks = try fields.list("tasks") { try ImageTask($0) }
        nextCursor = fields.json["next_cursor"]?.stringValue
    }
}

/// All tasks that match a query, newest first. Pages are requested as they are read.
public struct TaskSequence: AsyncSequence, Sendable {
    let client: PixelFlowClient
    let query: TaskQuery

    public func makeAsyncIterator() -> Iterator { Iterator(client: client, query: query) }

    public struct Iterator: AsyncIteratorProtocol {
        let client: PixelFlowClient
        let query: TaskQuery
        private var page: ArraySlice<ImageTask> = []
        private var cursor: String?
        private var isAtEnd = false

        init(client: PixelFlowClient, query: TaskQuery) {
            self.client = client
            self.query = query
        }

        public mutating func next() async throws -> ImageTask? {
            // An empty page need not be the last one.
            while page.isEmpty, !isAtEnd {
                let next = try await client.page(query, cursor: cursor)
                page = next.tasks[...]
                cursor = next.nextCursor
                isAtEnd = cursor == nil
            }
            return page.popFirst()
        }
    }
}
