import Conformance
import Crypto
import Foundation
import HistoryChecker
import PixelFlowClient
import PixelFlowCore
import RawHTTP
import Synchronization
import Testing

// The client library has types of these names too.
import struct HistoryChecker.Download
import struct PixelFlowCore.TaskQuery

/// Three users upload, one reads and one listens, while something disturbs the installation.
struct LoadRun: Sendable {
    /// The endpoints, among which clients are distributed.
    let endpoints: [any Installation]
    /// The delay between two uploads of a client, which keeps the backlog small.
    var pace = Duration.milliseconds(30)
    /// The time limit for finishing all accepted tasks after the disturbance.
    var deadline = Duration.seconds(240)
    /// Receives a webhook for every finished task; nil if webhooks are not checked.
    var receiver: RawServer?
    let recorder = HistoryRecorder()
    private let isOver = Flag()
    private let ends = EndTimes()

    init(_ endpoints: any Installation...) { self.endpoints = endpoints }

    private var endpoint: any Installation { endpoints[0] }

    /// Lets users work while `disturb` runs, waits until all tasks have finished, and collects the results.
    ///
    /// - Returns: the downloads, and the tenant of the tasks.
    func run(disturb: () async throws -> Void) async throws -> (downloads: [Download], tenant: TenantID) {
        let person = try await Person.signedIn(to: endpoint, as: "\(UUID().uuidString)@example.org")
        let people = endpoints.map { Person(service: $0, token: person.token) }
        let webhook: Webhook? =
            if let receiver {
                try await person.client.createWebhook(
                    url: receiver.url("/hook"), events: ["task.completed", "task.failed", "task.cancelled"])
            } else {
                nil
            }
        try await withThrowingTaskGroup { group in
            for number in 1...3 {
                group.addTask { try await upload(as: "client-\(number)", people[number % people.count]) }
            }
            group.addTask { try await read(person) }
            let listening = Task { await listen(people[people.count - 1]) }
            defer { listening.cancel() }
            defer { isOver.raise() }
            try await disturb()
            isOver.raise()
            try await group.waitForAll()
            try await drain(person)
        }
        if let receiver, let webhook { try await hear(of: webhook, from: receiver) }
        let downloads = try await download(person)
        let identity = try await retry { try await person.client.validate() }
        return (downloads, TenantID(identity.tenant))
    }

    /// The number of observed tasks that finished after a time (RFC 3339, by the clock of the service).
    func ended(after time: String) -> Int { ends.count(after: time) }

    /// The number of tasks accepted so far.
    var accepted: Int { recorder.promises.count }

    // MARK: Clients

    /// Uploads one image after the other. Each has an idempotency key, and is sent again until it has been accepted.
    private func upload(as client: String, _ person: Person) async throws {
        var number = 0
        // bounded: by the end of the loadRun, which has a deadline.
        while !isOver.isRaised {
            number += 1
            let isGood = number % 20 != 0
            // Small objects are stored differently from large ones, so use some of each.
            let edge = number % 3 == 0 ? 160 : 48
            let image =
                isGood ? PNG.noise(width: edge, height: edge, seed: .random(in: 1 ... .max)) : Data("no image \(client) \(number)".utf8)
            let task = try await retry { try await accepted(image, key: "\(client)-\(number)", person) }
            recorder.record(Promise(task: task, sourceSHA256: image.sha256, ending: isGood ? .completed : .failed))
            try await Task.sleep(for: pace)
        }
    }

    private func accepted(_ image: Data, key: String, _ person: Person) async throws -> TaskID? {
        do {
            return try await person.upload(image, key: key).id
        } catch let problem as Problem {
            try #require(problem.status == 503, "\(problem)")
            return nil
        }
    }

