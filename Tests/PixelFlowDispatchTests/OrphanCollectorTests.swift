import Conformance
import NIOCore
import PixelFlowCore
import PixelFlowDispatch
import PixelFlowEmbedded
import Prometheus
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// No mistake of an operator may delete objects.
@Suite struct OrphanCollectorTests {
    let folder: TemporaryFolder
    let clock = ManualClock()
    let blobs: FileBlobStore
    let registry = PrometheusRegistry()

    init() throws {
        folder = try TemporaryFolder()
        blobs = try FileBlobStore(path: folder.path + "/blobs")
    }

    private func database(_ name: String = "tasks") throws -> SQLiteTaskStore {
        try SQLiteTaskStore(path: "\(folder.path)/\(name).sqlite", clock: clock)
    }

    private func check(_ store: SQLiteTaskStore, adopted: String = "") -> InstallationCheck {
        InstallationCheck(database: store, objects: blobs, adopted: adopted, logger: silent)
    }

    private func sweep(
        _ store: SQLiteTaskStore, _ settings: OrphanSettings = OrphanSettings(), adopted: String = ""
    ) async throws -> SweepOutcome {
        let sweep = OrphanCollector(
            store: store, blobs: blobs, installation: check(store, adopted: adopted), settings: settings, clock: clock, logger: silent,
            metrics: registry)
        return try await sweep.sweep(before: clock.now())
    }

    /// Tasks with one object each; every `gap`th task is missing in the database.
    private func fill(_ store: SQLiteTaskStore, _ count: Int, orphanedEvery gap: Int = .max) async throws -> [TaskRecord] {
        var orphans: [TaskRecord] = []
        for number in 1...count {
            clock.advance(by: .milliseconds(1))
            let task = Sample.task(at: clock.now())
            try await blobs.write(.upload(task.id, tenant: task.tenant), bytes: ByteBuffer(string: "bytes"))
            if number.isMultiple(of: gap) { orphans.append(task) } else { _ = try await store.create(task) }
        }
        clock.advance(by: .seconds(60))
        return orphans
    }

    private func objects() async throws -> Int { try await blobs.keys(BlobKey(rawValue: "tenant")).count }

    /// Counts its starts.
    private final class StartedService: Service {
        let starts = Atomic(0)

        func run() async throws { starts.add(1, ordering: .relaxed) }
    }

    /// A worker beside the wrong bucket would fail tasks for lack of their sources, and a dispatcher would purge deleted ones.
    @Test func aServiceStartsOnlyWhereDatabaseAndObjectsBelongTogether() async throws {
        let (right, wrong) = (try database(), try database("other"))
        _ = try await check(right).verify()
        _ = try await fill(right, 1)
        let service = StartedService()
        let error = await #expect(throws: PixelFlowError.self) { try await VerifiedService(service, in: check(wrong)).run() }
        #expect(error?.code == "installation_mismatch" && service.starts.load(ordering: .relaxed) == 0)
        try await VerifiedService(service, in: check(right)).run()
        #expect(service.starts.load(ordering: .relaxed) == 1)
    }

    /// The first start ended, or is, between the two marks: that is no older database.
    @Test func aFirstStartThatWasInterruptedIsCompleted() async throws {
        let store = try database()
        let first = InstallationMark()
        let next = InstallationMark(id: first.id, sweeps: 1)
        #expect(try await store.setInstallationMark(first, replacing: nil))
        #expect(try await blobs.setInstallationMark(next, replacing: nil))
        #expect(try await check(store).verify() == .match(next))
        #expect(try await store.installationMark() == next)
    }

