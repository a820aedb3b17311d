package import PixelFlowCore
import Synchronization

/// Collects promises and observations from concurrent clients.
package final class HistoryRecorder: Sendable {
    private let state = Mutex((promises: [Promise](), observations: [Observation]()))

    package init() {}

    package func record(_ promise: Promise) { state.withLock { $0.promises.append(promise) } }

    package func record(_ observation: Observation) { state.withLock { $0.observations.append(observation) } }

    package var promises: [Promise] { state.withLock(\.promises) }

    /// The history, including the final state.
    package func history(tasks: [TaskRecord], downloads: [Download] = [], objects: [BlobKey]? = nil) -> History {
        let (promises, observations) = state.withLock { $0 }
        return History(promises: promises, observations: observations, tasks: tasks, downloads: downloads, objects: objects)
    }
}
