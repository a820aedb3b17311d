import KubernetesClient
import WireFormats

extension Responder {
    struct OpenStream {
        let identifier: Int
        /// Yields after changes; ends when the stream must end.
        let signals: AsyncStream<Void>
    }

    func openStream() -> OpenStream {
        let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let identifier = memory.withLock { state in
            state.nextStream += 1
            if state.isStopped { continuation.finish() } else { state.streams[state.nextStream] = continuation }
            return state.nextStream
        }
        return OpenStream(identifier: identifier, signals: signals)
    }

    private func closeStream(_ stream: OpenStream) {
        memory.withLock { _ = $0.streams.removeValue(forKey: stream.identifier) }
    }

    func watch(_ request: FakeClusterRequest, _ target: RequestTarget) async throws {
        let filter = ObjectFilter(request, target)
        let stream = openStream()
        defer { closeStream(stream) }
        var cursor = try memory.withLock { try $0.watchStart(request) }
        try await output.beginStream("application/json")
        let first = memory.withLock { $0.watchBatch(&cursor, filter) }
        guard try await write(first) else { return try await output.end() }
        // bounded: by the connection that is served.
        for await _ in stream.signals {
            let batch = memory.withLock { $0.watchBatch(&cursor, filter) }
            guard try await write(batch) else { return try await output.end() }
        }
        try await output.end()
    }

    private func write(_ batch: WatchBatch) async throws -> Bool {
        for event in batch.events {
            try await output.line(event.text())
            if event["type"] == "BOOKMARK" { memory.withLock { $0.deliveredBookmarks += 1 } }
        }
        return !batch.isLast
    }

    func log(_ request: FakeClusterRequest, _ target: RequestTarget) async throws {
        let stream = openStream()
        defer { closeStream(stream) }
        var cursor = 0
        var batch = try memory.withLock { try $0.logBatch(request, target, from: 0) }
        try await output.beginStream("text/plain")
        for line in batch.lines { try await output.line(line) }
        cursor = batch.next
        if request.query["follow"] == "true", !batch.isEnded {
            // bounded: by the connection that is served.
            for await _ in stream.signals {
                batch = try memory.withLock { try $0.logBatch(request, target, from: cursor) }
                for line in batch.lines { try await output.line(line) }
                cursor = batch.next
                if batch.isEnded { break }
            }
        }
        try await output.end()
    }
}

/// The pending events of a watch.
struct WatchBatch: Sendable {
    var events: [JSONValue] = []
    var isLast = false
}

/// The position of a watch.
struct WatchCursor: Sendable {
    var version: Int
    var bookmarks: Int
}

/// Selects the objects of a list or a watch.
struct ObjectFilter: Sendable {
    let target: RequestTarget
    private let labels: LabelQuery
    private let fields: FieldQuery

    init(_ request: FakeClusterRequest, _ target: RequestTarget) {
        self.target = target
        labels = LabelQuery(request.query["labelSelector"] ?? "")
        fields = FieldQuery(request.query["fieldSelector"] ?? "")
    }

    func includes(_ key: ObjectKey) -> Bool {
        key.group == target.group && key.plural == target.plural && (target.namespace == nil || key.namespace == target.namespace)
            && (target.name == nil || key.name == target.name)
    }

    func matches(_ object: JSONValue) -> Bool { labels.matches(object) && fields.matches(object) }
}

extension FakeClusterState {
    fileprivate func watchStart(_ request: FakeClusterRequest) throws -> WatchCursor {
        let version = request.query["resourceVersion"].flatMap { Int($0) } ?? 0
        if version != 0, version < store.oldestVersion { throw StatusResponse.expired(from: version, oldest: store.oldestVersion) }
        return WatchCursor(version: version == 0 ? store.version : version, bookmarks: bookmarks)
    }

    fileprivate func watchBatch(_ cursor: inout WatchCursor, _ filter: ObjectFilter) -> WatchBatch {
        var batch = WatchBatch()
        guard cursor.version >= store.oldestVersion else {
            let status = StatusResponse.expired(from: cursor.version, oldest: store.oldestVersion).body
            return WatchBatch(events: [["type": "ERROR", "object": status]], isLast: true)
        }
        for change in store.changes where change.version > cursor.version && filter.includes(change.key) {
            if let event = change.event(filter) { batch.events.append(event) }
        }
        cursor.version = store.version
        if cursor.bookmarks != bookmarks {
            cursor.bookmarks = bookmarks
            let metadata: JSONValue = ["resourceVersion": .string(String(store.version))]
            batch.events.append(["type": "BOOKMARK", "object": ["metadata": metadata]])
        }
        return batch
    }
}

extension StoredChange {
    /// If an object starts to match, it is added for the watcher; if it stops, it is deleted.
    fileprivate func event(_ filter: ObjectFilter) -> JSONValue? {
        let was = before.map(filter.matches) ?? false
        let isNow = after.map(filter.matches) ?? false
        switch (was, isNow) {
        case (false, true): return ["type": "ADDED", "object": after ?? .null]
        case (true, true): return ["type": "MODIFIED", "object": after ?? .null]
        case (true, false):
            var last = after ?? before ?? .null
            last["metadata"]?["resourceVersion"] = .string(String(version))
            return ["type": "DELETED", "object": last]
        case (false, false): return nil
        }
    }
}

struct LogBatch: Sendable {
    var lines: [String]
    var next: Int
    var isEnded: Bool
}

extension FakeClusterState {
    fileprivate func logBatch(_ request: FakeClusterRequest, _ target: RequestTarget, from cursor: Int) throws -> LogBatch {
        let name = target.name ?? ""
        guard let pod = store.objects[target.key(name)] else { throw StatusResponse.notFound(target) }
        let containers = pod["spec"]?["containers"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
        let container = request.query["container"]
        if container == nil, containers.count > 1 {
            let list = containers.joined(separator: " ")
            throw StatusResponse.badRequest("a container name must be specified for pod \(name), choose one of: [\(list)]")
        }
        if let container, !containers.contains(container) {
            throw StatusResponse.badRequest("container \(container) is not valid for pod \(name)")
        }
        let isPrevious = request.query["previous"] == "true"
        let log =
            logs[LogKey(pod: name, container: container, isPrevious: isPrevious)]
            ?? logs[LogKey(pod: name, container: nil, isPrevious: isPrevious)]
        guard log != nil || !isPrevious else {
            throw StatusResponse.badRequest(
                "previous terminated container \"\(container ?? containers.first ?? "")\" in pod \"\(name)\" not found")
        }
        var lines = Array((log?.lines ?? []).dropFirst(cursor))
        if let seconds = request.query["sinceSeconds"].flatMap({ Int($0) }) {
            lines.removeAll { $0.time.age() > .seconds(seconds) }
        }
        if let since = request.query["sinceTime"].flatMap({ Timestamp($0) }) { lines.removeAll { $0.time < since } }
        if cursor == 0, let tail = request.query["tailLines"].flatMap({ Int($0) }) { lines = lines.suffix(tail) }
        let texts = lines.map { request.query["timestamps"] == "true" ? "\($0.time.text) \($0.text)" : $0.text }
        return LogBatch(lines: texts, next: log?.lines.count ?? 0, isEnded: log?.isEnded ?? false)
    }
}
