import HistoryChecker
import PixelFlowCore

/// A way to damage a good history, and the rule that must notice.
struct BrokenHistory: Sendable, CustomStringConvertible {
    let description: String
    let rule: Violation.Rule
    let damage: @Sendable (inout History) -> Void

    init(_ description: String, _ rule: Violation.Rule, _ damage: @escaping @Sendable (inout History) -> Void) {
        self.description = description
        self.rule = rule
        self.damage = damage
    }

    static let all: [BrokenHistory] = promises + steps + manifests + observations + objects

    private static let promises = [
        BrokenHistory("task gone", .lostTask) { $0.tasks = [] },
        BrokenHistory("good image failed", .wrongEnding) { history in
            var life = Sample.Life()
            life.apply(.claim(worker: WorkerID("w")))
            life.fail(.permanent)
            history = History(promises: [Promise(task: life.task.id, ending: .completed)], tasks: [life.task])
        },
        BrokenHistory("never ended", .wrongEnding) { history in
            let life = Sample.Life()
            history = History(promises: [Promise(task: life.task.id, ending: .completed)], tasks: [life.task])
        },
        BrokenHistory("other source", .wrongSource) { $0.promises[0].sourceSHA256 = "other" },
    ]

    private static let steps = [
        BrokenHistory("completed twice in a row", .forbiddenStep) { $0.tasks[0].history.append($0.tasks[0].history.last!) },
        BrokenHistory("claim left out", .forbiddenStep) { $0.tasks[0].history.remove(at: 1) },
        BrokenHistory("status of another history", .forbiddenStep) { $0.tasks[0].status = .failed },
        BrokenHistory("claim without a new epoch", .epochOrder) { history in
            for index in history.tasks[0].history.indices.dropFirst(3) { history.tasks[0].history[index].epoch = 1 }
        },
        BrokenHistory("epoch changes on completion", .epochOrder) { history in
            let last = history.tasks[0].history.count - 1
            history.tasks[0].history[last].epoch += 1
        },
        BrokenHistory("time goes back", .timeOrder) { history in
            history.tasks[0].history[2].at = Timestamp(microseconds: 1)
        },
    ]

    private static let manifests = [
        BrokenHistory("two completions", .manifestCount) { history in
            let completion = history.tasks[0].history.last!
            history.tasks[0].history.insert(completion, at: 2)
        },
        BrokenHistory("completed, with no outputs", .manifestCount) { $0.tasks[0].outputs = [] },
        BrokenHistory("manifest of the run before", .foreignManifest) { history in
            var earlier = history.tasks[0]
            earlier.epoch = 1
            history.tasks[0].outputs[0].image?.key = .output("web", of: earlier)
        },
        BrokenHistory("other bytes", .wrongBytes) { $0.downloads[0].sha256 = "half" },
        BrokenHistory("no bytes", .wrongBytes) { $0.downloads[0].sha256 = nil },
    ]

    private static let observations = [
        BrokenHistory("responses go back", .timeOrder) { $0.observations.swapAt(0, $0.observations.count - 1) },
        BrokenHistory("one revision, two states", .contradiction) { history in
            var other = history.observations[0]
            (other.client, other.status) = ("other", .failed)
            history.observations.append(other)
        },
        BrokenHistory("outputs differ between reads", .changedOutput) { history in
            var later = history.observations[history.observations.count - 1]
            later.outputs = ["web": "changed"]
            later.revision += 1
            history.observations.append(later)
        },
        BrokenHistory("seen completed, then pending", .forbiddenStep) { history in
            var later = history.observations[history.observations.count - 1]
            (later.status, later.revision) = (.pending, later.revision + 1)
            history.observations.append(later)
        },
        BrokenHistory("seen, never accepted", .lostTask) { history in
            history.promises = []
            history.tasks = []
        },
    ]

    private static let objects = [
        BrokenHistory("output not stored", .missingObject) { $0.objects = $0.objects?.filter { !$0.rawValue.hasSuffix("web") } },
        BrokenHistory("objects of a lost run", .strayObject) { $0.objects?.append(BlobKey(rawValue: "t/x/1/1/web")) },
    ]
}
