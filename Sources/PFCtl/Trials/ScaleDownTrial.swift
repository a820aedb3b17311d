import AsyncPrimitives
import NIOCore
import PixelFlowClient
import Synchronization
import Terminal
import WireFormats

/// Uploads images, removes workers while they are processing them, and checks what has become of each.
struct ScaleDownTrial: Sendable {
    private static let uploadsAtATime = 4
    private static let looksAtATime = 4
    private static let pause = Duration.milliseconds(500)

    let session: Session
    let api: ForwardedService
    let count: Int
    let preset: String
    /// The width of the images in pixels.
    let width: Int
    /// The time for all tasks to finish after the last upload.
    let timeout: Duration

    /// - Throws: `CommandError` if an image is rejected, if the workers cannot be scaled, or after the timeout.
    func run(scalingDown hold: WorkerHold, keepingTasks: Bool) async throws -> ScaleDownReport {
        let start = ContinuousClock.now
        let ids = try await upload()
        let uploaded = ContinuousClock.now
        let tasks: [ImageTask]
        do {
            try await waitForWork(on: ids)
            session.status.show("taking \(hold.before - hold.replicas) workers away")
            try await hold.takeAway(within: timeout)
            tasks = try await ends(of: ids)
            try await hold.confirm()
        } catch {
            try await giveBack(hold, after: CommandError(error))
            throw error
        }
        let ended = ContinuousClock.now
        try await giveBack(hold, after: nil)
        let missing = try await missingOutputs(of: tasks)
        if !keepingTasks { try await delete(ids) }
        return ScaleDownReport(
            tasks: tasks, lost: ids.count - tasks.count, missingOutputs: missing, from: hold.before, to: hold.replicas,
            uploading: uploaded - start, working: ended - uploaded)
    }

    private func giveBack(_ hold: WorkerHold, after failure: CommandError?) async throws {
        do {
            try await hold.giveBack()
        } catch {
            if let failure { session.report(failure) }
            let why = CommandError(error)
            throw CommandError(why.status, "the workers could not be scaled back: \(why.message)", hint: hold.remedy)
        }
    }

    /// Uploads several images concurrently; each is different, so that none is a duplicate of an earlier upload.
    private func upload() async throws -> [String] {
        try await collect(0..<count, atATime: Self.uploadsAtATime, "uploaded") { number in
            let image = TestImage(number: number, width: width).png
            let upload = Upload(.bytes(ByteBuffer(bytes: image)), .preset(preset), fileName: "scale-down-\(number).png")
            return try await api.call { try await $0.upload(upload) }.id
        }
    }

    /// Waits until a worker has started, so that a removed worker has something to hand back.
    private func waitForWork(on ids: [String]) async throws {
        try await Deadline.within(timeout, "no task was in work") {
            while true {
                let first = try await api.call { try await $0.task(ids[0]) }
                if first.status != .pending { return }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Waits for all tasks to finish; omits those that no longer exist.
    private func ends(of ids: [String]) async throws -> [ImageTask] {
        let progress = Progress()
        return try await Deadline.within(
            timeout, "not every task has ended", state: { "\(progress.value) of \(ids.count) have" }
        ) {
            try await collect(ids, atATime: Self.looksAtATime, "ended", progress) { try await end(of: $0) }.compactMap { $0 }
        }
    }

    private func end(of id: String) async throws -> ImageTask? {
        while true {
            let task = try await retry(
                .every(Self.pause), if: { [.unreachable, .timedOut].contains(($0 as? CommandError)?.status) },
                onRetry: { _ in session.status.show("the api does not respond; asking again") }
            ) {
                try await api.call { client in try await found { try await client.task(id) } }
            }
            guard let task else { return nil }
            if task.status.isFinal { return task }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// The number of outputs that a task lists but the api does not return.
    private func missingOutputs(of tasks: [ImageTask]) async throws -> Int {
        try await collect(tasks, atATime: Self.looksAtATime, "read") { task in
            var missing = 0
            for output in task.outputs where output.format != nil {
                let bytes = try await api.call { client in
                    try await found {
                        let download = try await client.output(output.name, ofTask: task.id)
                        var count = 0
                        for try await part in download.bytes { count += part.readableBytes }
                        return count
                    }
                }
                if bytes ?? 0 == 0 { missing += 1 }
            }
            return missing
        }.reduce(0, +)
    }

    private func delete(_ ids: [String]) async throws {
        _ = try await collect(ids, atATime: Self.looksAtATime, "deleted") { id in
            _ = try await api.call { client in try await found { try await client.delete(id) } }
        }
    }

    /// Nil if it does not exist.
    private func found<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch let problem as Problem where problem.status == 404 {
            return nil
        }
    }

    /// Returns values in the order of the items.
    private func collect<Item: Sendable, Value: Sendable>(
        _ items: some Collection<Item> & Sendable, atATime limit: Int, _ done: String, _ progress: Progress = Progress(),
        _ body: @escaping @Sendable (Item) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var values: [Int: Value] = [:]
            for (index, item) in items.enumerated() {
                if index >= limit, let (index, value) = try await group.next() {
                    values[index] = value
                    session.status.show("\(progress.advance()) of \(items.count) \(done)", isPassing: true)
                }
                group.addTask { (index, try await body(item)) }
            }
            for try await (index, value) in group {
                values[index] = value
                session.status.show("\(progress.advance()) of \(items.count) \(done)", isPassing: true)
            }
            return values.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}

/// The number of finished items, for the status line and for the message after a timeout.
final class Progress: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func advance() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
