public import FoundationEssentials
public import WireFormats

/// A task, as it was when the service answered.
public struct ImageTask: Sendable, Hashable, Identifiable {
    public let id: String
    public let status: Status
    /// From 0 to 1.
    public let progress: Double
    public let attempts: Int
    /// Its address, or the name of the file; nil for an upload without a name.
    public let source: String?
    public let preset: String?
    /// Nil from a service that knows no priorities.
    public let priority: Upload.Priority?
    /// The id of the batch that it belongs to.
    public let batch: String?
    /// Those that are finished, well or not.
    public let outputs: [Output]
    /// Why it has failed.
    public let error: Failure?
    public let createdAt: Date?
    public let updatedAt: Date?
    public let completedAt: Date?
    /// Names this state of the task, as a call that asked for it alone was told; nil in lists and events.
    public let etag: String?
    /// All that the service says, with what this library has no name for.
    public let json: JSONValue

    /// - Throws: `ClientError.invalidAnswer` without an id or a status.
    init(_ fields: Fields, etag: String? = nil) throws {
        json = fields.json
        self.etag = etag
        id = try fields.text("id")
        status = Status(rawValue: try fields.text("status"))
        progress = json["progress"]?.doubleValue ?? 0
        attempts = json["attempts"]?.intValue ?? 0
        source = json["image_url"]?.stringValue ?? json["upload"]?["filename"]?.stringValue
        preset = json["preset"]?.stringValue
        priority = (json["priority"]?.stringValue).map(Upload.Priority.init)
        batch = json["batch"]?.stringValue
        outputs = try fields.list("outputs", Output.init)
        error = try fields.object("error", Failure.init)
        createdAt = fields.time("created_at")
        updatedAt = fields.time("updated_at")
        completedAt = fields.time("completed_at")
    }

    /// Text and not a list of cases: a later service may have others, which are not final here.
    public struct Status: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let pending = Status(rawValue: "PENDING")
        public static let processing = Status(rawValue: "PROCESSING")
        public static let completed = Status(rawValue: "COMPLETED")
        public static let failed = Status(rawValue: "FAILED")
        public static let cancelled = Status(rawValue: "CANCELLED")

        /// Whether nothing more happens by itself.
        public var isFinal: Bool { [.completed, .failed, .cancelled].contains(self) }
    }

    /// Why a task or an output has failed.
    public struct Failure: Sendable, Hashable {
        /// Stable, for programs.
        public let code: String
        /// For people.
        public let message: String

        init(_ fields: Fields) throws {
            code = try fields.text("code")
            message = fields.json["message"]?.stringValue ?? code
        }
    }

    /// One image that a task has made, or why it has not.
    public struct Output: Sendable, Hashable {
        public let name: String
        /// `webp` and so on; nil if it has failed.
        public let format: String?
        public let width: Int?
        public let height: Int?
        public let bytes: Int64?
        /// Of its bytes, in lowercase hexadecimal digits.
        public let sha256: String?
        public let error: Failure?

        init(_ fields: Fields) throws {
            let json = fields.json
            name = try fields.text("name")
            format = json["format"]?.stringValue
            width = json["width"]?.intValue
            height = json["height"]?.intValue
            bytes = json["bytes"]?.intValue.map(Int64.init)
            sha256 = json["sha256"]?.stringValue
            error = try fields.object("error", Failure.init)
        }

        /// `small.webp`; `small` without a format, and `.jpg` as people write it.
        public var fileName: String { format.map { "\(name).\($0 == "jpeg" ? "jpg" : $0)" } ?? name }
    }
}
