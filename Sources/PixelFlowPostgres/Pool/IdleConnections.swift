/// The connections of a pool that nobody uses, without clock, threads or lock.
struct IdleConnections<Connection> {
    /// The one used last is at the end and is used next, so that few stay in use.
    private var connections: [Connection] = []
    private var isClosed = false

    var count: Int { connections.count }

    /// - Returns: nil where one must be opened.
    mutating func take() -> Connection? { connections.popLast() }

    /// - Returns: the connection where it is not kept, because the pool is closed.
    mutating func keep(_ connection: Connection) -> Connection? {
        guard !isClosed else { return connection }
        connections.append(connection)
        return nil
    }

    /// Keeps nothing any more.
    ///
    /// - Returns: the connections that were idle.
    mutating func close() -> [Connection] {
        isClosed = true
        defer { connections = [] }
        return connections
    }
}
