import FoundationEssentials
import PixelFlowCommands
import Terminal

/// Records which upload created which task, so that a second run need not send it again.
///
/// This is only an optimization: without a record, the upload is sent, and its idempotency key returns the same task.
actor UploadRecords {
    private struct Record: Codable {
        var key: String
        var task: String
    }

    /// Beyond this number, the oldest records are dropped.
    private static let maximumRecords = 2_000

    private let folder: String
    private var file: String { "\(folder)/uploads.json" }

    /// - Throws: `CommandError` if the environment defines no folder for state.
    init(environment: [String: String]) throws {
        folder = try UserFolder.path(environment, variable: "XDG_STATE_HOME", inHome: ".local/state", "pixelflow")
    }

    func task(of key: String) -> String? { records().last { $0.key == key }?.task }

    func add(_ task: String, for key: String) throws {
        let all = records().filter { $0.key != key } + [Record(key: key, task: task)]
        try PrivateFile.replace(file, in: folder, Array(JSONEncoder().encode(all.suffix(Self.maximumRecords))), isDurable: false)
    }

    private func records() -> [Record] {
        guard let bytes = FileManager.default.contents(atPath: file) else { return [] }
        return (try? JSONDecoder().decode([Record].self, from: bytes)) ?? []
    }
}
