import FoundationEssentials
import PixelFlowClient
import Terminal
import WireFormats

/// The folder where outputs are stored.
struct OutputFolder: Sendable {
    struct File: Sendable, Hashable {
        let output: String
        let path: String
        /// False if it already existed.
        let isNew: Bool

        var json: JSONValue { ["output": .string(output), "path": .string(path), "downloaded": .bool(isNew)] }
    }

    let path: String

    /// Creates the folder if it does not exist.
    ///
    /// - Throws: `CommandError`.
    init(_ path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandError(.failed, "\(path) cannot be created")
        }
    }

    /// Downloads an output, unless the file already has its contents.
    func fetch(_ output: ImageTask.Output, of task: ImageTask, as name: String, _ client: PixelFlowClient) async throws -> File {
        let file = path == "." ? name : "\(path)/\(name)"
        if let sha256 = output.sha256, FileManager.default.fileExists(atPath: file), try await FileDigest.sha256(ofFile: file) == sha256 {
            return File(output: output.name, path: file, isNew: false)
        }
        try await client.save(output, ofTask: task.id, to: file)
        return File(output: output.name, path: file, isNew: true)
    }
}
