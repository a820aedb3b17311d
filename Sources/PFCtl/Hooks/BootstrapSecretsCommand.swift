import ArgumentParser
import AsyncPrimitives
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
            A Secret that exists keeps its values and gets the keys that it lacks. No value is ever printed.

            Examples:
              pfctl bootstrap-secrets --namespace=pixelflow --name=pixelflow-secrets --key=postgres-password --key=s3-secret-key
            """,
        shouldDisplay: false)

    @Option(help: "The name of the Secret.") var name: String

    @Option(name: .customLong("key"), help: ArgumentHelp("A key to fill with a random value. May be repeated.", valueName: "key"))
    var keys: [String]

    @Option(name: .customLong("label"), help: ArgumentHelp("A label for the Secret. May be repeated.", valueName: "key=value"))
    var labels: [LabelArgument] = []

    @Option(
        name: .customLong("certificate"),
        help: ArgumentHelp(
            "The name of a TLS server to which no client may connect: fills NAME-ca.crt, NAME.crt and NAME.key. May be repeated.",
            valueName: "name"))
    var certificates: [String] = []

    @Option(
        name: .customLong("annotation"), help: ArgumentHelp("An annotation for the Secret. May be repeated.", valueName: "key=value"))
    var annotations: [LabelArgument] = []

    @Option(help: ArgumentHelp("How long to retry while the API server does not respond.", valueName: "duration"))
    var timeout: DurationArgument = .seconds(280)

    @OptionGroup var change: ChangeOptions
    @OptionGroup(title: "Global options") var global: GlobalOptions

    func validate() throws {
        guard !keys.isEmpty else { throw ValidationError("Give at least one --key.") }
        let all = keys + certificates.flatMap(SealedCertificate.keys)
        guard Set(all).count == all.count else { throw ValidationError("A --key was given twice.") }
        guard all.allSatisfy(Self.isKey) else { throw ValidationError("A --key may contain letters, digits, '-', '_' and '.' only.") }
    }

    private static func isKey(_ key: String) -> Bool {
        !key.isEmpty && key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }

    func run(in session: Session) async throws -> ExitStatus {
        let secret = RandomSecret(
            name: name, keys: keys, certificates: certificates, labels: LabelArgument.values(labels),
            annotations: LabelArgument.values(annotations), time: session.now)
        let installer = SecretInstaller(session: session, change: change)
        let end = try await Deadline.within(
            timeout.duration,
            "the Secret \(name) was not created"
        ) { try await installer.install(secret) }
        let text =
            switch end {
            case .created, .completed: "secret/\(name) \(end.rawValue)\(change.suffix)"
            case .unchanged: "secret/\(name) exists and was left unchanged"
            }
        let data: JSONValue = [
            "object": .string("secret/\(name)"), "created": .bool(end == .created), "completed": .bool(end == .completed),
            "dry_run": .string(change.dryRun.rawValue),
        ]
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

    /// The last value of a key counts.
    static func values(_ arguments: [LabelArgument]) -> [String: String] {
        Dictionary(arguments.map { ($0.key, $0.value) }) { $1 }
    }
}

/// Creates a Secret exactly once, even if called repeatedly or concurrently.
struct SecretInstaller: Sendable {
    enum End: String, Sendable {
        case created, unchanged
        /// The Secret existed, and received missing keys or annotations.
        case completed
    }

    private static let retries = RetryPolicy(firstPause: .milliseconds(250), longestPause: .seconds(5))

    let session: Session
    let change: ChangeOptions

    /// Retries while the API server does not respond.
    func install(_ secret: RandomSecret) async throws -> End {
        try await retryTransient(Self.retries, onRetry: { session.status.show("retrying: \($0.message)") }) { try await attempt(secret) }
    }

    private func attempt(_ secret: RandomSecret) async throws -> End {
        let client = try session.client()
        do {
            return try await complete(try await client.get(.secrets, secret.name), secret, client)
        } catch let error as KubernetesError where error.kind == .notFound {
            guard !change.isClientOnly else { return .created }
        }
        do {
            try await client.create(.secrets, try secret.object(), options: change.writeOptions)
            return .created
        } catch let error as KubernetesError where error.kind == .alreadyExists || error.kind == .conflict {
            return .unchanged
        }
    }
}

extension SecretInstaller {
    /// Adds keys that an earlier release did not need, without changing existing ones.
    fileprivate func complete(_ present: JSONValue, _ secret: RandomSecret, _ client: ClusterClient) async throws -> End {
        guard let addition = try secret.addition(to: present) else { return .unchanged }
        guard !change.isClientOnly else { return .completed }
        try await client.patch(.secrets, secret.name, .merge(addition), options: change.writeOptions)
        return .completed
    }
}

/// A Secret with random values.
struct RandomSecret: Sendable {
    /// Safe in URLs, shells and configuration files. There are 64 characters, so each holds 6 bits.
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 240 bits.
    private static let length = 40

    let name: String
    let keys: [String]
    /// The names of certificates, each of which has several keys.
    let certificates: [String]
    let labels: [String: String]
    let annotations: [String: String]
    let time: Timestamp

    /// The object, with new values on each call.
    func object() throws -> JSONValue {
        var metadata: JSONValue = ["name": .string(name), "labels": Self.texts(labels)]
        if !annotations.isEmpty { metadata["annotations"] = Self.texts(annotations) }
        return ["metadata": metadata, "type": "Opaque", "data": try data(keys: keys, certificates: certificates)]
    }

    /// What an existing Secret lacks; nil if it is complete. If part of a certificate is missing, a new one is created.
    func addition(to present: JSONValue) throws -> JSONValue? {
        func isMissing(_ key: String) -> Bool { present["data"]?[key] == nil }
        let keys = keys.filter(isMissing)
        let certificates = certificates.filter { SealedCertificate.keys(of: $0).contains(where: isMissing) }
        let annotations = annotations.filter { present["metadata"]?["annotations"]?[$0.key] == nil }
        guard !keys.isEmpty || !certificates.isEmpty || !annotations.isEmpty else { return nil }
        var addition: JSONValue = ["data": try data(keys: keys, certificates: certificates)]
        if !annotations.isEmpty { addition["metadata"] = ["annotations": Self.texts(annotations)] }
        return addition
    }

    /// The values in base64.
    private func data(keys: [String], certificates: [String]) throws -> JSONValue {
        var data = Dictionary(keys.map { ($0, Data(Self.value())) }) { $1 }
        for name in certificates {
            let files = try SealedCertificate.files(of: name, at: Date(timeIntervalSince1970: time.secondsSinceEpoch))
            data.merge(files.mapValues { Data($0.utf8) }) { $1 }
        }
        return .object(data.mapValues { .string($0.base64EncodedString()) })
    }

    private static func texts(_ values: [String: String]) -> JSONValue { .object(values.mapValues { .string($0) }) }

    private static func value() -> [UInt8] {
        // The system's generator is cryptographically secure.
        var generator = SystemRandomNumberGenerator()
        // A program could mistake a value that starts with a dash for an option.
        let first = UInt8.random(in: 0..<62, using: &generator)
        let rest = (1..<length).map { _ in UInt8.random(in: 0..<64, using: &generator) }
        return ([first] + rest).map { alphabet[Int($0)] }
    }
}
