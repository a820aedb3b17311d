import DequeModule
import Metrics
import Synchronization

/// Spans that wait to be exported: bounded, so that a collector that is away costs spans and no memory.
final class SpanQueue: Sendable {
    private struct State {
        var spans: Deque<FinishedSpan> = []
        var isClosed = false
    }

    private let limits: BatchLimits
    private let metrics: ExportMetrics
    private let state = Mutex(State())
    private let signal = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(_ limits: BatchLimits, metrics: ExportMetrics) {
        self.limits = limits
        self.metrics = metrics
    }

    /// Yields when there is a full batch, and when `wake` is called; ends with `close`.
    var wakes: AsyncStream<Void> { signal.stream }

    /// Never waits: a span for which there is no room is dropped and counted.
    @Sendable func add(_ span: FinishedSpan) {
        let (dropped, count): (ExportMetrics.Drop?, Int) = state.withLock { state in
            if state.isClosed { return (.shutdown, state.spans.count) }
            guard state.spans.count < limits.queue else { return (.queueFull, state.spans.count) }
            state.spans.append(span)
            return (nil, state.spans.count)
        }
        if let dropped { return metrics.dropped(1, dropped) }
        metrics.waiting.set(count)
        if count == limits.batch { wake() }
    }

    /// The oldest spans, at most a batch.
    func take() -> [FinishedSpan] {
        let (batch, left) = state.withLock { state in
            let batch = Array(state.spans.prefix(limits.batch))
            state.spans.removeFirst(batch.count)
            return (batch, state.spans.count)
        }
        metrics.waiting.set(left)
        return batch
    }

    func wake() { signal.continuation.yield() }

    /// Takes no more spans; those that wait can still be taken.
    func close() {
        state.withLock { $0.isClosed = true }
        signal.continuation.finish()
    }
}
