import Synchronization

/// Hands every element to each of any number of listeners in this process.
///
/// Each listener has a queue of its own, bounded by drop-oldest: one that lags behind loses the oldest elements of its queue, is
/// not told so, and holds up nobody.
package final class Broadcast<Element: Sendable>: Sendable {
    /// All listeners hear everything.
    private enum Topic { case everything }

    private let table = Mutex(ListenerTable<Topic, AsyncStream<Element>.Continuation>())
    private let capacity: Int

    /// - Parameter capacity: elements that a listener's queue holds.
    package init(capacity: Int) { self.capacity = capacity }

    /// Whether nobody listens.
    package var isEmpty: Bool { table.withLock { $0.count == 0 } }

    /// The elements sent from now on, until the reader stops or `finish` is called; after that, a stream that has ended.
    package func subscribe() -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(capacity))
        guard let number = table.withLock({ $0.add(continuation, to: .everything) }) else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.table.withLock { $0.remove(number, from: .everything) } }
        return stream
    }

    /// Gives the elements to all listeners, in order. Never waits.
    package func send(_ elements: some Sequence<Element>) {
        let listeners = table.withLock { $0[.everything] }
        for element in elements {
            for listener in listeners { listener.yield(element) }
        }
    }

    /// Ends all streams, after what their queues hold, and those that are asked for later.
    package func finish() {
        for listener in table.withLock({ $0.close() }) { listener.finish() }
    }
}
