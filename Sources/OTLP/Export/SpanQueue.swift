import AsyncPrimitives
import DequeModule
import Metrics
import Synchronization

/// Spans that wait to be exported. The queue is bounded, so that an unavailable collector costs spans but no memory.
final class SpanQueue: Sendable {
    private struct State {
        var spans: Deque<FinishedSpan> = []
        var isClosed = false
    }

    private let limits: BatchLimits
    private let metrics: ExportMetrics
    private let state = Mutex(State())
    private let signal = WakeSignal()

    init(_ limits: BatchLimits, metrics: ExportMetrics) {
        self.limits = limits
        self.metrics = metrics
    }

    /// Waits until a batch is full or `wake` is called, at most until the limit.
    ///
    /// - Returns: false once the queue is closed or the task is cancelled.
    func wait(atMost limit: Duration) async -> Bool { await signal.wait(atMost: limit) }

    /// Never blocks: if the queue is full, the span is dropped and counted.
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

    /// Removes the oldest spans, at most one batch.
    func take() -> [FinishedSpan] {
        let (batch, left) = state.withLock { state in
            let batch = Array(state.spans.prefix(limits.batch))
            state.spans.removeFirst(batch.count)
            return (batch, state.spans.count)
        }
        metrics.waiting.set(left)
        return batch
    }

    func wake() { signal.wake() }

    /// Rejects further spans; queued ones can still be taken.
    func close() {
        state.withLock { $0.isClosed = true }
        signal.finish()
    }
}
