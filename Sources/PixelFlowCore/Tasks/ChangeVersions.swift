import Synchronization

/// Counts the changes of tasks and of tenants, in bounded memory.
///
/// All versions are drawn from one number that only grows, so what is forgotten gets a version that it never had.
package final class ChangeVersions: Sendable {
    private struct Table<Key: Hashable & Sendable> {
        var versions: [Key: UInt64] = [:]
        /// The version of everything that is not in `versions`.
        var floor: UInt64 = 0
        /// Changes that are being written.
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

    /// - Parameter capacity: tenants, and tasks, whose versions are kept; beyond it all are forgotten and count as changed.
    package init(capacity: Int = 20_000) { self.capacity = max(1, capacity) }

    package func version(ofTasksOf tenant: TenantID) -> UInt64? { state.withLock { $0.tenants.version(of: tenant) } }

    package func version(of task: TaskID) -> UInt64? { state.withLock { $0.tasks.version(of: task) } }

    /// Notes changes that have been made.
    package func change(_ tasks: some Sequence<(task: TaskID, tenant: TenantID)>) {
        state.withLock { state in
            for (task, tenant) in tasks { set(task, tenant, &state) }
        }
    }

    /// Notes that anything may have changed.
    package func changeAll() {
        state.withLock { state in
            state.last += 1
            (state.tasks.versions, state.tasks.floor) = ([:], state.last)
            (state.tenants.versions, state.tenants.floor) = ([:], state.last)
        }
    }

    /// Notes that changes are about to be written: until `end` there is no version of what they concern.
    package func begin(_ tasks: some Sequence<(task: TaskID, tenant: TenantID)>) {
        state.withLock { state in
            for (task, tenant) in tasks {
                state.tasks.begin(task)
                state.tenants.begin(tenant)
            }
        }
    }

    /// Notes that the changes of `begin` have been written or given up.
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
