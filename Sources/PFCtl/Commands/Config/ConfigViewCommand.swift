import ArgumentParser
import KubernetesClient

struct ConfigViewCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "view",
        abstract: "Shows the merged kubeconfig, without its secrets.",
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
