import PixelFlowCore

/// Of which tasks a stream tells.
enum EventFilter: Sendable, Hashable {
    case all
    case batch(BatchID)
    case task(TaskID)

    func includes(_ task: TaskRecord) -> Bool {
        switch self {
        case .all: true
        case .batch(let batch): task.batch == batch
        case .task(let id): task.id == id
        }
    }
}