    @Test func anOrphanIsRemovedAfterAGracePeriod() async throws {
        let store = try database()
        _ = try await check(store).verify()
        let orphans = try await fill(store, 100, orphanedEvery: 50)
        for day in 0..<7 {
            let outcome = try await sweep(store)
            #expect(outcome.unknown == 2, "day \(day)")
            #expect(outcome.removed == 0, "day \(day)")
            #expect(outcome.blocked == nil)
            clock.advance(by: .seconds(86_400))
        }
        #expect(try await objects() == 100)
        #expect(try await sweep(store).removed == 2)
        #expect(try await objects() == 98)
        for orphan in orphans { #expect(try await blobs.keys(orphan.blobPrefix).isEmpty) }
        #expect(try await store.orphans(after: nil, limit: 10).isEmpty)
    }

    @Test func theRecordOfOrphansSurvivesARestart() async throws {
        var store = try database()
        _ = try await check(store).verify()
        _ = try await fill(store, 100, orphanedEvery: 50)
        _ = try await sweep(store)
        clock.advance(by: .seconds(8 * 86_400))
        store = try database()
        #expect(try await sweep(store).removed == 2)
    }

    @Test func aFormerOrphanLosesItsMark() async throws {
        let store = try database()
        _ = try await check(store).verify()
        let orphans = try await fill(store, 100, orphanedEvery: 50)
        _ = try await sweep(store)
        _ = try await store.create(orphans[0])
        clock.advance(by: .seconds(8 * 86_400))
        #expect(try await sweep(store).removed == 1)
        #expect(try await blobs.keys(orphans[0].blobPrefix).count == 1)
        #expect(try await objects() == 99)
    }

    @Test(arguments: [(100, 16, true), (100, 20, false), (10, 10, true), (1, 1, true)])
    func aboveFivePercentNothingIsRemovedAndAnAlarmIsRaised(count: Int, gap: Int, isBlocked: Bool) async throws {
        let store = try database()
        _ = try await check(store).verify()
        _ = try await fill(store, count, orphanedEvery: gap)
        for _ in 0..<3 {
            #expect(try await sweep(store).blocked == (isBlocked ? .unknownShare : nil))
            clock.advance(by: .seconds(8 * 86_400))
        }
        #expect(try await objects() == (isBlocked ? count : count - count / gap))
        let text = String(decoding: registry.page(claiming: ["orphan"]).text(), as: UTF8.self)
        #expect(text.contains(#"orphan_collection_blocked{reason="unknown_share"} \#(isBlocked ? 1 : 0)"#))
    }

    // MARK: A wrong database

    @Test func aNewDatabaseWithExistingObjectsIsRefused() async throws {
        let right = try database()
        _ = try await check(right).verify()
        _ = try await fill(right, 20)
        let wrong = try database("new")
        let error = await #expect(throws: PixelFlowError.self) { _ = try await check(wrong).verify() }
        #expect(error?.code == "installation_mismatch")
        #expect(error?.message.contains("PIXELFLOW_ADOPT_BLOB_STORE") == true)
        #expect(try await wrong.installationMark() == nil)
        #expect(try await sweep(wrong, OrphanSettings(grace: .zero, limitPercent: 100)).blocked == .installation)
        #expect(try await objects() == 20)
        // With the right one, everything continues.
        #expect(try await sweep(right).blocked == nil)
    }

    @Test func aBlockedSweepKeepsTheNumberOfOrphans() async throws {
        let store = try database()
        _ = try await check(store).verify()
        _ = try await fill(store, 100, orphanedEvery: 50)
        func metrics() -> String { String(decoding: registry.page(claiming: ["orphan"]).text(), as: UTF8.self) }
        _ = try await sweep(store)
        #expect(metrics().contains("orphaned_tasks 2\n"))
        #expect(try await sweep(try database("new")).blocked == .installation)
        #expect(metrics().contains("orphaned_tasks 2\n"))
        #expect(metrics().contains(#"orphan_collection_blocked{reason="installation"} 1"#))
    }

    @Test func aDatabaseOfAnotherInstallationIsRefused() async throws {
        let right = try database()
        _ = try await check(right).verify()
        _ = try await fill(right, 20)
        let wrong = try database("other")
        _ = try await wrong.create(Sample.task(at: clock.now()))
        _ = try await wrong.setInstallationMark(InstallationMark(sweeps: 900), replacing: nil)
        let error = await #expect(throws: PixelFlowError.self) { _ = try await check(wrong).verify() }
        #expect(error?.code == "installation_mismatch")
        #expect(try await sweep(wrong, OrphanSettings(grace: .zero, limitPercent: 100)).removed == 0)
        #expect(try await objects() == 20)
    }

    @Test func unmarkedObjectsWithANewDatabaseAreRefused() async throws {
        let old = try database()
        _ = try await fill(old, 3)
        let error = await #expect(throws: PixelFlowError.self) { _ = try await check(try database("new")).verify() }
        #expect(error?.code == "installation_mismatch")
        #expect(try await blobs.installationMark() == nil)
    }

    /// The bucket was replaced with one that contains other objects and no mark.
    @Test func unmarkedObjectsWithAMarkedDatabaseAreRefused() async throws {
        let store = try database()
        _ = try await store.setInstallationMark(InstallationMark(sweeps: 4), replacing: nil)
        _ = try await fill(store, 3)
        await #expect(throws: PixelFlowError.self) { _ = try await check(store).verify() }
        guard case .match = try await check(store, adopted: "unmarked").verify() else {
            Issue.record("not taken over")
            return
        }
    }

    /// An older backup has the right mark, but the objects have been swept since.
    @Test func aDatabaseOlderThanTheBlobStoreRemovesNothing() async throws {
        let store = try database()
        _ = try await check(store).verify()
        _ = try await fill(store, 40)
        let backup = try requireValue(try await store.installationMark(), "no mark")
        _ = try await sweep(store)
        let older = try database("older")
        _ = try await older.setInstallationMark(backup, replacing: nil)
        _ = try await older.create(Sample.task(at: clock.now()))
        guard case .olderDatabase = try await check(older).verify() else {
            Issue.record("not seen as older")
            return
        }
        #expect(try await sweep(older, OrphanSettings(grace: .zero, limitPercent: 100)).blocked == .olderDatabase)
        #expect(try await objects() == 40)
        let found = try requireValue(try await blobs.installationMark(), "no mark")
        #expect(try await sweep(older, adopted: found.description).blocked == .unknownShare)
        #expect(try await objects() == 40)
    }

    // MARK: The right database

    @Test func theFirstStartMarksBothAndTheSecondFindsThem() async throws {
        let store = try database()
        guard case .match(let first) = try await check(store).verify() else {
            Issue.record("no match on the first start")
            return
        }
        #expect(try await check(store).verify() == .match(first))
        #expect(try await blobs.installationMark() == first)
    }

    @Test func anInstallationOfAnEarlierReleaseIsMarked() async throws {
        let store = try database()
        _ = try await fill(store, 5)
        _ = try await check(store).verify()
        #expect(try await blobs.installationMark()?.id == store.installationMark()?.id)
        #expect(try await objects() == 5)
    }

    @Test func anInterruptedFirstStartIsResumed() async throws {
        let store = try database()
        _ = try await fill(store, 5)
        let begun = InstallationMark()
        _ = try await store.setInstallationMark(begun, replacing: nil)
        guard case .match(let mark) = try await check(store).verify() else {
            Issue.record("no match")
            return
        }
        #expect(mark.id == begun.id)
    }

    @Test func theOperatorCanAdoptABlobStore() async throws {
        let right = try database()
        _ = try await check(right).verify()
        _ = try await fill(right, 20)
        let other = try database("restored")
        let found = try requireValue(try await blobs.installationMark(), "no mark")
        await #expect(throws: PixelFlowError.self) { _ = try await check(other, adopted: "unmarked").verify() }
        guard case .match(let mark) = try await check(other, adopted: found.description).verify() else {
            Issue.record("not taken over")
            return
        }
        #expect(try await blobs.installationMark() == mark)
        // The setting may stay, because it refers to a mark that no longer exists.
        #expect(try await check(other, adopted: found.description).verify() == .match(mark))
        await #expect(throws: PixelFlowError.self) { _ = try await check(right, adopted: found.description).verify() }
    }

    @Test func manyReplicasStartSimultaneously() async throws {
        let store = try database()
        let check = check(store)
        try await withThrowingTaskGroup(of: InstallationCheck.Finding.self) { group in
            for _ in 0..<10 { group.addTask { try await check.verify() } }
            var ids: Set<String> = []
            // bounded: by the ten checks, each of which ends with its calls of the store
            for try await case .match(let mark) in group { ids.insert(mark.id) }
            #expect(ids.count == 1)
        }
    }
}
