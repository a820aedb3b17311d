import ArgumentParser

/// What lists of tasks take.
struct ListLimit: ParsableArguments {
    @Option(help: ArgumentHelp("At most so many, 0 for all.", valueName: "tasks"))
    var limit = 50

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit cannot be negative.") }
    }

    /// Nil for all.
    var count: Int? { limit == 0 ? nil : limit }
}
