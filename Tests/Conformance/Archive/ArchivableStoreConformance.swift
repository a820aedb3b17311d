package import PixelFlowCore

/// The rules of `ArchivableStore`, checked through the port and the ordinary ports of the store: rows that are written to an
/// empty store give the same results.
package struct ArchivableStoreConformance: Sendable {
    let source: any ArchivableStore
    let target: any ArchivableStore
    let fill: @Sendable () async throws -> Void
    let requireSame: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - source: empty.
    ///   - target: empty, with the same format.
    ///   - fill: fills the source with more than two pages.
    ///   - requireSame: throws if the ordinary ports of the two give different results.
    init(
        source: any ArchivableStore, target: any ArchivableStore, fill: @escaping @Sendable () async throws -> Void,
        requireSame: @escaping @Sendable () async throws -> Void
    ) {
        self.source = source
        self.target = target
        self.fill = fill
        self.requireSame = requireSame
    }

    /// All rules.
    package static let cases: [ConformanceCase<ArchivableStoreConformance>] = [
        ConformanceCase("archive: restored rows give the same results") {
            try await $0.restoresEverything()
        },
        ConformanceCase("archive: a store that is not empty refuses a restore") { try await $0.refusesIfFilled() },
        ConformanceCase("archive: rows are accepted only during their restore") {
            try await $0.refusesRowsOutsideARestore()
        },
        ConformanceCase("archive: an interrupted restore continues, but only with the same backup") { try await $0.goesOn() },
        ConformanceCase("archive: rows of another format are refused with their whole request") { try await $0.refusesOtherRows() },
        ConformanceCase("archive: every row survives a round trip through JSON") { try await $0.rowsAreJSON() },
        ConformanceCase("archive: a reader that stops early leaves a working store") { try await $0.readersMayStop() },
        ConformanceCase("archive: restoring a row again changes nothing") {
            try await $0.rowsAreRestoredOnce()
        },
    ]

    private static let backup = "b1"

    func restoresEverything() async throws {
        try requireEqual(
            try await target.archiveState(), ArchiveState(rows: try await target.archiveState().rows, isEmpty: true, restoring: nil),
            "before")
        try await fill()
        let rows = try await rows(of: source)
        try require(rows.count > 2 * ArchiveRow.page, "only \(rows.count) rows")
        try requireEqual(try await source.archiveState(), ArchiveState(rows: rows.count, isEmpty: false, restoring: nil), "filled")
        try await target.beginRestore(of: Self.backup)
        try requireEqual(try await target.archiveState().restoring, Self.backup, "begun")
        try await restore(rows)
        try await target.finishRestore(of: Self.backup)
        try requireEqual(try await target.archiveState(), ArchiveState(rows: rows.count, isEmpty: false, restoring: nil), "afterwards")
        try requireEqual(Set(try await self.rows(of: target)), Set(rows), "rows")
        try await requireSame()
    }

    func refusesIfFilled() async throws {
        try await fill()
        try await requireCode("restore_not_empty") { try await source.beginRestore(of: Self.backup) }
        try requireEqual(try await source.archiveState().restoring, nil, "after the refusal")
    }

    func refusesRowsOutsideARestore() async throws {
        try await fill()
        let page = try await firstPage()
        try await requireCode("restore_not_begun") { try await target.restore(page, of: Self.backup) }
        try await target.beginRestore(of: Self.backup)
        try await requireCode("restore_not_begun") { try await target.restore(page, of: "b2") }
        try await target.restore(page, of: Self.backup)
        try await target.finishRestore(of: Self.backup)
        try await target.finishRestore(of: Self.backup)
        try await requireCode("restore_not_begun") { try await target.restore(page, of: Self.backup) }
    }

    func goesOn() async throws {
        try await fill()
        let rows = try await rows(of: source)
        try await target.beginRestore(of: Self.backup)
        try await restore(Array(rows.prefix(rows.count / 2)))
        try await requireCode("restore_of_another") { try await target.beginRestore(of: "b2") }
        try await target.finishRestore(of: "b2")
        try await target.beginRestore(of: Self.backup)
        try await restore(rows)
        try await target.finishRestore(of: Self.backup)
        try requireEqual(Set(try await self.rows(of: target)), Set(rows), "rows")
        try await requireSame()
    }

    func refusesOtherRows() async throws {
        try await fill()
        try await target.beginRestore(of: Self.backup)
        let before = try await target.archiveState().rows
        let good = try await firstPage()
        let first = try requireValue(good.first, "no row")
        for bad in [
            ArchiveRow(table: "elsewhere", values: first.values), ArchiveRow(table: first.table, values: first.values + [.null]),
            ArchiveRow(table: first.table, values: []),
        ] {
            try await requireCode("archive_row_invalid") { try await target.restore(good + [bad], of: Self.backup) }
        }
        try requireEqual(try await target.archiveState().rows, before, "rows after refusals")
    }

    func rowsAreJSON() async throws {
        try await fill()
        for row in try await rows(of: source) { try requireEqual(ArchiveRow(row.json), row, "through JSON") }
    }

    func readersMayStop() async throws {
        try await fill()
        for _ in 0..<3 { _ = try await firstPage() }
        try await target.beginRestore(of: Self.backup)
        try await restore(try await rows(of: source))
        try requireEqual(try await rows(of: source).isEmpty, false, "read once more")
    }

    func rowsAreRestoredOnce() async throws {
        try await fill()
        let rows = try await rows(of: source)
        try await target.beginRestore(of: Self.backup)
        try await restore(rows)
        try await restore(rows)
        try await target.finishRestore(of: Self.backup)
        try requireEqual(Set(try await self.rows(of: target)), Set(rows), "rows")
        try requireEqual(try await self.rows(of: target).count, rows.count, "count")
    }

    private func rows(of store: any ArchivableStore) async throws -> [ArchiveRow] {
        var rows: [ArchiveRow] = []
        // bounded: by the rows of the store.
        for try await page in store.archivedRows() {
            try require(page.count <= ArchiveRow.page, "a page of \(page.count) rows")
            rows += page
        }
        return rows
    }

    private func firstPage() async throws -> [ArchiveRow] {
        // bounded: by the rows of the store.
        for try await page in source.archivedRows() where !page.isEmpty { return page }
        return []
    }

    private func restore(_ rows: [ArchiveRow]) async throws {
        // Use other page boundaries than for reading.
        for start in stride(from: 0, to: rows.count, by: 150) {
            try await target.restore(Array(rows[start..<min(rows.count, start + 150)]), of: Self.backup)
        }
    }

    private func requireCode(_ code: String, file: String = #fileID, line: Int = #line, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as PixelFlowError {
            return try requireEqual(error.code, code, "refusal", file: file, line: line)
        }
        throw ConformanceFailure("not refused with \(code)", file: file, line: line)
    }
}
