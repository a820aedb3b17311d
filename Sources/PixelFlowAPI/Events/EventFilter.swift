import PixelFlowCore

/// Selects the tasks whose changes a stream sends.
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
