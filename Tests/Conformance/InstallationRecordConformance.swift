package import PixelFlowCore

/// The rules of `InstallationRecord`, checked only through the port.
package struct InstallationRecordConformance: Sendable {
    let record: any InstallationRecord
    let reopen: @Sendable () async throws -> any InstallationRecord
    let fill: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - reopen: closes what `record` uses and opens the same data again.
    ///   - fill: adds a task, or an object of one.
    package init(
        record: any InstallationRecord, reopen: @escaping @Sendable () async throws -> any InstallationRecord,
        fill: @escaping @Sendable () async throws -> Void
    ) {
        self.record = record
        self.reopen = reopen
        self.fill = fill
    }

    /// All rules.
    package static let cases: [ConformanceCase<InstallationRecordConformance>] = [
        ConformanceCase("installation: the mark is kept") { try await $0.theMarkIsKept() },
        ConformanceCase("installation: a mark is replaced only if the expected one is given") { try await $0.theMarkIsCompared() },
        ConformanceCase("installation: a store with only a mark counts as empty") { try await $0.theMarkIsNoData() },
    ]

    func theMarkIsKept() async throws {
        try requireEqual(try await record.installationMark(), nil, "before")
        let mark = InstallationMark(sweeps: 3)
        try requireEqual(try await record.setInstallationMark(mark, replacing: nil), true, "set")
        try requireEqual(try await record.installationMark(), mark, "afterwards")
        try requireEqual(try await reopen().installationMark(), mark, "after reopening")
    }

    func theMarkIsCompared() async throws {
        let (first, second) = (InstallationMark(), InstallationMark())
        try requireEqual(try await record.setInstallationMark(second, replacing: first), false, "replaced an absent mark")
        try requireEqual(try await record.setInstallationMark(first, replacing: nil), true, "set")
        try requireEqual(try await record.setInstallationMark(second, replacing: nil), false, "set where there is one")
        try requireEqual(try await record.setInstallationMark(second, replacing: second), false, "replaced with a wrong expectation")
        var next = first
        next.sweeps += 1
        try requireEqual(try await record.setInstallationMark(next, replacing: first), true, "replaced")
        try requireEqual(try await record.installationMark(), next, "afterwards")
    }

    func theMarkIsNoData() async throws {
        try requireEqual(try await record.holdsData(), false, "data in an empty store")
        _ = try await record.setInstallationMark(InstallationMark(), replacing: nil)
        try requireEqual(try await record.holdsData(), false, "data beside the mark")
        try await fill()
        try requireEqual(try await record.holdsData(), true, "data in a filled store")
    }
}
