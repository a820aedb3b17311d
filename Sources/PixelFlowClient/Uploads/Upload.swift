public import NIOCore
public import WireFormats

/// A task to create: the image and its processing.
public struct Upload: Sendable {
    /// Where the image comes from.
    public enum Source: Sendable {
        /// The service fetches it.
        case url(String)
        case bytes(ByteBuffer)
        /// The path of a file, which is read in pieces.
        case file(String)
        /// Bytes that every attempt reads from the start.
        ///
        /// - Parameter length: in bytes; nil if unknown.
        case stream(length: Int64?, @Sendable () async throws -> ByteStream)
    }

    /// Which outputs to create.
    public enum Processing: Sendable, Hashable {
        /// The default of the service: one output `image`.
        case standard
        /// The name of a preset.
        case preset(String)
        case pipeline(JSONValue)
    }

    /// The priority of the task. Not an enum, because a later service may have other values.
    public struct Priority: RawRepresentable, Sendable, Hashable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        public static let high = Priority(rawValue: "high")
        public static let normal = Priority(rawValue: "normal")
        /// For imports of many images.
        public static let low = Priority(rawValue: "low")
    }

    public var source: Source
    public var processing: Processing
    /// Nil for the priority of the batch or of the preset, or else `normal`.
    public var priority: Priority?
    /// The id of the open batch to which the task is added.
    public var batch: String?
    /// Receives an event when the task finishes, in addition to the webhooks of the organisation.
    public var webhookURL: String?
    /// The name of the task in lists; by default the file name.
    public var fileName: String?
    /// Makes the upload repeatable: two uploads with the same key and content create one task.
    /// 1 to 255 bytes. By default, the client generates a key.
    public var idempotencyKey: String?

    public init(
        _ source: Source, _ processing: Processing = .standard, priority: Priority? = nil, batch: String? = nil,
        webhookURL: String? = nil, fileName: String? = nil, idempotencyKey: String? = nil
    ) {
        self.source = source
        self.processing = processing
        self.priority = priority
        self.batch = batch
        self.webhookURL = webhookURL
        self.fileName = fileName
        self.idempotencyKey = idempotencyKey
    }

    /// The last component of a file's path.
    var effectiveFileName: String? {
        if let fileName { return fileName }
        guard case .file(let path) = source else { return nil }
        return path.split(separator: "/").last.map(String.init)
    }
}
