import FoundationEssentials
import Terminal

/// Which task came of which upload, so that a second run need not send it again.
///
/// Only a shortcut: without a record the upload is sent, and its idempotency key leads to the same task.
actor UploadRecords {
    private struct Record: Codable {
        var key: String
        var task: String
    }

    /// The oldest go beyond it.
    private static let maximumRecords = 2_000

    private let folder: String
    private var file: String { "\(folder)/uploads.json" }

    /// - Throws: `CommandError` if the environment has no place for state.
    init(environment: [String: String]) throws {
        folder = try LoginStore.folder(environment, variable: "XDG_STATE_HOME", inHome: ".local/state")
    }

    func task(of key: String) -> String? { records().last { $0.key == key }?.task }

    func add(_ task: String, for key: String) throws {
        let all = records().filter { $0.key != key } + [Record(key: key, task: task)]
        try PrivateFile.replace(file, in: folder, Array(JSONEncoder().encode(all.suffix(Self.maximumRecords))))
    }

    private func records() -> [Record] {
        guard let bytes = FileManager.default.contents(atPath: file) else { return [] }
        return (try? JSONDecoder().decode([Record].self, from: bytes)) ?? []
    }
}
