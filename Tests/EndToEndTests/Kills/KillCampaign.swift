import Conformance
import Crypto
import Foundation
import HistoryChecker
import NIOHTTP1
import PixelFlowCore
import PixelFlowEmbedded
import Synchronization
import Testing

/// Three people upload, one reads and one listens, while the service is killed and started over and over.
struct KillCampaign: Sendable {
    let service: LiveService
    let recorder = HistoryRecorder()
    private let isOver = Flag()

    init(service: LiveService) { self.service = service }

    /// Kills the service that often, lets it finish what it has, and gathers what became of it all.
    func run(kills: Int) async throws -> History {
        try await service.start()
        let person = try await Person.signedIn(to: service)
        try await withThrowingTaskGroup { group in
            for number in 1...3 { group.addTask { try await upload(as: "client-\(number)", person) } }
            group.addTask { try await read(person) }
            let listening = Task { try await listen(person) }
            defer { listening.cancel() }
            for _ in 0..<kills {
                try await Task.sleep(for: .milliseconds(Int.random(in: 30...400)))
                await service.kill()
                try await service.start()
            }
            isOver.raise()
            try await group.waitForAll()
            try await drain(person)
        }
        let downloads = try await download(person)
        let account = try await person.get("/validate", port: service.ports.auth).object()
        let tenant = TenantID(try #require(account["tenant"] as? String))
        service.terminate()
        #expect(try await service.waitForExit() == 0)
        return try await remains(downloads, of: tenant)
    }

    // MARK: Clients

    /// Uploads one image after the other. Each has a key, and is sent again until it has been accepted.
    private func upload(as client: String, _ person: Person) async throws {
        var number = 0
        while !isOver.isRaised {
            number += 1
            let isGood = number % 20 != 0
            // Small objects are kept in the database and large ones as files: some of each.
            let edge = number % 3 == 0 ? 160 : 48
            let image =
                isGood ? PNG.noise(width: edge, height: edge, seed: .random(in: 1 ... .max)) : Data("no image \(client) \(number)".utf8)
            let task = try await insistently { try await accepted(image, key: "\(client)-\(number)", person) }
            recorder.record(Promise(task: task, sourceSHA256: image.sha256, ending: isGood ? .completed : .failed))
            // A pace, so that the backlog stays small.
            try await Task.sleep(for: .milliseconds(30))
        }
    }

    private func accepted(_ image: Data, key: String, _ person: Person) async throws -> TaskID? {
        let reply = try await person.post(image, headers: ["idempotency-key": key])
        if reply.status == 503 { return nil }
        try #require(reply.status == 202, "\(reply.text)")
        return try reply.task().id
    }

    /// Looks at tasks again and again.
    private func read(_ person: Person) async throws {
        while !isOver.isRaised {
            if let promise = recorder.promises.suffix(50).randomElement() { _ = try? await look(at: promise.task, person) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// What is seen of a task; nil where it is not to be seen.
    @discardableResult
    private func look(at task: TaskID, _ person: Person) async throws -> TaskDocument? {
        let reply = try await person.get("/api/tasks/\(task)")
        guard reply.status == 200, let revision = reply.revision else { return nil }
        let document = try reply.task()
        recorder.record(document.observation(by: "reader", .answer, revision: revision))
        return document
    }

    /// Follows the events, and comes back after each kill with the last id it has seen.
    private func listen(_ person: Person) async throws {
        let last = Mutex<String?>(nil)
        while !Task.isCancelled {
            try? await person.events(after: last.withLock { $0 }) { event in
                last.withLock { $0 = event.id }
                if event.name == "task", let revision = event.revision {
                    recorder.record(try event.task().observation(by: "listener", .event, revision: revision))
                }
                return true
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Does the same again while nobody is there.
    private func insistently<Value>(_ body: () async throws -> Value?) async throws -> Value {
        try await eventually(within: .seconds(60), "an answer") {
            do {
                return try await body()
            } catch let failure as ExpectationFailedError {
                throw failure
            } catch {
                return nil
            }
        }
    }

    // MARK: The end

    /// Waits until every task has ended and every event is told.
    private func drain(_ person: Person) async throws {
        _ = try await eventually(within: .seconds(240), "every task to end") {
            let counts = try await person.get("/api/stats").object()["counts"] as? [String: Int]
            return counts?["PENDING"] == 0 && counts?["PROCESSING"] == 0 ? true : nil
        }
        let store = try SQLiteTaskStore(path: service.data + "/tasks.sqlite")
        _ = try await eventually(within: .seconds(60), "every event to be told") {
            try await store.unpublished(olderThan: .zero, limit: 1).isEmpty ? true : nil
        }
    }

    private func download(_ person: Person) async throws -> [Download] {
        var downloads: [Download] = []
        for promise in recorder.promises {
            // A task that is gone is for the checker to find.
            for output in try await look(at: promise.task, person)?.outputs ?? [] where output.status == "COMPLETED" {
                let bytes = try? await person.download(output.name, of: promise.task)
                downloads.append(Download(task: promise.task, output: output.name, sha256: bytes?.sha256))
            }
        }
        return downloads
    }

    /// What is on the disk once the service has stopped.
    private func remains(_ downloads: [Download], of tenant: TenantID) async throws -> History {
        #expect(try FileManager.default.contentsOfDirectory(atPath: service.data + "/blobs/.partial") == [])
        let store = try SQLiteTaskStore(path: service.data + "/tasks.sqlite")
        let blobs = EmbeddedBlobStore(files: try FileBlobStore(path: service.data + "/blobs"), tasks: store)
        var tasks: [TaskRecord] = []
        var query = TaskQuery(tenant: tenant, limit: 200)
        repeat {
            let page = try await store.list(query)
            tasks += page.tasks
            query.before = page.next
        } while query.before != nil
        var objects: [BlobKey] = []
        for prefix in try await blobs.taskPrefixes(after: nil, limit: 1_000_000) { objects += try await blobs.keys(prefix) }
        return recorder.history(tasks: tasks, downloads: downloads, objects: objects)
    }
}

/// Raised once, seen by everybody.
private final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}

extension Data {
    /// Lower-case hexadecimal.
    var sha256: String { SHA256.hash(data: self).map { String(format: "%02x", $0) }.joined() }
}
