package import ArgumentParser

/// The options of commands that list tasks.
package struct ListLimit: ParsableArguments {
    @Option(help: ArgumentHelp("The maximum number of tasks; 0 means all.", valueName: "tasks"))
    package var limit = 50

    package init() {}

    package func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit cannot be negative.") }
    }

    /// Nil for all.
    package var count: Int? { limit == 0 ? nil : limit }
}
