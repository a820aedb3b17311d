import WireFormats

/// Limits of an organisation; nil means unlimited.
package struct Quota: Sendable, Hashable, Codable {
    /// Tasks created in a calendar month (UTC).
    package var tasksPerMonth: Int?
    /// Bytes of the sources and outputs of tasks that are not deleted. The size of outputs is unknown when a task is created, so they can
    /// exceed the quota; the organisation then cannot create tasks.
    package var bytesStored: Int?
    /// Tasks that are PENDING or PROCESSING.
    package var tasksInFlight: Int?
    /// Bytes of one source, uploaded or fetched.
    package var sourceBytes: Int?
    /// Days after which a finished task is deleted.
    package var retentionDays: Int?
    /// How many turns the organisation has for each turn of another one; nil means one.
    package var weight: Int?

    package init(
        tasksPerMonth: Int? = nil, bytesStored: Int? = nil, tasksInFlight: Int? = nil, sourceBytes: Int? = nil, retentionDays: Int? = nil,
        weight: Int? = nil
    ) {
        self.tasksPerMonth = tasksPerMonth
        self.bytesStored = bytesStored
        self.tasksInFlight = tasksInFlight
        self.sourceBytes = sourceBytes
        self.retentionDays = retentionDays
        self.weight = weight
    }

    package static let unlimited = Quota()

    /// The maximum value: a petabyte, and more tasks than any organisation has.
    private static let largest = 1 << 50
    /// A hundred years.
    private static let longestRetention = 36_500
    private static let largestWeight = 1000

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case tasksPerMonth = "tasks_per_month"
        case bytesStored = "bytes_stored"
        case tasksInFlight = "tasks_in_flight"
        case sourceBytes = "source_bytes"
        case retentionDays = "retention_days"
        case weight
    }

    /// What may be set.
    package static func range(of limit: CodingKeys) -> ClosedRange<Int> {
        switch limit {
        case .tasksPerMonth, .bytesStored, .tasksInFlight, .sourceBytes: 0...largest
        case .retentionDays: 1...longestRetention
        case .weight: 1...largestWeight
        }
    }

    /// The first limit that is out of its range; nil if there is none.
    package var outOfRange: CodingKeys? {
        let values: [(CodingKeys, Int?)] = [
            (.tasksPerMonth, tasksPerMonth), (.bytesStored, bytesStored), (.tasksInFlight, tasksInFlight), (.sourceBytes, sourceBytes),
            (.retentionDays, retentionDays), (.weight, weight),
        ]
        return values.first { key, value in value.map { !Self.range(of: key).contains($0) } ?? false }?.0
    }

    /// Tasks that finished at this time or earlier are past a retention of so many days. No task is past one that cannot be set, which an
    /// earlier version may have restored.
    package static func retentionLimit(days: Int64, at now: Timestamp) -> Timestamp? {
        guard let days = Int(exactly: days), range(of: .retentionDays).contains(days) else { return nil }
        return now - .seconds(86_400 * days)
    }

    /// Whether adding a task depends on the organisation's other usage.
    package var limitsTasks: Bool { tasksPerMonth != nil || bytesStored != nil || tasksInFlight != nil }

    /// Checks that `wish` is allowed in addition to the current usage.
    ///
    /// - Throws: `quota_exceeded` with the name of the quota as `field`: 429 if waiting helps, otherwise 403.
    package func admit(_ wish: Consumption, beside used: Consumption, at now: Timestamp) throws(PixelFlowError) {
        func exceeds(_ quota: Int?, _ part: KeyPath<Consumption, Int>) -> Bool {
            guard let quota, wish[keyPath: part] > 0 else { return false }
            return used[keyPath: part] + wish[keyPath: part] > quota
        }
        if exceeds(tasksPerMonth, \.tasksThisMonth) {
            throw .quotaExceeded(
                .tasksPerMonth, "All tasks of this month are used up.", retryAfter: UsageMonth(at: now).secondsLeft(at: now))
        }
        if exceeds(tasksInFlight, \.tasksInFlight) {
            throw .quotaExceeded(.tasksInFlight, "Too many tasks are waiting or being processed.", retryAfter: 5)
        }
        // A task without an upload also stores something once it runs.
        if let bytesStored, wish.tasksThisMonth > 0, used.bytesStored + max(wish.bytesStored, 1) > bytesStored {
            throw .quotaExceeded(.bytesStored, "The image would exceed the storage quota; delete tasks first.")
        }
    }

    /// - Throws: `quota_exceeded` if a source is larger than allowed.
    package func admit(sourceOf bytes: Int) throws(PixelFlowError) {
        guard let sourceBytes, bytes > sourceBytes else { return }
        throw .quotaExceeded(.sourceBytes, "The image is larger than \(sourceBytes.counted("byte")).")
    }
}

/// An amount of usage that quotas limit.
package struct Consumption: Sendable, Hashable {
    package var tasksThisMonth: Int
    package var tasksInFlight: Int
    package var bytesStored: Int

    package init(tasksThisMonth: Int = 0, tasksInFlight: Int = 0, bytesStored: Int = 0) {
        self.tasksThisMonth = tasksThisMonth
        self.tasksInFlight = tasksInFlight
        self.bytesStored = bytesStored
    }

    /// The usage of a new task.
    package init(creating task: TaskRecord) {
        self.init(tasksThisMonth: 1, tasksInFlight: 1, bytesStored: task.uploadedBytes)
    }

    /// The additional usage of a restarted task.
    package static let replay = Consumption(tasksInFlight: 1)

    package static func += (sum: inout Consumption, other: Consumption) {
        sum.tasksThisMonth += other.tasksThisMonth
        sum.tasksInFlight += other.tasksInFlight
        sum.bytesStored += other.bytesStored
    }
}

extension TaskRecord {
    /// Bytes of the uploaded source.
    package var uploadedBytes: Int {
        guard case .upload(let upload) = source else { return 0 }
        return upload.bytes
    }

    /// Bytes stored by workers: the fetched source and the outputs.
    package var producedBytes: Int { outputs.reduce(fetchedSource?.bytes ?? 0) { $0 + ($1.image?.bytes ?? 0) } }
}

extension PixelFlowError {
    fileprivate static func quotaExceeded(_ quota: Quota.CodingKeys, _ message: String, retryAfter: Int? = nil) -> PixelFlowError {
        PixelFlowError(
            retryAfter == nil ? .forbidden : .throttled, code: "quota_exceeded", message, field: quota.rawValue, retryAfter: retryAfter)
    }
}
