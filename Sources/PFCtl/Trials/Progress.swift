import Synchronization

/// How many are done, for the status line and for what a deadline says.
final class Progress: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func advance() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
