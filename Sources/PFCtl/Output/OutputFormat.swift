import ArgumentParser

/// What `-o` takes.
enum OutputFormat: String, Sendable, CaseIterable, ExpressibleByArgument {
    case table, wide, json, yaml, name
}

/// What `--color` takes.
enum ColorChoice: String, Sendable, CaseIterable, ExpressibleByArgument {
    /// Where stdout is a terminal and `NO_COLOR` is not set.
    case auto
    case always, never
}
