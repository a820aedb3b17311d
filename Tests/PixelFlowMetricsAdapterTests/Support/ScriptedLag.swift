import PixelFlowCore
import PixelFlowKafka
import Synchronization

@testable import PixelFlowMetricsAdapter

/// A group whose lag the test sets.
final class ScriptedLag: LagSource {
    private struct State {
        var response: Result<[Lane: KafkaGroupLag], PixelFlowError>
        var readings = 0
        var isHeld = false
        var held: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ lags: [Int64] = []) { state = Mutex(State(response: .success([.normal: Self.group(lags)]))) }

    /// The lag of each lane's only partition.
    init(_ lanes: [Lane: Int64]) { state = Mutex(State(response: .success(lanes.mapValues { Self.group([$0]) }))) }

    /// A group that has committed nothing, with partitions that hold these numbers of messages.
    static func group(_ lags: [Int64]) -> KafkaGroupLag {
        KafkaGroupLag(
            group: "workers", topic: "tasks",
            partitions: lags.enumerated().map { KafkaGroupLag.Partition(partition: $0.offset, start: 0, committed: nil, end: $0.element) })
    }

    func set(_ lags: [Int64]) { state.withLock { $0.response = .success([.normal: Self.group(lags)]) } }

    func fail() { state.withLock { $0.response = .failure(.unavailable("broker")) } }

    /// The number of readings so far.
    var readings: Int { state.withLock { $0.readings } }

    /// Makes readings wait for `release`.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let held = state.withLock { state in
            state.isHeld = false
            defer { state.held = [] }
            return state.held
        }
        for each in held { each.resume() }
    }

    func lag() async throws -> [Lane: KafkaGroupLag] {
        state.withLock { $0.readings += 1 }
        // bounded: by `release`; whoever asks has a deadline.
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                if state.isHeld { state.held.append(continuation) }
                return !state.isHeld
            }
            if goesOn { continuation.resume() }
        }
        return try state.withLock { $0.response }.get()
    }
}
