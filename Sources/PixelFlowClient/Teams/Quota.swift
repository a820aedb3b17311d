public import WireFormats

/// What an organisation may use; nil is unlimited.
public struct Quota: Sendable, Hashable {
    public var tasksPerMonth: Int?
    public var tasksInFlight: Int?
    public var bytesStored: Int?
    /// Maximum size of an upload in bytes.
    public var sourceBytes: Int?
    /// Days after which finished tasks are deleted.
    public var retentionDays: Int?
    /// How many turns the organisation has for each of another, while several wait; nil is one.
    public var weight: Int?

    /// Unlimited.
    public init() {}

    init(_ fields: Fields) {
        func number(_ name: String) -> Int? { fields.json[name]?.intValue }
        tasksPerMonth = number("tasks_per_month")
        tasksInFlight = number("tasks_in_flight")
        bytesStored = number("bytes_stored")
        sourceBytes = number("source_bytes")
        retentionDays = number("retention_days")
        weight = number("weight")
    }

    public var json: JSONValue {
        func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return [
            "tasks_per_month": number(tasksPerMonth), "tasks_in_flight": number(tasksInFlight), "bytes_stored": number(bytesStored),
            "source_bytes": number(sourceBytes), "retention_days": number(retentionDays), "weight": number(weight),
        ]
    }
}
