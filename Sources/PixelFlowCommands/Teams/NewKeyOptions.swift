package import ArgumentParser

/// The name and the scopes of a new API key.
package struct NewKeyOptions: ParsableArguments {
    @Argument(help: "The name of the key.") package var name: String

    @Option(name: .customLong("scope"), help: ArgumentHelp("A scope of the key. May be repeated.", valueName: "scope"))
    package var scopes: [String]

    package init() {}

    package func validate() throws {
        guard !scopes.isEmpty else { throw ValidationError("Give at least one --scope.") }
    }
}

/// The priority of what a new API key uploads.
package struct KeyPriorityOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The priority of tasks for which neither the upload nor its preset names one: high, normal or low; normal by default.",
            valueName: "priority"))
    package var priority: String?

    package init() {}
}
