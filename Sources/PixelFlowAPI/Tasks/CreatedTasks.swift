import Metrics
import PixelFlowCore

/// Counts tasks that were accepted, by where their image comes from.
struct CreatedTasks: Sendable {
    private let uploads: Counter
    private let urls: Counter

    init(_ factory: any MetricsFactory) {
        uploads = Counter(label: "tasks_created_total", dimensions: [("source", "upload")], factory: factory)
        urls = Counter(label: "tasks_created_total", dimensions: [("source", "url")], factory: factory)
    }

    func count(_ task: TaskRecord) {
        switch task.source {
        case .upload: uploads.increment()
        case .url: urls.increment()
        }
    }
}
