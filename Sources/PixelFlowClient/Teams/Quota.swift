public import WireFormats

/// Limits of an organisation; nil means unlimited.
public struct Quota: Sendable, Hashable {
    public var tasksPerMonth: Int?
    public var tasksInFlight: Int?
    public var bytesStored: Int?
    /// Maximum size of an upload in bytes.
    public var sourceBytes: Int?
    /// Days after which finished tasks are deleted.
    public var retentionDays: Int?
    /// How many turns the organisation has for each turn of another one that waits too; nil means one.
    public var weight: Int?

    /// Creates a quota without limits.
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
