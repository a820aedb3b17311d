import Files
import Foundation
import NIOCore
package import PixelFlowCore

extension FileBlobStore: InstallationRecord {
    /// Cannot conflict with a tenant's folder, because those never begin with a dot.
    private var markPath: String { root + "/.installation" }

    package func installationMark() async throws -> InstallationMark? {
        let path = markPath
        return try await blocking {
            guard let data = FileManager.default.contents(atPath: path) else { return nil }
            return try InstallationMark(stored: String(decoding: data, as: UTF8.self))
        }
    }

    package func setInstallationMark(_ mark: InstallationMark, replacing old: InstallationMark?) async throws -> Bool {
        guard try await installationMark() == old else { return false }
        let path = markPath
        try await blocking {
            let file = try PartialFile(in: self.partial)
            try file.append(ByteBuffer(string: mark.description))
            try file.commit(as: path, in: self.root)
        }
        return true
    }

    package func holdsData() async throws -> Bool {
        do {
            return try await !taskPrefixes(after: nil, limit: 1).isEmpty
        } catch let error as PixelFlowError where (error.cause as? FileError)?.call == "opendir" {
            // There is a folder of an organisation. That it cannot be read is reported by what needs its contents.
            return true
        }
    }
}
