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
    /// Whether files with other contents are replaced.
    let replaces: Bool

    /// Creates the folder if it does not exist.
    ///
    /// - Throws: `CommandError`.
    init(_ path: String, replaces: Bool) throws {
        self.path = path
        self.replaces = replaces
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandError(.failed, "\(path) cannot be created")
        }
    }

    /// Downloads an output, unless the file already has its contents.
    ///
    /// - Throws: `CommandError` if the file has other contents and may not be replaced.
    func fetch(_ output: ImageTask.Output, of task: ImageTask, as name: String, _ client: PixelFlowClient) async throws -> File {
        let file = path == "." ? name : "\(path)/\(name)"
        if FileManager.default.fileExists(atPath: file) {
            if let sha256 = output.sha256, try await FileDigest.sha256(ofFile: file) == sha256 {
                return File(output: output.name, path: file, isNew: false)
            }
            guard replaces else { throw CommandError(.failed, "\(file) exists with other contents; --force replaces it") }
        }
        try await client.save(output, ofTask: task.id, to: file)
        return File(output: output.name, path: file, isNew: true)
    }
}

extension ImageTask.Output {
    /// The name of its file.
    ///
    /// - Throws: `CommandError`, after which the other outputs are saved nevertheless.
    var savedName: String {
        get throws(CommandError) {
            do {
                return try fileName
            } catch {
                throw CommandError(error)
            }
        }
    }
}
