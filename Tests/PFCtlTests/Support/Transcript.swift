import FakeKubernetes
import PFCtl
import Terminal
import TerminalTesting
import Testing

/// The output of a command for people and programs: on terminals of three widths, and in each format.
struct Transcript: Sendable, CustomTestStringConvertible {
    /// The name of the file.
    let name: String
    let arguments: [String]
    let formats: [String]
    /// Whether the cluster has no problems.
    var isHealthy = false
    /// Whether each run needs its own cluster, because the command changes it.
    var changes = false

    init(_ name: String, _ arguments: String..., formats: [String] = TranscriptView.formats, isHealthy: Bool = false, changes: Bool = false)
    {
        self.name = name
        self.arguments = arguments
        self.formats = formats
        self.isHealthy = isHealthy
        self.changes = changes
    }

    var testDescription: String { name }

    /// All output with the exit statuses.
    func record() async throws -> String {
        let views = TranscriptView.all(of: arguments, formats: formats)
        let runs = changes ? views.map { [$0] } : [views]
        var text = ""
        for run in runs {
            let collected = CapturedStream()
            try await Scenario.run(isHealthy: isHealthy) { pixelflow in
                // Other commands do not need a special auth.
                if ["users", "orgs", "doctor"].contains(arguments.first) { pixelflow.setServiceSecret(TeamService.serviceSecret) }
                for view in run { collected.write(await Self.show(view, pixelflow)) }
            }
            text += collected.text
        }
        return text
    }

    private static func show(_ view: TranscriptView, _ pixelflow: FakePixelFlow) async -> String {
        let arguments = view.arguments.map { $0.replacing("FOLDER", with: pixelflow.folder) }
        var environment = Scenario.environment
        environment["XDG_CONFIG_HOME"] = pixelflow.folder
        let outcome = await pixelflow.pfctl(arguments, console: nil, width: view.width, environment: environment)
        return view.text("pfctl", outcome).replacing(pixelflow.cluster.url, with: "https://cluster").replacing(
            pixelflow.folder, with: "FOLDER")
    }
}
