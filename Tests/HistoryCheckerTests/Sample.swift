import HistoryChecker
import PixelFlowCore
import Testing

/// Good histories, made by the state machine itself.
enum Sample {
    /// A task that the state machine moves, a second at a time.
    struct Life {
        private(set) var task: TaskRecord
        private var now = Timestamp(microseconds: 1_767_225_600_000_000)
        private let machine = TaskStateMachine()

        init() {
            let id = TaskID.make(at: now)
            let upload = TaskSource.Upload(
                filename: nil, contentType: "image/png", bytes: 5, sha256: "sent", key: .upload(id, tenant: TenantID("t")))
            task = TaskRecord(
                id: id, tenant: TenantID("t"), owner: UserID("u"), source: .upload(upload), pipeline: .default,
                fingerprint: "f", requestID: "r", createdAt: now)
        }

        mutating func apply(_ transition: TaskTransition) {
            // Long enough for any retry to be due.
            now = now + .seconds(3600)
            do {
                try machine.apply(transition, to: &task, at: now)
            } catch {
                Issue.record(error)
            }
        }

        mutating func fail(_ retry: PixelFlowError.Retry) {
            apply(.fail(task.claim, TaskFailure(error: TaskError(code: "bad", message: "Bad."), retry: retry), jitter: 1))
        }

        mutating func complete() {
            let image = StoredImage(
                key: .output("web", of: task), format: .webp, width: 1, height: 1, frames: 1, bytes: 3, sha256: "made")
            let metadata = SourceMetadata(format: "png", width: 1, height: 1, bytes: 5)
            apply(.complete(task.claim, Manifest(sourceMetadata: metadata, outputs: [TaskOutput(name: "web", image: image)])))
        }
    }

    /// Claimed, lost, claimed again, completed.
    static var completed: TaskRecord {
        var life = Life()
        life.apply(.claim(worker: WorkerID("first")))
        life.apply(.expire)
        life.apply(.claim(worker: WorkerID("second")))
        life.complete()
        return life.task
    }

    /// Everything that can be said of a completed task.
    static func history(of task: TaskRecord) -> History {
        func seen(_ status: TaskStatus, _ revision: Int, _ outputs: [String: String] = [:]) -> Observation {
            Observation(
                client: "reader", means: .response, task: task.id, status: status, generation: 1, revision: revision, outputs: outputs)
        }
        return History(
            promises: [Promise(task: task.id, sourceSHA256: "sent", ending: .completed)],
            observations: [seen(.pending, 1), seen(.processing, 4), seen(.completed, task.revision, ["web": "made"])],
            tasks: [task],
            downloads: [Download(task: task.id, output: "web", sha256: "made")],
            objects: [.upload(task.id, tenant: task.tenant), .output("web", of: task)])
    }
}
