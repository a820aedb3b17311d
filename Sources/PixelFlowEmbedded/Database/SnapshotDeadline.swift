import PixelFlowCore

/// When a snapshot must have been read. As long as it is open, the write-ahead log keeps every change since it began.
struct SnapshotDeadline: Sendable {
    private let clock: any WallClock
    private let end: Timestamp

    init(_ clock: any WallClock) {
        self.clock = clock
        end = clock.now() + ArchivedRows.snapshotLimit
    }

    /// - Throws: `archive_interrupted`.
    func check() throws(PixelFlowError) {
        guard clock.now() < end else { throw .archiveTooSlow }
    }
}
