/// Keeps the task documents. Every method is atomic, and every rule is that of `TaskStateMachine`,
/// judged by the store's own clock.
///
/// All methods throw `PixelFlowError` with `retry == .outage` while the backend does not answer.
package protocol TaskStore: Sendable {
    /// Adds a PENDING task; it survives a crash of the machine once this has returned. Of several
    /// tasks with one tenant and idempotency key only the first is added. When it may run and when
    /// it changed is set by the store (`TaskStateMachine.admit`).
    func create(_ task: TaskRecord) async throws -> Creation
    func find(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// The task that was made with this idempotency key, deleted ones not counted.
    func find(idempotencyKey: String, of tenant: TenantID) async throws -> TaskRecord?
    /// Tasks of one tenant, newest first.
    func list(_ query: TaskQuery) async throws -> TaskPage
    /// Tasks of one tenant that changed after `position`, deleted ones included, in the order of their changes. The position of
    /// the last one is where the next page begins.
    func changes(of tenant: TenantID, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    func statistics(of tenant: TenantID) async throws -> TaskStatistics

    /// PENDING tasks that could have run for `age` by now and that nobody has claimed, at most `limit` of them, about the oldest
    /// first. They can be claimed without a dispatch message.
    func waiting(longerThan age: Duration, limit: Int) async throws -> [TaskID]
    /// Takes a PENDING task that is due. Nil where somebody else was faster or there is nothing to do.
    func claim(_ id: TaskID, by worker: WorkerID) async throws -> TaskRecord?
    /// Extends the lease of a claim.
    func renew(_ claim: Claim) async throws -> Renewal
    /// Makes the manifest visible, durably. Nil where the claim has been lost: nothing was changed.
    /// May be repeated when an answer was lost: the claim that has completed the task gets it again.
    func complete(_ claim: Claim, with manifest: Manifest) async throws -> TaskRecord?
    /// Ends a run without a manifest. Nil where the claim has been lost.
    func fail(_ claim: Claim, with failure: TaskFailure) async throws -> TaskRecord?
    /// Gives a claim back unused. Nil where it has been lost.
    func release(_ claim: Claim) async throws -> TaskRecord?

    /// Cancels, or asks the worker to. Nil where there is no such task.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` where the task is final already.
    func cancel(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Starts a FAILED task again, durably. Nil where there is no such task.
    ///
    /// - Throws: `PixelFlowError` of kind `.conflict` where the task has not failed.
    func replay(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?
    /// Hides the task for good and leaves it to the dispatcher to remove its objects.
    func delete(_ id: TaskID, of tenant: TenantID) async throws -> TaskRecord?

    /// Takes PENDING tasks whose dispatch message is due; each is given to one caller only.
    func takeDue(limit: Int) async throws -> [TaskRecord]
    /// Notes that the broker has taken these dispatch messages.
    func acknowledge(_ messages: [DispatchMessage]) async throws
    /// Has dispatch messages published anew that the broker acknowledged until `time`, has delivered since, and that left their
    /// tasks PENDING all the same: the broker has lost them.
    ///
    /// - Returns: how many; `takeDue` gives their tasks next.
    func redeliverLost(publishedBefore time: Timestamp, limit: Int) async throws -> Int
    /// Takes tasks back whose lease has run out.
    func expireLeases(limit: Int) async throws -> [TaskRecord]
    /// Tasks with outbox events older than `age`, oldest first, from after `position` (the time of a task's first event) on.
    func unpublished(olderThan age: Duration, after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    /// Notes that these events have been published.
    func acknowledge(events: [TaskID: Set<String>]) async throws
    /// Tasks that are deleted and whose objects are still to be removed, in the order of their deletion, from after `position`
    /// (the time of the deletion) on.
    func deleted(after position: TimelinePosition, limit: Int) async throws -> [TaskRecord]
    /// Forgets a deleted task.
    func purge(_ id: TaskID) async throws
    /// Which of these tasks there are, deleted ones that are not yet forgotten included.
    func known(_ ids: [TaskID]) async throws -> Set<TaskID>

    /// Answers when the backend is in order, throws where it is not.
    func check() async throws
}

extension TaskStore {
    /// Tasks of one tenant that changed after `time`.
    package func changes(of tenant: TenantID, after time: Timestamp, limit: Int) async throws -> [TaskRecord] {
        try await changes(of: tenant, after: TimelinePosition(after: time), limit: limit)
    }

    /// Tasks with outbox events older than `age`, from the oldest on.
    package func unpublished(olderThan age: Duration, limit: Int) async throws -> [TaskRecord] {
        try await unpublished(olderThan: age, after: .beginning, limit: limit)
    }

    /// Tasks that are deleted, from the first deleted on.
    package func deleted(limit: Int) async throws -> [TaskRecord] { try await deleted(after: .beginning, limit: limit) }
}

/// A place in a list of tasks that is sorted by a time, and by id where times are the same.
package struct TimelinePosition: Sendable, Hashable {
    package var time: Timestamp
    /// The task that stands there; nil for the place behind all tasks of that time.
    package var task: TaskID?

    package init(time: Timestamp, task: TaskID) {
        self.time = time
        self.task = task
    }

    /// Behind everything of this time.
    package init(after time: Timestamp) { self.time = time }

    /// Before everything.
    package static let beginning = TimelinePosition(after: Timestamp(microseconds: 0))
}

/// What came of a `create`.
package enum Creation: Sendable, Hashable {
    case created(TaskRecord)
    /// A task with this idempotency key exists; its fingerprint tells whether it is the same request.
    case existing(TaskRecord)
}

/// What came of a heartbeat.
package enum Renewal: Sendable, Hashable {
    case extended
    /// The owner no longer wants the result.
    case cancelRequested
    /// The task belongs to somebody else, or is gone.
    case lost
}

/// Which tasks to list.
package struct TaskQuery: Sendable, Hashable {
    package var tenant: TenantID
    package var status: TaskStatus?
    /// Only tasks whose `label` contains this text, whatever the case.
    package var search: String?
    /// At most this many.
    package var limit: Int
    /// Only tasks older than this one.
    package var before: TaskID?

    package init(tenant: TenantID, status: TaskStatus? = nil, search: String? = nil, limit: Int = 50, before: TaskID? = nil) {
        self.tenant = tenant
        self.status = status
        self.search = search
        self.limit = limit
        self.before = before
    }
}

package struct TaskPage: Sendable, Hashable {
    package var tasks: [TaskRecord]
    /// Where the next page begins; nil on the last.
    package var next: TaskID?

    package init(tasks: [TaskRecord], next: TaskID?) {
        self.tasks = tasks
        self.next = next
    }
}

/// A tenant's tasks in numbers.
package struct TaskStatistics: Sendable, Hashable {
    package var counts: [TaskStatus: Int]
    /// Tasks completed in the last minute and hour.
    package var completedLastMinute: Int
    package var completedLastHour: Int
    /// From creation to the start of the run, of the latest tasks (at most 1,000), in seconds.
    package var queueLatencyP50: Double?
    package var queueLatencyP95: Double?
    package var oldestPending: Timestamp?
    /// Failed tasks by error code.
    package var failures: [String: Int]
    /// The last `TaskInterval.count` minutes, oldest first; the last one is under way. Every minute is there.
    package var timeline: [TaskInterval]

    package init(
        counts: [TaskStatus: Int] = [:], completedLastMinute: Int = 0, completedLastHour: Int = 0,
        queueLatencyP50: Double? = nil, queueLatencyP95: Double? = nil, oldestPending: Timestamp? = nil, failures: [String: Int] = [:],
        timeline: [TaskInterval] = []
    ) {
        self.counts = counts
        self.completedLastMinute = completedLastMinute
        self.completedLastHour = completedLastHour
        self.queueLatencyP50 = queueLatencyP50
        self.queueLatencyP95 = queueLatencyP95
        self.oldestPending = oldestPending
        self.failures = failures
        self.timeline = timeline
    }
}

/// What happened in one minute.
package struct TaskInterval: Sendable, Hashable {
    /// Minutes that a store tells about.
    package static let count = 60
    /// Microseconds.
    package static let length: Int64 = 60_000_000

    /// A full minute of the store's clock.
    package var start: Timestamp
    package var completed: Int
    package var failed: Int
    /// From creation to the start of the run, of the tasks that were started in this minute, in seconds: mean and longest.
    package var queueLatencyMean: Double?
    package var queueLatencyMax: Double?

    package init(start: Timestamp, completed: Int = 0, failed: Int = 0, queueLatencyMean: Double? = nil, queueLatencyMax: Double? = nil) {
        self.start = start
        self.completed = completed
        self.failed = failed
        self.queueLatencyMean = queueLatencyMean
        self.queueLatencyMax = queueLatencyMax
    }

    /// The minutes up to `now`, empty, oldest first.
    package static func minutes(until now: Timestamp) -> [TaskInterval] {
        let last = now.microseconds / length
        return (0..<Int64(count)).map { TaskInterval(start: Timestamp(microseconds: (last - Int64(count) + 1 + $0) * length)) }
    }
}
