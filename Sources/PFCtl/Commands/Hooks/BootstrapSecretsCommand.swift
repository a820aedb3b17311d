import ArgumentParser
import KubernetesClient

/// What the chart's Job runs before the first install.
struct BootstrapSecretsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap-secrets",
        abstract: "Makes a Secret of random passwords where there is none yet.",
        discussion: """
            A Secret that exists is left as it is, whatever keys it has. No value is ever printed.

            Examples:
              pfctl bootstrap-secrets --namespace=pixelflow --name=pixelflow-secrets --key=postgres-password --key=s3-secret-key
            """,
        shouldDisplay: false)

    @Option(help: "The name of the Secret.") var name: String

    @Option(name: .customLong("key"), help: ArgumentHelp("A key that gets a random value. May be repeated.", valueName: "key"))
    var keys: [String]

    @Option(name: .customLong("label"), help: ArgumentHelp("A label of the Secret. May be repeated.", valueName: "key=value"))
    var labels: [LabelArgument] = []

    @Option(help: ArgumentHelp("How long to try while the API server does not answer.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(280)

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard !keys.isEmpty else { throw ValidationError("Give at least one --key.") }
        guard Set(keys).count == keys.count else { throw ValidationError("A --key is given twice.") }
        guard keys.allSatisfy(Self.isKey) else { throw ValidationError("A --key is made of letters, digits, '-', '_' and '.'.") }
    }

    private static func isKey(_ key: String) -> Bool {
        !key.isEmpty && key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let secret = RandomSecret(name: name, keys: keys, labels: Dictionary(labels.map { ($0.key, $0.value) }) { $1 })
        let installer = SecretInstaller(session: session, change: change)
        let wasMade = try await Deadline.within(timeout.duration, "the Secret \(name) was not made") { try await installer.install(secret) }
        let text = wasMade ? "secret/\(name) created\(change.suffix)" : "secret/\(name) exists and stays as it is"
        let data: JSONValue = ["object": .string("secret/\(name)"), "created": .bool(wasMade), "dry_run": .string(change.dryRun.rawValue)]
        session.print(.message(Text(text), data: data, names: ["secret/\(name)"]))
        return .ok
    }
}

/// `key=value`
struct LabelArgument: ExpressibleByArgument, Sendable {
    let key: String
    let value: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        (key, value) = (String(parts[0]), String(parts[1]))
    }
}
