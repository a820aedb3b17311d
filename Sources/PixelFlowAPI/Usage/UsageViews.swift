import OpenAPI
import PixelFlowCore
import WireFormats

/// The body of a request to set a quota: a member that is null or absent means unlimited.
struct QuotaRequest: Decodable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "QuotaRequest"
    static let annotations = QuotaView.annotations

    let view: QuotaView

    init(from decoder: any Decoder) throws { view = try QuotaView(from: decoder) }
}

/// A quota in JSON: null means unlimited.
struct QuotaView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Quota"
    static let annotations: [String: SchemaAnnotation] = [
        "tasks_per_month": limit("Tasks created in a calendar month (UTC); null is unlimited, as in every quota."),
        "bytes_stored": limit("Bytes of the sources and outputs of tasks that are not deleted, when a task is created."),
        "tasks_in_flight": limit("Tasks that are PENDING or PROCESSING."),
        "source_bytes": limit("Bytes of one image. A task whose URL leads to a larger one fails with `quota_exceeded`."),
        "retention_days": limit("Days after which a task that has ended is deleted, with its source and outputs.", atLeast: 1),
        "weight": limit("The number of turns of the organisation for each turn of another, while several wait; null is 1.", atLeast: 1),
    ]

    private static func limit(_ text: String, atLeast minimum: Int = 0) -> SchemaAnnotation {
        SchemaAnnotation(text, ["type": ["integer", "null"], "minimum": .integer(minimum)])
    }

    /// The maximum value of a quota: a petabyte, and more tasks than any organisation has.
    static let largest = 1 << 50
    /// A hundred years.
    static let longestRetention = 36_500
    static let largestWeight = 1000

    let quota: Quota

    init(_ quota: Quota) { self.quota = quota }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Quota.CodingKeys.self)
        quota = Quota(
            tasksPerMonth: try fields.decodeIfPresent(Int.self, forKey: .tasksPerMonth),
            bytesStored: try fields.decodeIfPresent(Int.self, forKey: .bytesStored),
            tasksInFlight: try fields.decodeIfPresent(Int.self, forKey: .tasksInFlight),
            sourceBytes: try fields.decodeIfPresent(Int.self, forKey: .sourceBytes),
            retentionDays: try fields.decodeIfPresent(Int.self, forKey: .retentionDays),
            weight: try fields.decodeIfPresent(Int.self, forKey: .weight))
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Quota.CodingKeys.self)
        try fields.encode(quota.tasksPerMonth, forKey: .tasksPerMonth)
        try fields.encode(quota.bytesStored, forKey: .bytesStored)
        try fields.encode(quota.tasksInFlight, forKey: .tasksInFlight)
        try fields.encode(quota.sourceBytes, forKey: .sourceBytes)
        try fields.encode(quota.retentionDays, forKey: .retentionDays)
        try fields.encode(quota.weight, forKey: .weight)
    }

    /// The limits in readable form: `tasks_per_month 100, retention_days 30`.
    var summary: String {
        let values: [(Quota.CodingKeys, Int?)] = [
            (.tasksPerMonth, quota.tasksPerMonth), (.bytesStored, quota.bytesStored), (.tasksInFlight, quota.tasksInFlight),
            (.sourceBytes, quota.sourceBytes), (.retentionDays, quota.retentionDays), (.weight, quota.weight),
        ]
        let limits = values.compactMap { key, value in value.map { "\(key.rawValue) \($0)" } }
        return limits.isEmpty ? "unlimited" : limits.joined(separator: ", ")
    }

    /// - Throws: `invalid_value` with the name of the quota that is out of range.
    func check() throws(PixelFlowError) {
        let counts: [(Quota.CodingKeys, Int?)] = [
            (.tasksPerMonth, quota.tasksPerMonth), (.bytesStored, quota.bytesStored), (.tasksInFlight, quota.tasksInFlight),
            (.sourceBytes, quota.sourceBytes),
        ]
        for (key, value) in counts { try Self.check(key, value, 0...Self.largest) }
        try Self.check(.retentionDays, quota.retentionDays, 1...Self.longestRetention)
        try Self.check(.weight, quota.weight, 1...Self.largestWeight)
    }

    private static func check(_ key: Quota.CodingKeys, _ value: Int?, _ range: ClosedRange<Int>) throws(PixelFlowError) {
        guard let value, !range.contains(value) else { return }
        throw .invalid(
            key.rawValue, "\(key.rawValue) must be null or a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
}

/// The usage of an organisation.
struct UsageView: Codable, SchemaNamed, SchemaAnnotated {
    static let schemaName = "Usage"
    static let annotations: [String: SchemaAnnotation] = [
        "quota": "What may be used.", "used": "What is in use now.",
        "month": "The calendar month (UTC) of `tasks_this_month`.",
        "days": .init("The last \(UsageDay.shown) days (UTC), oldest first; the last one is under way."),
    ]

    struct Used: Codable, SchemaAnnotated {
        static let annotations: [String: SchemaAnnotation] = [
            "tasks_this_month": "Tasks created this month, deleted ones included.",
            "bytes_stored": "Bytes of the sources and outputs of tasks that are not deleted.",
            "tasks_in_flight": "Tasks that are PENDING or PROCESSING.",
        ]

        let tasksThisMonth: Int
        let bytesStored: Int
        let tasksInFlight: Int

        enum CodingKeys: String, CodingKey {
            case tasksThisMonth = "tasks_this_month"
            case bytesStored = "bytes_stored"
            case tasksInFlight = "tasks_in_flight"
        }
    }

    struct Month: Codable, SchemaAnnotated {
        static let annotations: [String: SchemaAnnotation] = [
            "start": .init("RFC 3339.", ["format": "date-time"]),
            "end": .init("RFC 3339; the start of the next month.", ["format": "date-time"]),
        ]

        let start: String
        let end: String
    }

    struct Day: Codable, SchemaAnnotated {
        static let annotations: [String: SchemaAnnotation] = [
            "start": .init("RFC 3339.", ["format": "date-time"]), "created": "Tasks that were created, deleted ones included.",
            "completed": "Tasks that were completed; one that is replayed counts on the day of its last end.",
            "failed": "Tasks that failed, in the same way.",
            "bytes_added": "Bytes of uploads, fetched sources and outputs.", "bytes_removed": "Bytes of tasks that were deleted.",
        ]

        let start: String
        let created: Int
        let completed: Int
        let failed: Int
        let bytesAdded: Int
        let bytesRemoved: Int

        init(_ day: UsageDay) {
            start = day.start.iso8601
            created = day.created
            completed = day.completed
            failed = day.failed
            bytesAdded = day.bytesAdded
            bytesRemoved = day.bytesRemoved
        }

        enum CodingKeys: String, CodingKey {
            case start, created, completed, failed
            case bytesAdded = "bytes_added"
            case bytesRemoved = "bytes_removed"
        }
    }

    let quota: QuotaView
    let used: Used
    let month: Month
    let days: [Day]

    init(_ usage: Usage, quota: Quota) {
        self.quota = QuotaView(quota)
        used = Used(
            tasksThisMonth: usage.now.tasksThisMonth, bytesStored: usage.now.bytesStored, tasksInFlight: usage.now.tasksInFlight)
        month = Month(start: usage.month.start.iso8601, end: usage.month.end.iso8601)
        days = usage.days.map(Day.init)
    }
}
