import PixelFlowCore

/// The history of each task follows the state machine, with epochs and times in order.
enum StepCheck {
    @Sendable static func violations(in history: History) -> [Violation] {
        history.tasks.flatMap { beginning($0) + steps($0) + end($0) }
    }

    private static func beginning(_ task: TaskRecord) -> [Violation] {
        guard let first = task.history.first else { return [Violation(.forbiddenStep, task.id, "no history")] }
        guard first.status == .pending, first.generation == 1, first.epoch == 0 else {
            return [Violation(.forbiddenStep, task.id, "begins with \(describe(first))")]
        }
        return []
    }

    private static func end(_ task: TaskRecord) -> [Violation] {
        guard let last = task.history.last else { return [] }
        guard last.status == task.status, last.generation == task.generation, last.epoch == task.epoch else {
            return [Violation(.forbiddenStep, task.id, "is \(task.status.rawValue), but its history ends with \(describe(last))")]
        }
        return []
    }

    private static func steps(_ task: TaskRecord) -> [Violation] {
        // A full history has lost entries after the first one, so there is a gap without a valid step.
        let hasGap = task.history.count >= TaskStateMachine.historyLimit
        return zip(task.history, task.history.dropFirst()).enumerated().flatMap { index, step in
            let (from, to) = step
            var found = order(task.id, from, to)
            if index == 0, hasGap { return found }
            if !isAllowed(from, to) { found.append(Violation(.forbiddenStep, task.id, "\(describe(from)) to \(describe(to))")) }
            let growth = to.status == .processing ? 1 : 0
            if to.epoch != from.epoch + growth {
                found.append(Violation(.epochOrder, task.id, "\(describe(from)) to \(describe(to))"))
            }
            return found
        }
    }

    private static func order(_ task: TaskID, _ from: HistoryEntry, _ to: HistoryEntry) -> [Violation] {
        var found: [Violation] = []
        if to.at < from.at { found.append(Violation(.timeOrder, task, "\(describe(to)) is older than \(describe(from))")) }
        if to.epoch < from.epoch { found.append(Violation(.epochOrder, task, "\(describe(from)) to \(describe(to))")) }
        return found
    }

    private static func isAllowed(_ from: HistoryEntry, _ to: HistoryEntry) -> Bool {
        switch (from.status, to.status) {
        case (.failed, .pending): to.generation == from.generation + 1
        case (.pending, .processing), (.pending, .cancelled), (.processing, .pending), (.processing, .completed),
            (.processing, .failed), (.processing, .cancelled):
            to.generation == from.generation
        default: false
        }
    }

    private static func describe(_ entry: HistoryEntry) -> String {
        "\(entry.status.rawValue)/\(entry.reason)/g\(entry.generation)/e\(entry.epoch)"
    }
}
