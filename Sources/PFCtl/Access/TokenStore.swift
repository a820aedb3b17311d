import ArgumentParser
import FoundationEssentials
import KubernetesClient

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The tokens that `pfctl login` got, in a file that only this user reads: one for each installation.
struct TokenStore: Sendable {
    struct Entry: Codable, Sendable, Hashable {
        var token: String
        var email: String
        var expires: Timestamp
    }

    private let folder: String
    private var file: String { "\(folder)/tokens.json" }

    /// - Throws: `CommandError` if the environment has no place for configuration.
    init(environment: [String: String]) throws {
        if let configuration = environment["XDG_CONFIG_HOME"], configuration.hasPrefix("/") {
            folder = "\(configuration)/pfctl"
        } else if let home = environment["HOME"], !home.isEmpty {
            folder = "\(home)/.config/pfctl"
        } else {
            throw CommandError(.usage, "there is nowhere to store the token", hint: "set HOME or XDG_CONFIG_HOME")
        }
    }

    /// Identifies an installation: the same cluster, user and namespace.
    static func key(_ configuration: ClusterConfiguration) -> String {
        "\(configuration.contextName ?? configuration.server)/\(configuration.namespace)"
    }

    /// None if the file is missing or is not ours.
    func entries() -> [String: Entry] {
        guard let contents = FileManager.default.contents(atPath: file) else { return [:] }
        return (try? JSONDecoder().decode([String: Entry].self, from: contents)) ?? [:]
    }

    /// Stores an entry, or removes it if it is nil.
    func set(_ entry: Entry?, for key: String) throws {
        var entries = entries()
        entries[key] = entry
        try write(JSONEncoder().encode(entries))
    }

    /// Written to a temporary file first, so that readers see the old file or the new one.
    private func write(_ contents: Data) throws {
        let draft = "\(file).\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(.failed, "\(folder) cannot be created")
        }
        // One that a process of the same number left behind.
        unlink(draft)
        defer { unlink(draft) }
        try PrivateFile.create(draft, Array(contents))
        guard rename(draft, file) == 0 else { throw PrivateFile.failure(file) }
    }
}

/// Files that no one but this user may read, from their first byte on.
enum PrivateFile {
    /// - Throws: `CommandError`, also if the file already exists.
    static func create(_ path: String, _ contents: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        var rest = contents[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else {
                let failure = failure(path)
                close(descriptor)
                throw failure
            }
            rest = rest.dropFirst(max(count, 0))
        }
        // A full disk may show only now.
        guard close(descriptor) == 0 else { throw failure(path) }
    }

    static func failure(_ path: String) -> CommandError {
        CommandError(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}

/// What commands take that ask the services as someone.
struct TokenOptions: ParsableArguments {
    /// Other processes see a command line, which a variable is kept from.
    static let variable = "PFCTL_TOKEN"

    @Option(help: ArgumentHelp("The token to use instead of $PFCTL_TOKEN and 'pfctl login'.", valueName: "token"))
    var token: String?

    /// The token of the options, of the environment, or of the last login, in this order.
    /// - Throws: `CommandError` if there is none that is still good.
    func resolve(in session: Session) throws -> String {
        if let token, !token.isEmpty { return token }
        return try Self.ambient(in: session)
    }

    /// The token of the environment, or of the last login.
    /// - Throws: `CommandError` if there is none that is still good.
    static func ambient(in session: Session) throws -> String {
        if let token = session.environment[variable], !token.isEmpty { return token }
        let entry = try? TokenStore(environment: session.environment).entries()[TokenStore.key(session.configuration())]
        guard let entry else { throw Self.unknown("this command needs a login") }
        guard entry.expires > session.now else { throw Self.unknown("the login of \(entry.email) has expired") }
        return entry.token
    }

    private static func unknown(_ what: String) -> CommandError {
        CommandError(.unreachable, what, hint: "run pfctl login, or set \(variable) to a PixelFlow token")
    }
}
