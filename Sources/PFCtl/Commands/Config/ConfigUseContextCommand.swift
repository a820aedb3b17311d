import ArgumentParser
import KubernetesClient

struct ConfigUseContextCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "use-context",
        abstract: "Makes a context of the kubeconfig the current one.",
        discussion: """
            Examples:
              pfctl config use-context kind-pixelflow
            """)

    @Argument(help: "The context.") var name: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        var kubeconfig = try Kubeconfig.load(explicit: session.global.selection.file, environment: session.environment)
        var data: JSONValue = ["context": .string(name), "dry_run": .string(change.dryRun.rawValue)]
        if change.dryRun == .none {
            data["file"] = .string(try kubeconfig.useContext(name))
        } else {
            _ = try kubeconfig.configuration(KubeconfigSelection(context: name))
        }
        session.print(.message(Text("the current context is \(name)\(change.suffix)"), data: data, names: ["context/\(name)"]))
        return .ok
    }
}
