import NIOCore
import Synchronization

/// The open relays of a proxy, each reachable on its own event loop.
final class RelayRegistry: Sendable {
    private struct Entry: Sendable {
        let eventLoop: any EventLoop
        let relay: NIOLoopBound<Relay>
    }

    private struct State {
        var next = 0
        var entries: [Int: Entry] = [:]
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.entries.count } }

    /// Must be called on the event loop of the relay, which removes itself.
    func add(_ make: (_ leave: @escaping @Sendable () -> Void) -> Relay) -> Relay {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let relay = make { self.state.withLock { _ = $0.entries.removeValue(forKey: number) } }
        let entry = Entry(eventLoop: relay.eventLoop, relay: NIOLoopBound(relay, eventLoop: relay.eventLoop))
        state.withLock { $0.entries[number] = entry }
        return relay
    }

    /// Makes every relay check the faults again.
    func wakeAll() {
        for entry in all { entry.eventLoop.execute { entry.relay.value.wake() } }
    }

    /// Returns once all relays are closed.
    func closeAll() async {
        for entry in all {
            let closed = entry.eventLoop.flatSubmit { entry.relay.value.close() }
            _ = try? await closed.get()
        }
    }

    private var all: [Entry] { state.withLock { Array($0.entries.values) } }
}