    /// Reads tasks repeatedly.
    private func read(_ person: Person) async throws {
        // bounded: by the end of the loadRun, which has a deadline.
        while !isOver.isRaised {
            if let promise = recorder.promises.suffix(50).randomElement() { _ = try? await look(at: promise.task, person) }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The current state of a task; nil if it is not visible.
    @discardableResult
    private func look(at task: TaskID, _ person: Person) async throws -> TaskDocument? {
        let document: TaskDocument
        do {
            document = try await person.task(task)
        } catch is Problem {
            return nil
        }
        guard let revision = document.revision else { return nil }
        ends.note(document)
        recorder.record(document.observation(by: "reader", .response, revision: revision))
        return document
    }

    /// Follows the events. The client library reconnects after each interruption and continues after the last event.
    private func listen(_ person: Person) async {
        var listener = person
        listener.client.retries = .init(attempts: .max, firstDelay: .milliseconds(20), maximumDelay: .milliseconds(200))
        do {
            try await listener.events { event in
                ends.note(event.task)
                if let revision = event.revision {
                    recorder.record(event.task.observation(by: "listener", .event, revision: revision))
                }
                return true
            }
        } catch {
            if !Task.isCancelled { Issue.record("the events have ended: \(error)") }
        }
    }

    /// Repeats `body` while the service is unavailable.
    private func retry<Value>(_ body: () async throws -> Value?) async throws -> Value {
        try await eventually(within: .seconds(120), "a response") {
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

    /// Waits until all tasks have finished.
    private func drain(_ person: Person) async throws {
        let open = Mutex(recorder.promises.map(\.task))
        let start = ContinuousClock.now
        defer { print("drained in \(ContinuousClock.now - start)") }
        do {
            _ = try await eventually(within: deadline, "every task to end") { () -> Bool? in
                for task in open.withLock({ $0 }) {
                    guard try await (try? look(at: task, person))?.status.isFinal == true else { continue }
                    open.withLock { $0.removeAll { $0 == task } }
                }
                return open.withLock(\.isEmpty) ? true : nil
            }
        } catch {
            let left = open.withLock { $0 }
            var states: [String] = []
            for task in left.prefix(5) {
                do { states.append("\(try await person.task(task))") } catch { states.append("\(task): \(error)") }
            }
            Issue.record("\(left.count) of \(recorder.promises.count) tasks have not ended: \(states.joined(separator: "; "))")
            throw error
        }
    }

    /// Waits until every end has been delivered, and checks the messages.
    private func hear(of webhook: Webhook, from receiver: RawServer) async throws {
        let expected = Dictionary(
            uniqueKeysWithValues: recorder.promises.map {
                ("msg_\($0.task)_1_\(webhook.id)", $0.ending.flatMap { WebhookEvent($0)?.rawValue })
            })
        try await eventually(within: deadline, "every end to be told") {
            Set(expected.keys).isSubset(of: receiver.requests.compactMap { $0.header("webhook-id") }) ? () : nil
        }
        struct Message: Decodable { let type: String }
        let messages = receiver.requests
        let wrong = messages.filter { message in
            let type = try? JSONDecoder().decode(Message.self, from: Data(message.body.utf8)).type
            return type == nil || expected[message.header("webhook-id") ?? ""] != type
        }
        #expect(wrong.isEmpty, "deliveries of events that did not happen: \(wrong.prefix(3).map { $0.body })")
        print("\(expected.count) deliveries, \(messages.count - expected.count) of them repeated")
    }

    private func download(_ person: Person) async throws -> [Download] {
        var downloads: [Download] = []
        for promise in recorder.promises {
            // The checker detects missing tasks.
            for output in try await look(at: promise.task, person)?.outputs ?? [] where output.status == "COMPLETED" {
                let bytes = try? await person.download(output.name, of: promise.task)
                downloads.append(Download(task: promise.task, output: output.name, sha256: bytes?.sha256))
            }
        }
        return downloads
    }

    /// The contents of the stores, once all events are published.
    func history(of tenant: TenantID, _ downloads: [Download], in store: any TaskStore, _ blobs: any BlobStore) async throws -> History {
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

    /// Waits until all events are published and the corresponding cleanup is done.
    func quiet(_ store: any TaskStore) async throws {
        _ = try await eventually(within: .seconds(90), "every event to be told") {
            try await store.unpublished(olderThan: .zero, limit: 1).isEmpty ? true : nil
        }
    }
}

/// Can be raised once, and is visible to all tasks.
final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}

extension Data {
    /// In lowercase hexadecimal.
    var sha256: String { SHA256.hash(data: self).map { String(format: "%02x", $0) }.joined() }
}

/// The times at which tasks have finished.
private final class EndTimes: Sendable {
    private let times = Mutex<[TaskID: String]>([:])

    func note(_ task: TaskDocument) {
        guard let time = task.completedAt else { return }
        times.withLock { $0[task.id] = time }
    }

    /// All times of api are in UTC and have the same length, so their text sorts chronologically.
    func count(after time: String) -> Int { times.withLock { $0.values.count { $0 > time } } }
}
