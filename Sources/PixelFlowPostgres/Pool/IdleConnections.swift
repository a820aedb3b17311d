/// The idle connections of a pool, without clock, threads or lock.
struct IdleConnections<Connection> {
    /// The most recently used one is last and is reused first, so that few stay in use.
    private var connections: [Connection] = []
    private var isClosed = false

    var count: Int { connections.count }

    /// - Returns: nil if a connection must be opened.
    mutating func take() -> Connection? { connections.popLast() }

    /// - Returns: the connection if it is not kept because the pool is closed.
    mutating func keep(_ connection: Connection) -> Connection? {
        guard !isClosed else { return connection }
        connections.append(connection)
        return nil
    }

    /// Keeps no more connections.
    ///
    /// - Returns: the idle connections.
    mutating func close() -> [Connection] {
        isClosed = true
        defer { connections = [] }
        return connections
    }
}
