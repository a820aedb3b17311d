public import FoundationEssentials
public import WireFormats

/// Tasks that belong together, as they were when the service answered.
public struct ImageBatch: Sendable, Hashable, Identifiable {
    public let id: String
    public let description: String
    /// Of tasks that name none.
    public let priority: Upload.Priority?
    public let status: Status
    /// Nil in lists.
    public let counts: Counts?
    public let createdAt: Date?
    public let closedAt: Date?
    public let completedAt: Date?
    /// All that the service says.
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

    /// Text and not a list of cases: a later service may have others.
    public struct Status: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// Takes tasks.
        public static let open = Status(rawValue: "open")
        /// Takes none; some have not ended.
        public static let closed = Status(rawValue: "closed")
        /// All of its tasks had ended once it was closed.
        public static let completed = Status(rawValue: "completed")
    }

    /// The tasks of a batch by their status, without deleted ones.
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
