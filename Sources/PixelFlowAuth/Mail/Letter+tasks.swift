import PixelFlowCore
import PixelFlowIdentity
import WireFormats

extension Letter {
    /// - Parameter page: the URL of the web page.
    static func taskNews(_ news: TaskNews, of organisation: String, page: String, stop: String) -> Letter {
        let ended = news.ended
        var letter: Letter
        switch news.subject {
        case .span(let choice, let from, let until):
            let isAboutFailures = choice == .failures
            letter = Letter(
                subject: isAboutFailures
                    ? "\(ended.failed.counted("task has", "tasks have")) failed in \(organisation)"
                    : "Your tasks in \(organisation): \(ended.words)",
                heading: isAboutFailures ? "Tasks have failed" : "Your tasks",
                paragraphs: [
                    """
                    Of the tasks that you have added to “\(organisation)”, these have ended between \(from.dayAndTime) and \
                    \(until.dayAndTime) UTC:
                    """
                ],
                action: "View the tasks", link: ended.failed > 0 ? "\(page)/?status=\(TaskStatus.failed.rawValue)" : page + "/",
                notes: ["You get this message because, on your account page, you chose to get mail \(choice.words)."], stop: stop)
        case .batch(let id, let description):
            let name = description.isEmpty ? "A batch" : "The batch “\(description)”"
            letter = Letter(
                subject: "\(name) in \(organisation) is done: \(ended.words)", heading: "A batch is done",
                paragraphs: ["\(name) in “\(organisation)” is done. Its tasks have ended as follows."],
                action: "View the tasks", link: "\(page)/?batch=\(id)",
                notes: ["You get this message because, on your account page, you chose to get mail \(TaskMail.batches.words)."],
                stop: stop)
        }
        letter.figures = ended.figures
        letter.items = ended.failures.map { failure in
            Item(
                title: failure.name.isEmpty ? failure.task.rawValue : failure.name, link: "\(page)/tasks/\(failure.task)",
                text: failure.message, code: failure.code)
        }
        let others = ended.failed - ended.failures.count
        if !letter.items.isEmpty, others > 0 { letter.more = "\(others.counted("more task has", "more tasks have")) failed." }
        return letter
    }
}

extension EndedTasks {
    /// For example `12 completed, 3 failed`.
    fileprivate var words: String {
        let words = [(completed, "completed"), (failed, "failed"), (cancelled, "cancelled")].filter { $0.0 > 0 }.map { "\($0) \($1)" }
        return words.isEmpty ? "no tasks" : words.joined(separator: ", ")
    }

    fileprivate var figures: [Letter.Figure] {
        [
            Letter.Figure(label: "Completed", number: completed), Letter.Figure(label: "Failed", number: failed),
            Letter.Figure(label: "Cancelled", number: cancelled),
        ]
    }
}

extension TaskMail {
    /// Completes "you chose to get mail".
    fileprivate var words: String {
        switch self {
        case .never: "nothing"
        case .failures: "when tasks have failed"
        case .hourly: "for each hour in which tasks have ended"
        case .daily: "for each day on which tasks have ended"
        case .batches: "when a batch is done"
        }
    }
}
