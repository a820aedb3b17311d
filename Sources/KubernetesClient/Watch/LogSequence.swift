import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Which lines of a container's log.
public struct LogOptions: Sendable, Hashable {
    /// Required if the pod has more than one.
    public var container: String?
    /// Goes on until the container ends.
    public var follow = false
    /// Of the container before its last restart.
    public var previous = false
    /// Not older than this, in whole seconds.
    public var since: Duration?
    public var sinceTime: Timestamp?
    /// The maximum number of most recent lines.
    public var tail: Int?
    /// Begins each line with its time.
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

/// The lines of a log, as they come. Reading it sends the request.
public struct LogSequence: AsyncSequence, Sendable {
    public typealias Element = String

    let transport: APITransport
    let request: APIRequest
    let duration: Duration

    /// A longer line is cut.
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
            if body == nil { body = try await log.transport.stream(log.request, for: log.duration).makeAsyncIterator() }
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
        // A log that is followed ends when its container does.
        let duration: Duration = options.follow ? .seconds(365 * 86_400) : configuration.requestTimeout * 10
        return LogSequence(transport: transport, request: request, duration: duration)
    }
}
