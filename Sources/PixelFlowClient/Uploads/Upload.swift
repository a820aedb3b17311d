public import NIOCore
public import WireFormats

/// What is to be made of which image.
public struct Upload: Sendable {
    /// Where the image comes from.
    public enum Source: Sendable {
        /// The service fetches it.
        case url(String)
        case bytes(ByteBuffer)
        /// The path of a file, which is read in pieces.
        case file(String)
        /// Bytes that every attempt reads from their start.
        ///
        /// - Parameter length: in bytes; nil if it is not known.
        case stream(length: Int64?, @Sendable () async throws -> ByteStream)
    }

    /// Which outputs are made of it.
    public enum Processing: Sendable, Hashable {
        /// What the service does if it is not told: one output `image`.
        case standard
        /// The name of a preset.
        case preset(String)
        case pipeline(JSONValue)
    }

    /// The priority of the task. Text and not a list of cases: a later service may have others.
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
    /// Nil for that of the batch, or of the preset, or else the normal one.
    public var priority: Priority?
    /// The id of the open batch that the task is to belong to.
    public var batch: String?
    /// Where the end of the task is told of, besides the webhooks of the organisation.
    public var webhookURL: String?
    /// What the task is called in lists; by default the name of the file.
    public var fileName: String?
    /// Two uploads with the same key and the same content are one task, so that an upload can be repeated.
    /// 1 to 255 bytes. The client makes one of its own unless one is given.
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

    /// The last part of a file's path.
    var effectiveFileName: String? {
        if let fileName { return fileName }
        guard case .file(let path) = source else { return nil }
        return path.split(separator: "/").last.map(String.init)
    }
}
