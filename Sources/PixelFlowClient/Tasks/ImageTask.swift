public import FoundationEssentials
public import WireFormats

/// A task, as of the response of the service.
public struct ImageTask: Sendable, Hashable, Identifiable {
    public let id: String
    public let status: Status
    /// From 0 to 1.
    public let progress: Double
    public let attempts: Int
    /// The URL of the source, or the file name; nil for an upload without a name.
    public let source: String?
    public let preset: String?
    /// Nil if the service does not support priorities.
    public let priority: Upload.Priority?
    /// The id of the task's batch.
    public let batch: String?
    /// The outputs that have finished, successfully or not.
    public let outputs: [Output]
    /// Why the task has failed.
    public let error: Failure?
    public let createdAt: Date?
    public let updatedAt: Date?
    public let completedAt: Date?
    /// The entity tag of this state of the task, if it was requested individually; nil in lists and events.
    public let etag: String?
    /// The complete JSON from the service, including members that this library does not know.
    public let json: JSONValue

    /// - Throws: `ClientError.invalidResponse` if the id or the status is missing.
    init(_ fields: Fields, etag: String? = nil) throws {
        json = fields.json
        self.etag = etag
        id = try fields.text("id")
        status = Status(rawValue: try fields.text("status"))
        progress = min(1, max(0, json["progress"]?.doubleValue ?? 0))
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

    /// Not an enum, because a later service may have other values. Unknown values are not final.
    public struct Status: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let pending = Status(rawValue: "PENDING")
        public static let processing = Status(rawValue: "PROCESSING")
        public static let completed = Status(rawValue: "COMPLETED")
        public static let failed = Status(rawValue: "FAILED")
        public static let cancelled = Status(rawValue: "CANCELLED")

        /// Whether the status can change only by a replay.
        public var isFinal: Bool { [.completed, .failed, .cancelled].contains(self) }
    }

    /// Why a task or an output has failed.
    public struct Failure: Sendable, Hashable {
        /// A stable code for programs.
        public let code: String
        /// For people.
        public let message: String

        init(_ fields: Fields) throws {
            code = try fields.text("code")
            message = fields.json["message"]?.stringValue ?? code
        }
    }

    /// An image that a task has produced, or the reason why it has not.
    public struct Output: Sendable, Hashable {
        public let name: String
        /// For example `webp`; nil if the output has failed.
        public let format: String?
        public let width: Int?
        public let height: Int?
        public let bytes: Int64?
        /// Of the bytes, in lowercase hexadecimal.
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

        /// `small.webp`, with `.jpg` for JPEG; `small` without a format.
        ///
        /// - Throws: `ClientError.invalidResponse` for a name or a format that PixelFlow does not have, such as one with `/`, so that a file
        ///   is never written where the service says.
        public var fileName: String {
            get throws {
                guard (1...64).contains(name.utf8.count), Self.nameCharacters.containsAll(of: name) else {
                    throw ClientError.invalidResponse(
                        "an output has a name that is not allowed for a file: \(name.prefix(64).debugDescription)")
                }
                guard let format else { return name }
                guard let ending = Self.endings[format] else {
                    throw ClientError.invalidResponse("the output \(name) has an unknown format: \(format.prefix(64).debugDescription)")
                }
                return "\(name).\(ending)"
            }
        }

        private static let nameCharacters = ASCIISet.lowercase.union(.digits).union("-_")
        private static let endings = [
            "jpeg": "jpg", "png": "png", "webp": "webp", "avif": "avif", "gif": "gif", "tiff": "tiff",
        ]
    }
}
