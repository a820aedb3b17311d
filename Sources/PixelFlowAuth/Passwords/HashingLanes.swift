import Dispatch
import PixelFlowCore
import Synchronization

/// A few threads for slow work with a bounded queue: further work is refused immediately instead
/// of waiting too long.
final class HashingLanes: Sendable {
    private let lanes: [DispatchQueue]
    private let limit: Int
    private let busy: PixelFlowError
    /// Jobs in each lane, running or waiting.
    private let load: Mutex<[Int]>

    /// - Parameter busy: the error if the queue is full.
    init(_ name: String, count: Int, queue: Int, busy: PixelFlowError) {
        self.busy = busy
        lanes = (0..<max(1, count)).map { DispatchQueue(label: "\(name)-\($0)", qos: .utility) }
        limit = max(1, count) + queue
        load = Mutex(Array(repeating: 0, count: max(1, count)))
    }

    /// Runs `work` on the emptiest lane.
    ///
    /// - Throws: what `work` throws, or `busy`.
    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        guard let lane = enter() else { throw busy }
        return try await withCheckedThrowingContinuation { continuation in
            lanes[lane].async {
                let result = Result { try work() }
                self.load.withLock { $0[lane] -= 1 }
                continuation.resume(with: result)
            }
        }
    }

    private func enter() -> Int? {
        load.withLock { load in
            guard load.reduce(0, +) < limit, let emptiest = load.indices.min(by: { load[$0] < load[$1] }) else { return nil }
            load[emptiest] += 1
            return emptiest
        }
    }
}
