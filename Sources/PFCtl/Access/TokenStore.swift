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

    /// - Throws: `CommandFailure` where the environment has no place for configuration.
    init(environment: [String: String]) throws {
        if let configuration = environment["XDG_CONFIG_HOME"], configuration.hasPrefix("/") {
            folder = "\(configuration)/pfctl"
        } else if let home = environment["HOME"], !home.isEmpty {
            folder = "\(home)/.config/pfctl"
        } else {
            throw CommandFailure(.usage, "there is no place to keep a token", hint: "set HOME or XDG_CONFIG_HOME")
        }
    }

    /// An installation: what the same user reaches under the same name.
    static func key(_ configuration: ClusterConfiguration) -> String {
        "\(configuration.contextName ?? configuration.server)/\(configuration.namespace)"
    }

    /// None where the file is missing or is not ours.
    func entries() -> [String: Entry] {
        guard let contents = FileManager.default.contents(atPath: file) else { return [:] }
        return (try? JSONDecoder().decode([String: Entry].self, from: contents)) ?? [:]
    }

    /// Keeps an entry, or forgets it where it is nil.
    func set(_ entry: Entry?, for key: String) throws {
        var entries = entries()
        entries[key] = entry
        try write(JSONEncoder().encode(entries))
    }

    /// Beside it first: whoever reads at this moment finds the old file or the new one.
    private func write(_ contents: Data) throws {
        let draft = "\(file).\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(.failed, "\(folder) cannot be made")
        }
        // One that a process of the same number left behind.
        unlink(draft)
        defer { unlink(draft) }
        try PrivateFile.create(draft, Array(contents))
        guard rename(draft, file) == 0 else { throw PrivateFile.failure(file) }
    }
}
