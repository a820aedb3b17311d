import Synchronization

/// The slots of a worker. Who waits for one gets it before anyone who only asks.
final class Slots: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    /// Waits until a slot is free. Runs end, so that this does, too.
    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    /// Takes every slot that is free now.
    ///
    /// - Returns: how many.
    func takeFree() -> Int {
        state.withLock { state in
            defer { state.free = 0 }
            return state.free
        }
    }

    func give(_ count: Int = 1) {
        for _ in 0..<count {
            let next = state.withLock { state in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() as CheckedContinuation<Void, Never>? }
                state.free += 1
                return nil
            }
            next?.resume()
        }
    }
}
