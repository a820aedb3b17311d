package import PixelFlowCore

/// Exact, because only one process has the database open (`DataFolder`), and all writes use `TaskTransaction`.
extension SQLiteTaskStore: TaskVersions {
    package var areExact: Bool { true }

    package func version(ofTasksOf tenant: TenantID) -> UInt64? { changes.version(ofTasksOf: tenant) }

    package func version(of task: TaskID) -> UInt64? { changes.version(of: task) }
}
