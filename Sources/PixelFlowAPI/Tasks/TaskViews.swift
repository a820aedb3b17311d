import NIOCore
import PixelFlowCache
import PixelFlowCore
import Synchronization
import WireFormats

/// Encodes tasks as JSON and caches the result: a revision of a task always has the same encoding.
final class TaskViews: Sendable {
    private struct Entry {
        let revision: Int
        let json: ByteBuffer
    }

    private let entries: Mutex<BoundedEntries<TaskID, Entry>>
    private let encoder = JSONStreamEncoder(sortsKeys: true)

    /// - Parameters:
    ///   - capacity: the maximum number of cached tasks.
    ///   - byteCapacity: the maximum number of cached bytes.
    init(capacity: Int = 1000, byteCapacity: Int = 8 * 1024 * 1024) {
        entries = Mutex(BoundedEntries(limits: CacheLimits(entries: capacity, bytes: byteCapacity, entryBytes: byteCapacity)))
    }

    /// The task as one JSON object.
    func json(_ task: TaskRecord) throws -> ByteBuffer {
        if let known = entries.withLock({ $0.use(task.id) }), known.revision == task.revision { return known.json }
        let json = ByteBuffer(bytes: try encoder.encode(TaskView(task)))
        entries.withLock { $0.put(Entry(revision: task.revision, json: json), for: task.id, bytes: json.readableBytes) }
        return json
    }

    /// Encodes the task of a change, which may have a run in progress.
    func json(_ change: TaskChange) throws -> ByteBuffer {
        guard change.task.status == .processing, change.progress > 0 else { return try json(change.task) }
        return ByteBuffer(bytes: try encoder.encode(TaskView(change.task, progress: change.progress)))
    }

    /// `{"tasks":[…],"next_cursor":…}`
    func json(_ page: TaskPage) async throws -> ByteBuffer {
        var all = ByteBuffer(string: #"{"tasks":["#)
        for (index, task) in page.tasks.enumerated() {
            if index > 0 { all.writeString(",") }
            all.writeImmutableBuffer(try json(task))
            // A page of large tasks takes long to encode, so yield to others between its parts.
            await Task.yield()
        }
        let cursor = page.next.map { "\"\($0)\"" } ?? "null"
        all.writeString(#"],"next_cursor":\#(cursor)}"#)
        return all
    }
}
