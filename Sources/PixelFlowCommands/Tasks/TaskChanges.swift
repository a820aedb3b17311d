import PixelFlowClient
package import Terminal

/// Applies one change to several tasks, one after the other, and continues if it fails for one of them.
package struct TaskChanges {
    private let printer: Printer
    private let failure: (any Error) -> CommandError?
    private let document: (_ changed: [String]) -> Document

    /// - Parameters:
    ///   - failure: the failure of one task; nil for an error that ends the command.
    ///   - document: reports the changed tasks.
    package init(
        _ printer: Printer, failure: @escaping (any Error) -> CommandError?, document: @escaping (_ changed: [String]) -> Document
    ) {
        self.printer = printer
        self.failure = failure
        self.document = document
    }

    package func perform(on ids: [String], _ change: (String) async throws -> Void) async throws -> ExitStatus {
        var changed: [String] = []
        var worst = ExitStatus.ok
        for id in ids {
            do {
                try await change(id)
                changed.append(id)
            } catch {
                guard let failure = failure(error) else {
                    // Report successful changes nevertheless.
                    if !changed.isEmpty { printer.print(document(changed)) }
                    throw error
                }
                printer.report(CommandError(failure.status, "\(ImageTask.reference(id)): \(failure.message)", hint: failure.hint))
                worst = failure.status
            }
        }
        if worst == .ok || !changed.isEmpty { printer.print(document(changed)) }
        return worst
    }
}
