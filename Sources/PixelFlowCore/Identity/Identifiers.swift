/// A typed text identifier, so that a tenant id cannot be passed as a task id.
package protocol Identifier: RawRepresentable, Hashable, Codable, Sendable, CustomStringConvertible, Comparable
where RawValue == String {
    init(_ text: String)
}

extension Identifier {
    package init?(rawValue: String) { self.init(rawValue) }
    package init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
    package var description: String { rawValue }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Identifies a task: a UUIDv7, so that the newest sorts last.
package struct TaskID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
    package static func make(at time: Timestamp) -> TaskID { TaskID(UUIDv7.make(at: time)) }
    /// Parses an id from untrusted input; nil if it is malformed.
    package init?(parsing text: String) {
        let lowered = text.lowercased()
        guard UUIDv7.isCanonical(lowered) else { return nil }
        rawValue = lowered
    }
}

/// Identifies an organisation, which owns data. Part of every filter, object key and cache key.
package struct TenantID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
}

/// Identifies a person who signs in.
package struct UserID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
}

/// Identifies one run of a worker process; not reused after a restart.
package struct WorkerID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
}

/// Identifies a sign-in on one device, from `POST /login` until sign-out, expiry or revocation.
package struct SessionID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
}

/// Identifies an API key. Unlike the key itself, it is not secret.
package struct APIKeyID: Identifier {
    package let rawValue: String
    package init(_ text: String) { rawValue = text }
}
