import FoundationEssentials
import NIOCore
import PixelFlowClient
import Terminal

/// Restores a backup into an empty installation: objects, then tasks, then accounts, so that everything that becomes visible is complete.
/// An interrupted restore continues where it stopped.
struct RestoreRun: Sendable {
    /// How many objects are written concurrently.
    private static let writes = 4
    /// The maximum number of rows per request, and of bytes.
    private static let page = (rows: 200, bytes: 1 << 20)

    let location: any BackupLocation
    let manifest: BackupManifest
    let services: BackupServices
    let session: Session

    /// Which parts must still be restored.
    struct Plan: Sendable, Hashable {
        var accounts: Bool
        var tasks: Bool
        /// Whether an earlier run has started the restore.
        var isContinued: Bool
    }

    /// - Throws: `CommandError` if the installation is not empty, or its databases are of another kind or schema.
    func plan() async throws -> Plan {
        let (auth, api) = (try await services.report(.auth), try await services.report(.api))
        try manifest.accounts.requireForm(of: auth)
        try manifest.tasks.requireForm(of: api)
        let isContinued = auth.restoring == manifest.id || api.restoring == manifest.id
        try requireRoom(in: auth, holding: "accounts")
        // The restore of accounts is finished last: while it is in progress, the tasks are those of this backup even if their restore is
        // finished.
        try requireRoom(in: api, orOwn: auth.restoring == manifest.id, holding: "tasks, presets, webhooks or quotas")
        if !isContinued, try await !services.api.call({ try await $0.archivedObjects(after: nil) }).objects.isEmpty {
            throw CommandError(
                .failed, "the object store of the installation already holds objects", hint: "configure an empty bucket or folder")
        }
        return Plan(
            accounts: auth.restoring == manifest.id || auth.isEmpty, tasks: api.restoring == manifest.id || api.isEmpty,
            isContinued: isContinued)
    }

    private func requireRoom(in report: ArchiveReport, orOwn isOwn: Bool = false, holding what: String) throws(CommandError) {
        guard report.restoring != manifest.id else { return }
        guard report.restoring == nil else {
            throw CommandError(.failed, "another backup is being restored into this installation", hint: "finish that restore first")
        }
        guard report.isEmpty || isOwn else {
            throw CommandError(
                .failed, "the installation already holds \(what)",
                hint: "restore a backup into a new installation, before anyone uses it")
        }
    }

    /// Restores everything, but leaves the restore of accounts unfinished.
    func run(_ plan: Plan) async throws {
        // Both services refuse before anything is written if they are no longer empty.
        for (service, isWanted) in parts(plan) where isWanted {
            try await services[service].call { try await $0.beginRestore(of: manifest.id, in: service) }
        }
        if plan.tasks {
            try await objects(skipping: plan.isContinued ? present() : [])
            try await rows(BackupFile.tasks, manifest.tasks, in: .api, "tasks")
        }
        if plan.accounts { try await rows(BackupFile.accounts, manifest.accounts, in: .auth, "accounts") }
        if plan.tasks { try await finish(.api) }
    }

    /// Finishes the restore of accounts: from now on, people can register and mail is sent.
    func finishAccounts(_ plan: Plan) async throws {
        if plan.accounts { try await finish(.auth) }
    }

    private func finish(_ service: PixelFlowClient.ArchivedService) async throws {
        try await services[service].call { try await $0.finishRestore(of: manifest.id, in: service) }
    }

    private func parts(_ plan: Plan) -> [(PixelFlowClient.ArchivedService, Bool)] { [(.api, plan.tasks), (.auth, plan.accounts)] }

    /// The keys of the objects that an earlier run has written.
    private func present() async throws -> Set<String> {
        var keys: Set<String> = []
        var next: String?
        repeat {
            let page = try await services.api.call { try await $0.archivedObjects(after: next) }
            keys.formUnion(page.objects.map(\.key))
            next = page.next
        } while next != nil
        return keys
    }

    private func objects(skipping present: Set<String>) async throws {
        session.status.show("restoring objects")
        try await location.lend(BackupFile.objects, sha256: manifest.objects.sha256) { try await objects(inFile: $0, skipping: present) }
    }

    private func objects(inFile list: String, skipping present: Set<String>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var (count, running) = (0, 0)
            for try await object in BackedUpObject.all(inFile: list) {
                count += 1
                session.status.show("restoring objects: \(count) of \(manifest.objects.count)", isPassing: true)
                guard !present.contains(object.key) else { continue }
                if running == Self.writes {
                    try await group.next()
                    running -= 1
                }
                running += 1
                group.addTask {
                    try await location.lend(BackupFile.object(object.key), sha256: object.sha256) { file in
                        try await services.api.call { try await $0.restoreObject(object.key, from: file, of: manifest.id) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func rows(
        _ file: String, _ rows: BackupManifest.Rows, in service: PixelFlowClient.ArchivedService, _ what: String
    ) async throws {
        session.status.show("restoring \(what)")
        try await location.lend(file, sha256: rows.sha256) { try await self.rows(inFile: $0, in: service, what, of: rows.rows) }
    }

    private func rows(inFile file: String, in service: PixelFlowClient.ArchivedService, _ what: String, of total: Int) async throws {
        var (page, lines, done) = (ByteBuffer(), 0, 0)
        func send() async throws {
            guard lines > 0 else { return }
            let body = page
            try await services[service].call { try await $0.restore(body, of: manifest.id, in: service) }
            done += lines
            (page, lines) = (ByteBuffer(), 0)
            session.status.show("restoring \(what): \(done) of \(total) rows", isPassing: true)
        }
        for try await line in FileLines(path: file) {
            if lines == Self.page.rows || page.readableBytes + line.readableBytes > Self.page.bytes { try await send() }
            page.writeImmutableBuffer(line)
            page.writeInteger(UInt8(ascii: "\n"))
            lines += 1
        }
        try await send()
    }
}
