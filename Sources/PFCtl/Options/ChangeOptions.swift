import ArgumentParser
import KubernetesClient

/// What every command that changes something takes.
struct ChangeOptions: ParsableArguments {
    /// Whom `kubectl get --show-managed-fields` names.
    static let fieldManager = "pfctl"

    @Option(name: .customLong("dry-run"), help: "Change nothing: 'client' says what would be sent, 'server' lets the cluster check it.")
    var dryRun: DryRun = .none

    var isClientOnly: Bool { dryRun == .client }

    var writeOptions: WriteOptions {
        WriteOptions(dryRun: dryRun == .server, fieldManager: Self.fieldManager)
    }

    /// What follows a sentence that says something was done.
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
