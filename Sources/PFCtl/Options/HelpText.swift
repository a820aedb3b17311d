/// The parser's help, with usage lines that people can read.
enum HelpText {
    /// As the parser lists `GlobalOptions`, which every command takes and the help tells of further down.
    private static let global = [
        "[--context <name>]", "[--kubeconfig <file>]", "[--namespace <name>]", "[--release <name>]", "[--output <output>]",
        "[--color <color>]", "[--request-timeout <duration>]",
    ].joined(separator: " ")

    static func readable(_ help: String, columns: Int) -> String {
        help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard line.hasPrefix("USAGE: ") || line.hasPrefix("Usage: ") else { return String(line) }
            let usage = Text(String(line.replacing(global, with: "[<global options>]")))
            return usage.wrapped(to: columns, indent: 9).map(\.plain).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
