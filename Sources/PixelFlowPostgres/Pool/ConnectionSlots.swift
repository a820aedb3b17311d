/// Who may use which connection: the rules of a pool, without clock, threads or lock.
struct ConnectionSlots<Connection> {
    enum Admission {
        /// A slot, and the connection in it; nil if one must be opened.
        case granted(Connection?)
        /// To be granted later, by `release`.
        case queued
        /// Too many are waiting.
        case refused
        case closed
    }

    private let size: Int
    private let waitLimit: Int
    /// The one used last is at the end and is used next, so that few stay in use.
    private var idleConnections: [Connection] = []
    private var queue: [Int] = []
    private(set) var busy = 0
    private var isClosed = false

    init(size: Int, waitLimit: Int) {
        self.size = max(1, size)
        self.waitLimit = waitLimit
    }

    var idle: Int { idleConnections.count }
    var waiting: Int { queue.count }

    /// - Parameter waiter: names the caller, in case it must wait.
    mutating func request(for waiter: Int) -> Admission {
        guard !isClosed else { return .closed }
        if busy < size {
            busy += 1
            return .granted(idleConnections.popLast())
        }
        guard queue.count < waitLimit else { return .refused }
        queue.append(waiter)
        return .queued
    }

    /// Gives a slot back, with its connection or if that is not to be used again, without.
    ///
    /// - Returns: the waiter who has the slot now, and the connection that no one keeps.
    mutating func release(_ connection: Connection?) -> (waiter: Int?, unwanted: Connection?) {
        if !queue.isEmpty { return (queue.removeFirst(), nil) }
        busy -= 1
        guard !isClosed else { return (nil, connection) }
        if let connection { idleConnections.append(connection) }
        return (nil, nil)
    }

    /// - Returns: whether it was still waiting.
    mutating func withdraw(_ waiter: Int) -> Bool {
        guard let place = queue.firstIndex(of: waiter) else { return false }
        queue.remove(at: place)
        return true
    }

    /// Grants nothing any more.
    ///
    /// - Returns: who was waiting, and the connections that no one uses.
    mutating func close() -> (waiters: [Int], idle: [Connection]) {
        isClosed = true
        defer {
            queue = []
            idleConnections = []
        }
        return (queue, idleConnections)
    }
}
