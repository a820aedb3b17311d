/// A text identifier with a type of its own, so that a tenant is never passed for a task.
public protocol Identifier: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible, Comparable
where RawValue == String {
    init(_ text: String)
}

extension Identifier {
    public init?(rawValue: String) { self.init(rawValue) }
    public init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
    public var description: String { rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Names a task: a UUIDv7, so that the newest sorts last.
public struct TaskID: Identifier {
    public let rawValue: String
    public init(_ text: String) { rawValue = text }
    public static func make(at time: Timestamp) -> TaskID { TaskID(UUIDv7.make(at: time)) }
    /// Reads an id that came from outside; nil where it cannot be one.
    public init?(parsing text: String) {
        let lowered = text.lowercased()
        guard UUIDv7.isCanonical(lowered) else { return nil }
        rawValue = lowered
    }
}

/// The owner of data. Part of every filter, object key and cache key.
public struct TenantID: Identifier {
    public let rawValue: String
    public init(_ text: String) { rawValue = text }
}

/// A person who signs in.
public struct UserID: Identifier {
    public let rawValue: String
    public init(_ text: String) { rawValue = text }
}

/// One run of one worker process; never used again after a restart.
public struct WorkerID: Identifier {
    public let rawValue: String
    public init(_ text: String) { rawValue = text }
}

/// Who is asking, as a verified token says it.
public struct Principal: Sendable, Hashable {
    public let user: UserID
    public let email: String
    public let tenant: TenantID

    public init(user: UserID, email: String, tenant: TenantID) {
        self.user = user
        self.email = email
        self.tenant = tenant
    }
}
