import ArgumentParser
import FoundationEssentials
import KubernetesClient
import Terminal
import WireFormats

/// Run by the chart's Job before the first install.
struct BootstrapSecretsCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap-secrets",
        abstract: "Creates a Secret with random passwords if it does not exist.",
        discussion: """
            A Secret that exists is left as it is, whatever keys it has. No value is ever printed.

            Examples:
              pfctl bootstrap-secrets --namespace=pixelflow --name=pixelflow-secrets --key=postgres-password --key=s3-secret-key
            """,
        shouldDisplay: false)

    @Option(help: "The name of the Secret.") var name: String

    @Option(name: .customLong("key"), help: ArgumentHelp("A key to fill with a random value. May be repeated.", valueName: "key"))
    var keys: [String]

    @Option(name: .customLong("label"), help: ArgumentHelp("A label for the Secret. May be repeated.", valueName: "key=value"))
    var labels: [LabelArgument] = []

    @Option(help: ArgumentHelp("How long to retry while the API server does not answer.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(280)

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard !keys.isEmpty else { throw ValidationError("Give at least one --key.") }
        guard Set(keys).count == keys.count else { throw ValidationError("A --key was given twice.") }
        guard keys.allSatisfy(Self.isKey) else { throw ValidationError("A --key may contain letters, digits, '-', '_' and '.' only.") }
    }

    private static func isKey(_ key: String) -> Bool {
        !key.isEmpty && key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let secret = RandomSecret(name: name, keys: keys, labels: Dictionary(labels.map { ($0.key, $0.value) }) { $1 })
        let installer = SecretInstaller(session: session, change: change)
        let wasMade = try await Deadline.within(
            timeout.duration,
            "the Secret \(name) was not created"
        ) { try await installer.install(secret) }
        let text = wasMade ? "secret/\(name) created\(change.suffix)" : "secret/\(name) exists and was left unchanged"
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

/// Creates a Secret once, however often and by however many it is asked.
struct SecretInstaller: Sendable {
    private static let firstPause = Duration.milliseconds(250)
    private static let longestPause = Duration.seconds(5)

    let session: Session
    let change: ChangeOptions

    /// Retries while the API server does not answer.
    /// - Returns: Whether it was created now.
    func install(_ secret: RandomSecret) async throws -> Bool {
        var pause = Self.firstPause
        while true {
            do {
                return try await attempt(secret)
            } catch let error as KubernetesError where error.isTransient {
                session.status.show("retrying: \(error.message)")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func attempt(_ secret: RandomSecret) async throws -> Bool {
        let client = try session.client()
        do {
            return try await complete(try await client.get(.secrets, secret.name), secret, client)
        } catch let error as KubernetesError where error.kind == .notFound {
            guard !change.isClientOnly else { return true }
        }
        do {
            try await client.create(.secrets, secret.object(), options: change.writeOptions)
            return true
        } catch let error as KubernetesError where error.kind == .alreadyExists || error.kind == .conflict {
            return false
        }
    }
}

extension SecretInstaller {
    /// Adds the keys that an earlier release did not need, and changes none that is there.
    fileprivate func complete(_ present: JSONValue, _ secret: RandomSecret, _ client: ClusterClient) async throws -> Bool {
        let missing = secret.keys.filter { present["data"]?[$0] == nil }
        guard !missing.isEmpty else { return false }
        guard !change.isClientOnly else { return true }
        let addition = RandomSecret(name: secret.name, keys: missing, labels: [:]).data
        try await client.patch(.secrets, secret.name, .merge(["data": addition]), options: change.writeOptions)
        return true
    }
}

/// A Secret whose values no one has chosen.
struct RandomSecret: Sendable {
    /// Safe in a URL, a shell and a configuration file: 64 of them, 6 bits each.
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 240 bits.
    private static let length = 40

    let name: String
    let keys: [String]
    let labels: [String: String]

    /// With new values each time.
    func object() -> JSONValue {
        ["metadata": ["name": .string(name), "labels": .object(labels.mapValues { .string($0) })], "type": "Opaque", "data": data]
    }

    /// With new values each time, in base64.
    var data: JSONValue {
        let values = keys.map { ($0, JSONValue.string(Data(Self.value()).base64EncodedString())) }
        return .object(Dictionary(values) { $1 })
    }

    private static func value() -> [UInt8] {
        // The system's generator is a cryptographic one.
        var generator = SystemRandomNumberGenerator()
        // A value that begins with a dash would be an option to the program that is started with it.
        let first = UInt8.random(in: 0..<62, using: &generator)
        let rest = (1..<length).map { _ in UInt8.random(in: 0..<64, using: &generator) }
        return ([first] + rest).map { alphabet[Int($0)] }
    }
}
