import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Selects lines of a container's log.
public struct LogOptions: Sendable, Hashable {
    /// Required if the pod has several containers.
    public var container: String?
    /// Keeps reading until the container ends.
    public var follow = false
    /// Reads the log of the container before its last restart.
    public var previous = false
    /// The maximum age of lines, in whole seconds.
    public var since: Duration?
    public var sinceTime: Timestamp?
    /// The maximum number of most recent lines.
    public var tail: Int?
    /// Prefixes each line with its time.
    public var timestamps = false

    public init(container: String? = nil, follow: Bool = false, since: Duration? = nil, tail: Int? = nil) {
        self.container = container
        self.follow = follow
        self.since = since
        self.tail = tail
    }

    var query: [(String, String)] {
        var query: [(String, String)] = []
        if let container { query.append(("container", container)) }
        if follow { query.append(("follow", "true")) }
        if previous { query.append(("previous", "true")) }
        if let since { query.append(("sinceSeconds", String(max(1, since.components.seconds)))) }
        if let sinceTime { query.append(("sinceTime", sinceTime.text)) }
        if let tail { query.append(("tailLines", String(tail))) }
        if timestamps { query.append(("timestamps", "true")) }
        return query
    }
}

/// The lines of a log as they arrive. Iteration sends the request.
public struct LogSequence: AsyncSequence, Sendable {
    public typealias Element = String

    let transport: APITransport
    let request: APIRequest
    let isFollowed: Bool

    /// Longer lines are split.
    private static let maximumLine = 1 << 20

    public func makeAsyncIterator() -> Iterator {
        Iterator(log: self, lines: LineSplitter(limit: Self.maximumLine))
    }

    public struct Iterator: AsyncIteratorProtocol {
        let log: LogSequence
        var body: HTTPClientResponse.Body.AsyncIterator?
        var lines: LineSplitter

        init(log: LogSequence, lines: LineSplitter) {
            self.log = log
            self.lines = lines
        }

        /// - Throws: `KubernetesError`.
        public mutating func next() async throws -> String? {
            while true {
                if let line = lines.next() { return String(decoding: line, as: UTF8.self) }
                guard let bytes = try await read() else { return lines.last().map { String(decoding: $0, as: UTF8.self) } }
                lines.append(bytes)
            }
        }

        private mutating func read() async throws -> [UInt8]? {
            if body == nil { body = try await log.transport.stream(log.request, mayBeSilent: log.isFollowed).makeAsyncIterator() }
            do {
                return try await body?.next().map { Array($0.readableBytesView) }
            } catch {
                throw try await log.transport.describe(error)
            }
        }
    }
}

extension ClusterClient {
    /// The log of a pod's container.
    public func logs(_ pod: String, in namespace: String? = nil, _ options: LogOptions = LogOptions()) -> LogSequence {
        let path = ResourceKind.pods.path(namespace: namespace ?? self.namespace, name: pod, subresource: "log")
        var request = APIRequest(.GET, path, query: options.query)
        request.accept = "*/*"
        return LogSequence(transport: transport, request: request, isFollowed: options.follow)
    }
}
