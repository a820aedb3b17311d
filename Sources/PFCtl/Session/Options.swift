import ArgumentParser
import KubernetesClient
import Terminal

/// The options of every command, before or after its name, with kubectl's names.
struct GlobalOptions: ParsableArguments {
    @Option(name: .customLong("context"), help: ArgumentHelp("The kubeconfig context to use.", valueName: "name"))
    var contextName: String?

    @Option(help: ArgumentHelp("The kubeconfig to use instead of $KUBECONFIG and ~/.kube/config.", valueName: "file"))
    var kubeconfig: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("The namespace of the PixelFlow installation.", valueName: "name"))
    var namespace: String?

    @Option(help: ArgumentHelp("The Helm release, if the namespace has more than one.", valueName: "name"))
    var release: String?

    @Option(name: .shortAndLong, help: "The output format.")
    var output: OutputFormat = .table

    @Option(help: "When to use colors; NO_COLOR turns 'auto' off.")
    var color: ColorChoice = .auto

    @Option(help: ArgumentHelp("Time limit for a single request to the cluster; 0 means none.", valueName: "duration"))
    var requestTimeout: DurationArgument = .seconds(30)

    /// The selection of a context and namespace.
    var selection: KubeconfigSelection {
        KubeconfigSelection(file: kubeconfig, context: contextName, namespace: namespace)
    }
}

/// The options of every command that changes something.
struct ChangeOptions: ParsableArguments {
    /// The manager shown by `kubectl get --show-managed-fields`.
    static let fieldManager = "pfctl"

    @Option(name: .customLong("dry-run"), help: "Change nothing: 'client' shows what would be sent, 'server' has the cluster validate it.")
    var dryRun: DryRun = .none

    var isClientOnly: Bool { dryRun == .client }

    var writeOptions: WriteOptions {
        WriteOptions(dryRun: dryRun == .server, fieldManager: Self.fieldManager)
    }

    /// Gives up ownership of the fields that a command has just changed, so that the next `helm upgrade` meets no conflict and applies its
    /// values (docs/adr/0016-the-values-of-the-chart-own-replicas.md).
    func disown(_ kind: ResourceKind, _ name: String, in session: Session) async throws {
        guard dryRun == .none else { return }
        do {
            try await session.client().disown(kind, name, manager: Self.fieldManager)
        } catch let error as KubernetesError where error.kind == .forbidden {
            session.warn(
                "not allowed to patch \(kind.qualifiedName)/\(name): pfctl keeps ownership of the changed fields",
                hint: "helm upgrade --force-conflicts takes them back")
        }
    }

    /// Added to messages about a value that the chart also sets.
    static let duration = " until the next helm upgrade"

    /// Ends a message about a completed change.
    var suffix: String {
        switch dryRun {
        case .none: ""
        case .client: " (dry run)"
        case .server: " (server dry run)"
        }
    }
}

enum DryRun: String, Sendable, CaseIterable, ExpressibleByArgument {
    case none, client, server
}

/// The options of commands that take effect with a delay.
struct WaitOptions: ParsableArguments {
    @Flag(name: .customLong("wait"), help: "Wait until the change has taken effect.")
    var waits = false

    @Option(help: ArgumentHelp("How long to wait; 0 means forever.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(300)
}
