import PixelFlowCore

/// Exactly the objects that tasks refer to are stored.
enum ObjectCheck {
    @Sendable static func violations(in history: History) -> [Violation] {
        guard let objects = history.objects else { return [] }
        let stored = Set(objects)
        var owners: [BlobKey: TaskID] = [:]
        for task in history.tasks {
            for key in named(by: task) { owners[key] = task.id }
        }
        let missing = owners.filter { !stored.contains($0.key) }.map { Violation(.missingObject, $0.value, "\($0.key) is not stored") }
        let stray = objects.filter { owners[$0] == nil }.map { Violation(.strayObject, nil, "\($0) belongs to no task") }
        return missing + stray
    }

    private static func named(by task: TaskRecord) -> [BlobKey] {
        task.outputs.compactMap(\.image?.key) + [task.sourceKey].compactMap { $0 }
    }
}
