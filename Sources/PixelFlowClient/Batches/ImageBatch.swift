public import FoundationEssentials
public import WireFormats

/// A group of tasks, as of the response of the service.
public struct ImageBatch: Sendable, Hashable, Identifiable {
    public let id: String
    public let description: String
    /// The priority of tasks that do not set their own.
    public let priority: Upload.Priority?
    public let status: Status
    /// Nil in lists.
    public let counts: Counts?
    public let createdAt: Date?
    public let closedAt: Date?
    public let completedAt: Date?
    /// The complete JSON from the service.
    public let json: JSONValue

    init(_ fields: Fields) throws {
        json = fields.json
        id = try fields.text("id")
        description = json["description"]?.stringValue ?? ""
        priority = (json["priority"]?.stringValue).map(Upload.Priority.init)
        status = Status(rawValue: try fields.text("status"))
        counts = try fields.object("counts", Counts.init)
        createdAt = fields.time("created_at")
        closedAt = fields.time("closed_at")
        completedAt = fields.time("completed_at")
    }

    /// Not an enum, because a later service may have other values.
    public struct Status: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// Accepts tasks.
        public static let open = Status(rawValue: "open")
        /// Accepts no more tasks; some have not finished.
        public static let closed = Status(rawValue: "closed")
        /// Closed, and all of its tasks have finished.
        public static let completed = Status(rawValue: "completed")
    }

    /// The number of tasks of a batch by status, without deleted tasks.
    public struct Counts: Sendable, Hashable {
        public let total: Int
        public let pending: Int
        public let processing: Int
        public let completed: Int
        public let failed: Int
        public let cancelled: Int

        init(_ fields: Fields) throws {
            func count(_ name: String) -> Int { fields.json[name]?.intValue ?? 0 }
            total = count("total")
            pending = count("pending")
            processing = count("processing")
            completed = count("completed")
            failed = count("failed")
            cancelled = count("cancelled")
        }
    }
}
