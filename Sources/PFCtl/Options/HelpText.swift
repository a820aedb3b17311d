/// The parser's help in the order in which people read it.
enum HelpText {
    private static let globalTitle = "GLOBAL OPTIONS:"
    /// As the parser lists `GlobalOptions` in a usage line; the help tells of each further down.
    private static let globalUsage = [
        "[--context <name>]", "[--kubeconfig <file>]", "[--namespace <name>]", "[--release <name>]", "[--output <output>]",
        "[--color <color>]", "[--request-timeout <duration>]",
    ].joined(separator: " ")

    static func readable(_ help: String, columns: Int) -> String {
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return ownOptionsFirst(lines.flatMap { usage($0, columns) }).joined(separator: "\n")
    }

    private static func usage(_ line: String, _ columns: Int) -> [String] {
        guard line.hasPrefix("USAGE: ") || line.hasPrefix("Usage: ") else { return [line] }
        return Text(line.replacing(globalUsage, with: "[<global options>]")).wrapped(to: columns, indent: 9).map(\.plain)
    }

    /// What all commands take is known after the first help that one reads: it goes to the end.
    private static func ownOptionsFirst(_ lines: [String]) -> [String] {
        guard let start = lines.firstIndex(of: globalTitle) else { return lines }
        let end = lines[start...].firstIndex(of: "") ?? lines.endIndex
        var rest = Array(lines[..<start] + lines[end...].dropFirst())
        while rest.last?.isEmpty ?? false { rest.removeLast() }
        return rest + [""] + lines[start..<end] + [""]
    }
}
