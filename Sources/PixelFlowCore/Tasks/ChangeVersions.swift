import Synchronization

/// Counts the changes of tasks and of tenants in bounded memory.
///
/// All versions come from one increasing counter, so an evicted entry gets a version that it has never had.
package final class ChangeVersions: Sendable {
    private struct Table<Key: Hashable & Sendable> {
        var versions: [Key: UInt64] = [:]
        /// The version of everything that is not in `versions`.
        var floor: UInt64 = 0
        /// Changes in progress.
        var changing: [Key: Int] = [:]

        func version(of key: Key) -> UInt64? { changing[key] == nil ? versions[key] ?? floor : nil }

        mutating func set(_ version: UInt64, of key: Key, capacity: Int) {
            if versions.count >= capacity, versions[key] == nil {
                versions = [:]
                floor = version
            }
            versions[key] = version
        }

        mutating func begin(_ key: Key) { changing[key, default: 0] += 1 }

        mutating func end(_ key: Key) {
            let left = changing[key, default: 1] - 1
            changing[key] = left > 0 ? left : nil
        }
    }

    private struct State {
        var last: UInt64 = 0
        var tenants = Table<TenantID>()
        var tasks = Table<TaskID>()
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: the maximum number of tenants and of tasks with a version; beyond it, all are evicted and count as changed.
    package init(capacity: Int = 20_000) { self.capacity = max(1, capacity) }

    package func version(ofTasksOf tenant: TenantID) -> UInt64? { state.withLock { $0.tenants.version(of: tenant) } }

    package func version(of task: TaskID) -> UInt64? { state.withLock { $0.tasks.version(of: task) } }

    /// Records completed changes.
    package func change(_ tasks: some Sequence<(task: TaskID, tenant: TenantID)>) {
        state.withLock { state in
            for (task, tenant) in tasks { set(task, tenant, &state) }
        }
    }

    /// Records that anything may have changed.
    package func changeAll() {
        state.withLock { state in
            state.last += 1
            (state.tasks.versions, state.tasks.floor) = ([:], state.last)
            (state.tenants.versions, state.tenants.floor) = ([:], state.last)
        }
    }

    /// Records that changes are about to be written: until `end`, what they concern has no version.
    package func begin(_ tasks: some Sequence<(task: TaskID, tenant: TenantID)>) {
        state.withLock { state in
            for (task, tenant) in tasks {
                state.tasks.begin(task)
                state.tenants.begin(tenant)
            }
        }
    }

    /// Records that the changes of `begin` have been written or abandoned.
    package func end(_ tasks: some Sequence<(task: TaskID, tenant: TenantID)>) {
        state.withLock { state in
            for (task, tenant) in tasks {
                state.tasks.end(task)
                state.tenants.end(tenant)
                set(task, tenant, &state)
            }
        }
    }

    private func set(_ task: TaskID, _ tenant: TenantID, _ state: inout State) {
        state.last += 1
        state.tasks.set(state.last, of: task, capacity: capacity)
        state.tenants.set(state.last, of: tenant, capacity: capacity)
    }
}
