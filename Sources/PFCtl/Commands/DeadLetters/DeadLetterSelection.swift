import ArgumentParser

/// Which failed tasks are meant.
struct DeadLetterSelection: ParsableArguments {
    @Argument(help: "The tasks.") var ids: [String] = []

    @Flag(help: "All tasks that have failed, of this account.") var all = false

    func validate() throws {
        guard ids.isEmpty == all else { throw ValidationError("Name tasks, or give --all.") }
    }

    func resolve(_ service: TaskService) async throws -> [String] {
        // All of them first: each that is changed is in the list no more.
        all ? try await service.list(status: TaskSummary.failed, limit: nil).map(\.id) : ids
    }
}
