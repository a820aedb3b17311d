import Synchronization

/// Sends every element to all listeners in this process.
///
/// Each listener has its own bounded queue. If a listener is too slow, its oldest elements are dropped without notice, and
/// others are not affected.
package final class Broadcast<Element: Sendable>: Sendable {
    /// The only topic: all listeners receive all elements.
    private enum Topic { case everything }

    private let table = Mutex(ListenerTable<Topic, AsyncStream<Element>.Continuation>())
    private let capacity: Int

    /// - Parameter capacity: the maximum number of elements in a listener's queue.
    package init(capacity: Int) { self.capacity = capacity }

    /// Whether there are no listeners.
    package var isEmpty: Bool { table.withLock { $0.count == 0 } }

    /// The elements sent from now on, until the reader stops or `finish` is called. After `finish`, returns a finished stream.
    package func subscribe() -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(capacity))
        guard let number = table.withLock({ $0.add(continuation, to: .everything) }) else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in self?.table.withLock { $0.remove(number, from: .everything) } }
        return stream
    }

    /// Sends the elements to all listeners in order. Never waits.
    package func send(_ elements: some Sequence<Element>) {
        let listeners = table.withLock { $0[.everything] }
        for element in elements {
            for listener in listeners { listener.yield(element) }
        }
    }

    /// Finishes all streams after their queued elements, and all future streams.
    package func finish() {
        for listener in table.withLock({ $0.close() }) { listener.finish() }
    }
}
