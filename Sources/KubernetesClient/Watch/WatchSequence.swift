import AsyncHTTPClient
import NIOCore
import NIOHTTP1
public import WireFormats

/// A watch that recovers from failures: it lists, watches from there, resumes after a lost connection where it
/// was, and lists again if the server no longer has that position (410).
///
/// It ends only if the reading task is cancelled, or by throwing an error that a retry cannot fix:
/// `forbidden`, `unauthorized`, `notFound`, `invalid`, TLS.
public struct WatchSequence<Object: Codable & Sendable>: AsyncSequence, Sendable {
    public typealias Element = WatchEvent<Object>

    let client: ClusterClient
    let kind: ResourceKind
    let namespace: NamespaceScope
    let options: ListOptions
    let resourceVersion: String?
    let backoff: WatchBackoff

    public func makeAsyncIterator() -> Iterator {
        Iterator(watch: self, state: resourceVersion.map { .disconnected(from: $0) } ?? .unknown)
    }

    public struct Iterator: AsyncIteratorProtocol {
        let watch: WatchSequence
        var state: State
        var backoff = WatchBackoff.Counter()

        enum State {
            /// No position is known: a list is needed.
            case unknown
            case disconnected(from: String)
            case connected(Connection)
        }

        struct Connection {
            var resourceVersion: String
            var body: HTTPClientResponse.Body.AsyncIterator
            var lines: LineSplitter
        }

        public mutating func next() async throws -> WatchEvent<Object>? {
            while true {
                try Task.checkCancellation()
                do {
                    if let event = try await step() { return event }
                } catch let error as KubernetesError {
                    if let event = try await recover(from: error) { return event }
                }
            }
        }
    }
}

extension WatchSequence.Iterator {
    /// Performs one list, one connection or one line. Nil if it results in no event for the reader.
    private mutating func step() async throws -> WatchEvent<Object>? {
        switch state {
        case .unknown:
            let list = try await watch.client.list(watch.kind, Object.self, in: watch.namespace, watch.options)
            state = .disconnected(from: list.resourceVersion)
            // Whether the watch works is not known yet.
            backoff.isReported = false
            return .listed(list.items)
        case .disconnected(let version):
            state = .connected(try await connect(from: version))
            return nil
        case .connected(var connection):
            let line = try await readLine(&connection)
            state = line == nil ? .disconnected(from: connection.resourceVersion) : .connected(connection)
            guard let line else {
                // Servers end every watch after some time. If they end it immediately every time, do not flood them with requests.
                try await Task.sleep(for: watch.backoff.pause(after: &backoff))
                return nil
            }
            return try take(line, connection)
        }
    }

    private func connect(from version: String) async throws -> WatchSequence.Iterator.Connection {
        let seconds = Int64.random(in: APITransport.longestWatch / 2..<APITransport.longestWatch)
        var request = APIRequest(.GET, watch.kind.path(namespace: watch.namespace.name(in: watch.client)), query: watch.options.query)
        request.query += [
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", version), ("timeoutSeconds", String(seconds)),
        ]
        let body = try await watch.client.transport.stream(request)
        return .init(resourceVersion: version, body: body.makeAsyncIterator(), lines: LineSplitter(limit: 32 << 20))
    }

    private func readLine(_ connection: inout WatchSequence.Iterator.Connection) async throws -> [UInt8]? {
        while true {
            if let line = connection.lines.next() { return line }
            do {
                guard let bytes = try await connection.body.next() else { return nil }
                connection.lines.append(bytes.readableBytesView)
            } catch {
                throw try await watch.client.transport.describe(error)
            }
        }
    }

    private mutating func take(_ line: [UInt8], _ connection: WatchSequence.Iterator.Connection) throws -> WatchEvent<Object>? {
        guard !line.isEmpty else { return nil }
        var connection = connection
        let content = try ClusterClient.decode(WatchLine<Object>.self, line).content
        defer { if case .connected = state { state = .connected(connection) } }
        switch content {
        case .change(let event, let version):
            backoff.reset()
            connection.resourceVersion = version ?? connection.resourceVersion
            return event
        case .bookmark(let version):
            backoff.reset()
            connection.resourceVersion = version ?? connection.resourceVersion
            return nil
        case .failure(let status): throw KubernetesError(status: status)
        case .unknown: return nil
        }
    }

    private mutating func recover(from error: KubernetesError) async throws -> WatchEvent<Object>? {
        switch (error.kind, state) {
        case (.gone, .unknown): throw error
        case (.gone, _), (.unexpected, .connected):
            // After an unreadable line, such as a truncated one, the position is unknown too.
            state = .unknown
            try await Task.sleep(for: watch.backoff.pause(after: &backoff))
            return nil
        case (_, .connected(let connection)) where error.isTransient: state = .disconnected(from: connection.resourceVersion)
        default: guard error.isTransient else { throw error }
        }
        if !backoff.isReported {
            backoff.isReported = true
            return .interrupted(error)
        }
        try await Task.sleep(for: watch.backoff.pause(after: &backoff))
        return nil
    }
}

extension ClusterClient {
    /// Watches objects of a kind.
    /// - Parameter resourceVersion: Continues from here instead of starting with a list.
    public func watch<R: KubernetesResource>(
        _ type: R.Type, in namespace: NamespaceScope = .current, _ options: ListOptions = ListOptions(),
        from resourceVersion: String? = nil
    ) -> WatchSequence<R> {
        WatchSequence(
            client: self, kind: R.resource, namespace: namespace, options: options, resourceVersion: resourceVersion, backoff: .standard)
    }

    /// Watches objects of any kind, undecoded.
    public func watch(
        _ kind: ResourceKind, in namespace: NamespaceScope = .current, _ options: ListOptions = ListOptions(),
        from resourceVersion: String? = nil
    ) -> WatchSequence<JSONValue> {
        WatchSequence(
            client: self, kind: kind, namespace: namespace, options: options, resourceVersion: resourceVersion, backoff: .standard)
    }
}
