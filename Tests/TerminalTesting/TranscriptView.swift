import Terminal

/// A presentation of a command's output: on a terminal of a certain width, or in a pipe in one of the formats.
package struct TranscriptView: Sendable {
    package static let formats = ["wide", "json", "yaml", "name"]
    package static let widths = [60, 100, 160]

    package let arguments: [String]
    /// Nil for a pipe.
    package let width: Int?

    /// Terminals of several widths, and several formats in a pipe.
    package static func all(of arguments: [String], widths: [Int] = widths, formats: [String]) -> [TranscriptView] {
        widths.map { TranscriptView(arguments: arguments, width: $0) }
            + formats.map { TranscriptView(arguments: arguments + ["-o", $0], width: nil) }
    }

    /// The command, its output and its exit status.
    package func text(_ program: String, _ outcome: Outcome) -> String {
        let errors = outcome.errors.split(separator: "\n").map { "stderr: \($0)\n" }.joined()
        let terminal = width.map { "\($0) columns" } ?? "a pipe"
        let title = "$ \(program) \(arguments.joined(separator: " "))    # in \(terminal)"
        return "\(title)\n\(outcome.output)\(errors)[exit \(outcome.status.rawValue)]\n\n"
    }
}
