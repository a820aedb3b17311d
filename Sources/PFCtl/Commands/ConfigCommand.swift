import ArgumentParser
import KubernetesClient
import Terminal
import WireFormats

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows the kubeconfig and switches its context.",
        discussion: """
            Examples:
              pfctl config view
              pfctl config use-context kind-pixelflow
            """,
        subcommands: [ConfigViewCommand.self, ConfigUseContextCommand.self])
}

struct ConfigUseContextCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "use-context",
        abstract: "Sets the current context of the kubeconfig.",
        discussion: """
            Examples:
              pfctl config use-context kind-pixelflow
            """)

    @Argument(help: "The context.") var name: String

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        var kubeconfig = try Kubeconfig.load(explicit: session.global.selection.file, environment: session.environment)
        let name = kubeconfig.contexts[self.name] == nil && self.name.hasPrefix("context/") ? String(self.name.dropFirst(8)) : self.name
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

struct ConfigViewCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "view",
        abstract: "Shows the merged kubeconfig without its secrets.",
        discussion: """
            Examples:
              pfctl config view
              pfctl config view -o json | jq -r '."current-context"'
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run(in session: Session) async throws -> ExitStatus {
        let kubeconfig = try Kubeconfig.load(explicit: session.global.selection.file, environment: session.environment)
        let view = kubeconfig.redacted()
        let names = kubeconfig.contexts.keys.sorted().map { "context/\($0)" }
        session.print(Document([.verbatim(YAMLText.text(of: view))], data: view, names: names))
        return .ok
    }
}
