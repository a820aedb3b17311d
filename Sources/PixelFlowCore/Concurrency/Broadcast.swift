import Synchronization

/// Sends every element to all listeners in this process.
///
/// Each listener has its own bounded queue. If a listener is too slow, its oldest elements are dropped, it is notified of that, and
/// others are not affected.
package final class Broadcast<Element: Sendable>: Sendable {
    /// The only topic: all listeners receive all elements.
    private enum Topic { case everything }

    private struct Listener: Sendable {
        let queue: AsyncStream<Element>.Continuation
        let onGap: @Sendable () -> Void
    }

    private let table = Mutex(ListenerTable<Topic, Listener>())
    private let capacity: Int

    /// - Parameter capacity: the maximum number of elements in a listener's queue.
    package init(capacity: Int) { self.capacity = capacity }

    /// Whether there are no listeners.
    package var isEmpty: Bool { table.withLock { $0.count == 0 } }

    /// The elements sent from now on, until the reader stops or `finish` is called. After `finish`, returns a finished stream.
    ///
    /// - Parameter onGap: called whenever the stream lacks elements, before later ones are sent; must be quick.
    package func subscribe(onGap: @escaping @Sendable () -> Void = {}) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(capacity))
        guard let number = table.withLock({ $0.add(Listener(queue: continuation, onGap: onGap), to: .everything) }) else {
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
            for listener in listeners {
                if case .dropped = listener.queue.yield(element) { listener.onGap() }
            }
        }
    }

    /// Tells all listeners that the sender itself has missed elements.
    package func reportGap() {
        for listener in table.withLock({ $0[.everything] }) { listener.onGap() }
    }

    /// Finishes all streams after their queued elements, and all future streams.
    package func finish() {
        for listener in table.withLock({ $0.close() }) { listener.queue.finish() }
    }
}
