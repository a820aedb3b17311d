package import Logging
package import Metrics
package import PixelFlowCore
import PixelFlowTelemetry
package import ServiceLifecycle

/// Removes orphans: objects without a task, for example an upload whose process died before the task was stored.
///
/// It runs at startup and then once a day, in two phases: orphans are recorded in the task database, and removed only
/// if they are still orphans days later. Nothing is removed if the database and the objects do not belong together, or if
/// there are so many orphans that a wrong or older database is the more likely reason.
package struct OrphanCollector: Service {
    private let store: any TaskDispatchStore & OrphanMarkStore
    private let blobs: any BlobStore
    private let installation: InstallationCheck
    private let settings: OrphanSettings
    private let clock: any WallClock
    private let logger: Logger
    private let metrics: OrphanMetrics

    static let interval = Duration.seconds(86_400)
    /// The delay after a failed sweep.
    static let retry = Duration.seconds(300)
    /// Considers only objects whose task id, which contains its time, is at least this old: younger ones may belong to an upload
    /// in progress. Unfinished writes of this age count as abandoned.
    static let age = Duration.seconds(86_400)
    /// Tasks per lookup.
    static let batch = 500
    /// The maximum number of unknown tasks per sweep; the next sweep continues.
    static let capacity = 100_000

    package init(
        store: any TaskDispatchStore & OrphanMarkStore, blobs: any BlobStore, installation: InstallationCheck,
        settings: OrphanSettings = OrphanSettings(), clock: any WallClock = SystemClock(), logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.store = store
        self.blobs = blobs
        self.installation = installation
        self.settings = settings
        self.clock = clock
        self.logger = logger
        self.metrics = OrphanMetrics(metrics)
    }

    package func run() async {
        await PeriodicService("orphan sweep", every: Self.interval, retries: .every(Self.retry), logger: logger) { try await round() }.run()
    }

    private func round() async throws {
        let limit = clock.now() - Self.age
        if try await blockOfInstallation() == nil {
            let abandoned = try await blobs.removeUnfinishedWrites(before: limit)
            if abandoned > 0 { logger.info("unfinished writes removed", metadata: ["writes": "\(abandoned)"]) }
        }
        _ = try await sweep(before: limit)
    }

    /// Sweeps the objects of tasks created before `time`. Not private, so that tests need not wait a day.
    package func sweep(before time: Timestamp) async throws -> SweepOutcome {
        var outcome = SweepOutcome()
        if let block = try await blockOfInstallation() {
            outcome.blocked = block
        } else {
            let unknown = try await scan(before: time, &outcome)
            if outcome.unknown * 100 > outcome.listed * settings.limitPercent {
                outcome.blocked = .unknownShare
            } else {
                try await updateMarks(unknown, &outcome)
            }
        }
        metrics.record(outcome)
        report(outcome)
        return outcome
    }

    // MARK: Steps

    private func blockOfInstallation() async throws -> SweepOutcome.Block? {
        do {
            switch try await installation.verify() {
            case .match(let mark):
                // If another replica counts simultaneously, both sweep, which is harmless.
                _ = try await installation.countSweep(after: mark)
                return nil
            case .olderDatabase: return .olderDatabase
            }
        } catch let error as PixelFlowError where error.code == "installation_mismatch" {
            logger.error("orphan sweep skipped", metadata: ["error": "\(error)"])
            return .installation
        }
    }

    /// Lists all objects and finds the orphans.
    private func scan(before time: Timestamp, _ outcome: inout SweepOutcome) async throws -> Set<BlobKey> {
        let limit = TaskID.make(at: time)
        var unknown: Set<BlobKey> = []
        var previous: BlobKey?
        while true {
            let prefixes = try await blobs.taskPrefixes(after: previous, limit: Self.batch)
            let old = prefixes.compactMap { prefix in prefix.taskOfPrefix.flatMap { $0 < limit ? (prefix, $0) : nil } }
            let known = try await store.known(old.map(\.1))
            outcome.listed += old.count
            for (prefix, task) in old where !known.contains(task) {
                outcome.unknown += 1
                if unknown.count < Self.capacity { unknown.insert(prefix) }
            }
            guard prefixes.count == Self.batch else { return unknown }
            previous = prefixes.last
        }
    }

    /// Records new orphans, removes those that are old enough, and drops records of those that have a task again or are gone.
    private func updateMarks(_ unknown: Set<BlobKey>, _ outcome: inout SweepOutcome) async throws {
        let sorted = unknown.sorted { $0.rawValue < $1.rawValue }
        for start in stride(from: 0, to: sorted.count, by: Self.batch) {
            try await store.markOrphans(Array(sorted[start..<min(start + Self.batch, sorted.count)]))
        }
        var previous: BlobKey?
        while true {
            let marks = try await store.orphans(after: previous, limit: Self.batch)
            var obsolete: [BlobKey] = []
            for mark in marks {
                if !unknown.contains(mark.prefix) {
                    obsolete.append(mark.prefix)
                } else if try await store.hasPassed(settings.grace, since: mark.since), try await remove(mark.prefix) {
                    outcome.removed += 1
                    obsolete.append(mark.prefix)
                }
            }
            try await store.clearOrphans(obsolete)
            guard marks.count == Self.batch else { return }
            previous = marks.last?.prefix
        }
    }

    /// Checks the task database again immediately before removing.
    ///
    /// - Returns: false if a task owns these objects after all, or if they could not be removed.
    private func remove(_ prefix: BlobKey) async throws -> Bool {
        guard let task = prefix.taskOfPrefix, try await store.known([task]).isEmpty else { return false }
        do {
            try await blobs.remove(prefix)
            return true
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.warning("orphans not removed", metadata: ["prefix": "\(prefix)", "error": "\(error)"])
            return false
        }
    }

    private func report(_ outcome: SweepOutcome) {
        let numbers: Logger.Metadata = [
            "listed": "\(outcome.listed)", "unknown": "\(outcome.unknown)", "removed": "\(outcome.removed)",
        ]
        switch outcome.blocked {
        case .unknownShare:
            logger.error(
                "too many orphans, nothing removed; check that this is the right task database",
                metadata: numbers.merging(["limit_percent": "\(settings.limitPercent)"]) { $1 })
        case .olderDatabase:
            logger.error("the task database is older than the blob store, orphans are not removed", metadata: numbers)
        case .installation: break
        case nil: if outcome.unknown > 0 { logger.info("orphans found", metadata: numbers) }
        }
    }
}

/// The result of a sweep.
package struct SweepOutcome: Sendable, Hashable {
    /// Why nothing was removed.
    package enum Block: String, Sendable, Hashable, CaseIterable {
        /// The share of unknown tasks exceeds the limit.
        case unknownShare = "unknown_share"
        /// Database and objects do not belong together.
        case installation
        case olderDatabase = "older_database"
    }

    /// Sufficiently old tasks that have objects.
    package var listed = 0
    /// Those that the task database does not contain.
    package var unknown = 0
    /// Those whose objects were removed.
    package var removed = 0
    package var blocked: Block?

    package init() {}

    /// Whether the objects were listed.
    package var hasLooked: Bool { blocked == nil || blocked == .unknownShare }
}
