import ArgumentParser
import KubernetesClient

/// What every command takes, before its name or after it; with kubectl's names.
struct GlobalOptions: ParsableArguments {
    @Option(name: .customLong("context"), help: ArgumentHelp("The kubeconfig's context to use.", valueName: "name"))
    var contextName: String?

    @Option(help: ArgumentHelp("The kubeconfig to use, in place of $KUBECONFIG and ~/.kube/config.", valueName: "file"))
    var kubeconfig: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("The namespace that PixelFlow is in.", valueName: "name"))
    var namespace: String?

    @Option(help: ArgumentHelp("The Helm release, where a namespace has more than one.", valueName: "name"))
    var release: String?

    @Option(name: .shortAndLong, help: "How to print.")
    var output: OutputFormat = .table

    @Option(help: "When to use colors; NO_COLOR turns 'auto' off.")
    var color: ColorChoice = .auto

    @Option(help: ArgumentHelp("How long to wait for one answer of the cluster, 0 for ever.", valueName: "duration"))
    var requestTimeout: DurationArgument = .seconds(30)

    /// What the kubeconfig is asked for.
    var selection: KubeconfigSelection {
        KubeconfigSelection(file: kubeconfig, context: contextName, namespace: namespace)
    }
}
