import Crypto
import Foundation
import Metrics
import NIOCore
import PixelFlowCache
import PixelFlowCore
import PixelFlowHTTP

/// Serves reads of tasks from memory while nothing has changed, so that a polling page does not read the database.
///
/// If versions are exact, this applies to every read. Other versions follow the changes of other processes with a delay, so it applies only
/// to reads that name the client's version (`If-None-Match`): a client that reads for the first time, perhaps because it has just changed
/// something through another replica, sees the state of the database.
final class TaskReads: Sendable {
    /// A response that the client may already have.
    struct Representation: Sendable {
        let bytes: ByteBuffer
        let tag: EntityTag
    }

    /// A tenant's task.
    private struct TaskKey: Hashable, Sendable {
        let task: TaskID
        let tenant: TenantID
    }

    /// The maximum age of a response if versions are not exact: the event of a change is lost if its process dies between the change and
    /// the event.
    private static let ageLimit = Duration.seconds(60)
    /// Statistics count what happened in the last minute, so they become outdated without any change.
    private static let statisticsAgeLimit = Duration.seconds(5)
    /// How long statistics are shown after they were read if the database does not respond. Unlike with a task, no one acts on them.
    private static let statisticsStaleLimit = Duration.seconds(60)

    private let tasks: any TaskOwnerStore
    private let store: any UsageStore
    private let versions: any TaskVersions
    private let views: TaskViews
    private let lists: VersionedCache<TaskQuery, Representation>
    private let documents: VersionedCache<TaskKey, Representation?>
    private let statistics: VersionedCache<TenantID, TaskStatistics>
    private let usage: VersionedCache<TenantID, Usage>
    private let quotas: VersionedCache<TenantID, Quota>

    init(
        _ tasks: any TaskOwnerStore, usage: any UsageStore, versions: any TaskVersions, views: TaskViews, clock: any WallClock,
        metrics: any MetricsFactory
    ) {
        self.tasks = tasks
        store = usage
        self.versions = versions
        self.views = views
        let ageLimit = versions.areExact ? nil : Self.ageLimit
        lists = VersionedCache("task_lists", ageLimit: ageLimit, clock: clock, metrics: metrics) { $0.bytes.readableBytes + 512 }
        documents = VersionedCache("tasks", ageLimit: ageLimit, clock: clock, metrics: metrics) { ($0?.bytes.readableBytes ?? 0) + 512 }
        let few = CacheLimits(entries: 2000)
        func numbers<Value: Sendable>(_ name: String) -> VersionedCache<TenantID, Value> {
            VersionedCache(
                name, limits: few, ageLimit: Self.statisticsAgeLimit, staleFor: Self.statisticsStaleLimit, clock: clock, metrics: metrics
            ) { _ in 8192 }
        }
        statistics = numbers("statistics")
        self.usage = numbers("usage")
        quotas = numbers("shown_quotas")
    }

    /// A page of tasks.
    ///
    /// - Parameter isConditional: whether the client names the page that it has.
    func list(_ query: TaskQuery, isConditional: Bool) async throws -> Representation {
        let version = versions.version(ofTasksOf: query.tenant)
        return try await lists.value(of: query, in: version, mustRead: mustRead(isConditional)) { [tasks, views] in
            let bytes = try await views.json(try await tasks.list(query))
            let digest = bytes.withUnsafeReadableBytes { SHA256.hash(data: $0) }
            return Representation(bytes: bytes, tag: EntityTag(Data(digest.prefix(15)).base64EncodedString()))
        }
    }

    /// - Parameter isConditional: whether the client names the revision that it has.
    /// - Returns: nil if the tenant has no such task.
    func task(_ id: TaskID, of tenant: TenantID, isConditional: Bool) async throws -> Representation? {
        let key = TaskKey(task: id, tenant: tenant)
        let version = versions.version(of: id)
        let mustRead = mustRead(isConditional)
        if !mustRead, let known = documents.cachedValue(of: key, in: version) { return known }
        return try await documents.value(of: key, in: version, mustRead: mustRead) { [tasks, views] in
            guard let task = try await tasks.find(id, of: tenant) else { return nil }
            return Representation(bytes: try views.json(task), tag: task.tag)
        }
    }

    func statistics(of tenant: TenantID) async throws -> TaskStatistics {
        try await statistics.value(of: tenant, in: versions.version(ofTasksOf: tenant)) { [tasks] in
            try await tasks.statistics(of: tenant)
        }
    }

    func usage(of tenant: TenantID) async throws -> Usage {
        try await usage.value(of: tenant, in: versions.version(ofTasksOf: tenant)) { [store] in try await store.usage(of: tenant) }
    }

    /// The quota as displayed with the usage. It can be outdated, so the store uses its own value to enforce the quota.
    func shownQuota(of tenant: TenantID) async throws -> Quota {
        try await quotas.value(of: tenant, in: 0, mustRead: true) { [store] in try await store.quota(of: tenant) }
    }

    private func mustRead(_ isConditional: Bool) -> Bool { !versions.areExact && !isConditional }
}
