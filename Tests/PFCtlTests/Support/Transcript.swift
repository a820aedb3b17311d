import FakeKubernetes
import PFCtl
import Terminal
import TerminalTesting
import Testing

/// One command as people and programs see it: on terminals of three widths, and in each format.
struct Transcript: Sendable, CustomTestStringConvertible {
    static let widths = [60, 100, 160]
    static let formats = ["wide", "json", "yaml", "name"]

    /// Of the file.
    let name: String
    let arguments: [String]
    var formats = Transcript.formats
    /// Whether nothing is wrong in the cluster.
    var isHealthy = false
    /// Whether each run needs a cluster of its own, because the one before has changed it.
    var changes = false

    init(_ name: String, _ arguments: String..., formats: [String] = Transcript.formats, isHealthy: Bool = false, changes: Bool = false) {
        self.name = name
        self.arguments = arguments
        self.formats = formats
        self.isHealthy = isHealthy
        self.changes = changes
    }

    var testDescription: String { name }

    private struct View: Sendable {
        var arguments: [String]
        var width: Int?
    }

    private var views: [View] {
        Self.widths.map { View(arguments: arguments, width: $0) } + formats.map { View(arguments: arguments + ["-o", $0]) }
    }

    /// All of it, with how each run ended.
    func record() async throws -> String {
        let runs = changes ? views.map { [$0] } : [views]
        var text = ""
        for run in runs {
            let collected = CapturedStream()
            try await Scenario.run(isHealthy: isHealthy) { stand in
                for view in run { collected.write(await Self.show(view, stand)) }
            }
            text += collected.text
        }
        return text
    }

    private static func show(_ view: View, _ stand: FakePixelFlow) async -> String {
        let arguments = view.arguments.map { $0.replacing("FOLDER", with: stand.folder) }
        var environment = Scenario.environment
        environment["XDG_CONFIG_HOME"] = stand.folder
        let outcome = await stand.pfctl(arguments, console: nil, width: view.width, environment: environment)
        let errors = outcome.errors.split(separator: "\n").map { "stderr: \($0)\n" }.joined()
        let place = view.width.map { "\($0) columns" } ?? "a pipe"
        let title = "$ pfctl \(view.arguments.joined(separator: " "))    # in \(place)"
        let text = "\(title)\n\(outcome.output)\(errors)[exit \(outcome.status.rawValue)]\n\n"
        return text.replacing(stand.cluster.url, with: "https://cluster").replacing(stand.folder, with: "FOLDER")
    }
}
