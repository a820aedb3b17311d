/// The listeners by topic: a value type, which its owner must guard with a lock.
package struct ListenerTable<Topic: Hashable, Listener> {
    private var listeners: [Topic: [Int: Listener]] = [:]
    private var last = 0
    /// The number of listeners of all topics.
    package private(set) var count = 0
    package private(set) var isClosed = false

    package init() {}

    package var all: [Listener] { listeners.values.flatMap(\.values) }

    /// The listeners of a topic, in no particular order.
    package subscript(topic: Topic) -> [Listener] { listeners[topic].map { Array($0.values) } ?? [] }

    /// Adds a listener.
    ///
    /// - Returns: the number to pass to `remove`; nil if the table is closed.
    package mutating func add(_ listener: Listener, to topic: Topic) -> Int? {
        guard !isClosed else { return nil }
        last += 1
        count += 1
        listeners[topic, default: [:]][last] = listener
        return last
    }

    /// Removes a listener, also from a closed table. Does nothing if it has already been removed.
    package mutating func remove(_ number: Int, from topic: Topic) {
        guard listeners[topic]?.removeValue(forKey: number) != nil else { return }
        count -= 1
        if listeners[topic]?.isEmpty == true { listeners[topic] = nil }
    }

    /// Accepts no more listeners.
    ///
    /// - Returns: all listeners, each of which must still be removed.
    package mutating func close() -> [Listener] {
        isClosed = true
        return all
    }
}
