import Metrics
import Prometheus
import Testing

/// What it costs to count. The bound is far above what an optimised build needs (see docs/metrics.md),
/// so that it fails on a lock or an allocation and not on a busy machine.
@Suite("Cost", .serialized)
struct CostTests {
    private func nanoseconds(_ rounds: Int = 200_000, _ body: () -> Void) -> Double {
        let best =
            (0..<5).map { _ in
                let start = ContinuousClock.now
                for _ in 0..<rounds { body() }
                return ContinuousClock.now - start
            }.min() ?? .zero
        return Double(best.components.attoseconds) / 1e9 / Double(rounds)
    }

    @Test("counting and recording stay cheap")
    func countingIsCheap() {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "n_total", factory: registry)
        let duration = Metrics.Timer(label: "d_seconds", factory: registry)
        let counting = nanoseconds { counter.increment() }
        let recording = nanoseconds { duration.recordNanoseconds(30_000_000) }
        print("counter \(counting.rounded()) ns, histogram \(recording.rounded()) ns")
        #expect(counting < 2000)
        #expect(recording < 5000)
    }
}
