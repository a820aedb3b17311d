import PixelFlowCore

/// The quota of an organisation in the collection `organisation`, with reservations.
///
/// A reservation is made before its task is stored, by a compare-and-set on the version: adding a task to an
/// organisation with a quota changes this document first, so that concurrent calls see each other's reservations.
struct OrganisationDocument: Sendable {
    static let collection = "organisation"

    enum Name {
        static let id = "_id"
        static let version = "version"
        static let quota = "quota"
        static let retentionDays = "quota.retention_days"
        static let reserved = "reserved"
        static let reservedTask = "reserved.task"
    }

    /// A task that is about to be stored.
    struct Reservation: Sendable, Hashable {
        /// After this time, no process stores the task any more, and the reservation no longer counts, because stored
        /// tasks are counted themselves.
        static let lifetime = Duration.seconds(60)
        /// The maximum time from a reservation to the response of the write; well below `lifetime`.
        static let use = Duration.seconds(20)

        let task: TaskID
        let wish: Consumption
        let until: Timestamp
    }

    let tenant: TenantID
    let quota: Quota
    let version: Int64
    let reserved: [Reservation]

    init(_ document: BSONDocument) throws(BSONError) {
        let fields = FieldsOfDocument(document)
        tenant = TenantID(try fields.string(Name.id))
        version = try fields.int64(Name.version)
        quota = Self.quota(in: try fields.fields(Name.quota))
        var reserved: [Reservation] = []
        for item in try fields.list(Name.reserved) {
            reserved.append(
                Reservation(
                    task: TaskID(try item.string("task")),
                    wish: Consumption(
                        tasksThisMonth: try item.int("tasks"), tasksInFlight: try item.int("in_flight"), bytesStored: try item.int("bytes")),
                    until: try item.time("until")))
        }
        self.reserved = reserved
    }

    static func filter(_ tenant: TenantID) -> BSONDocument { [Name.id: .string(tenant.rawValue)] }

    static func fields(of quota: Quota) -> BSONValue {
        var fields: BSONDocument = [:]
        for (key, part) in parts { fields[key.rawValue] = quota[keyPath: part].map { .int($0) } }
        return .document(fields)
    }

    static func value(of reservation: Reservation) -> BSONValue {
        [
            "task": .string(reservation.task.rawValue), "tasks": .int(reservation.wish.tasksThisMonth),
            "in_flight": .int(reservation.wish.tasksInFlight), "bytes": .int(reservation.wish.bytesStored),
            "until": .time(reservation.until),
        ]
    }

    private static func quota(in fields: FieldsOfDocument) -> Quota {
        var quota = Quota.unlimited
        for (key, part) in parts { quota[keyPath: part] = fields[key.rawValue]?.int }
        return quota
    }

    private static var parts: [(Quota.CodingKeys, WritableKeyPath<Quota, Int?>)] {
        [
            (.tasksPerMonth, \.tasksPerMonth), (.bytesStored, \.bytesStored), (.tasksInFlight, \.tasksInFlight),
            (.sourceBytes, \.sourceBytes), (.retentionDays, \.retentionDays), (.weight, \.weight),
        ]
    }
}
