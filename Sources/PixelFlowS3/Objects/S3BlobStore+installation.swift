import NIOCore
package import PixelFlowCore

/// The installation id is stored in an object outside of the tenants' prefixes, which `keys` and `taskPrefixes` omit.
extension S3BlobStore: InstallationRecord {
    private var markName: String { names.installationMark }

    package func installationMark() async throws -> InstallationMark? {
        do {
            let part = try await transport.openPart(of: markName, nil)
            let blob = Blob(size: part.size, range: part.range, body: ObjectBody(name: markName, part: part, transport: transport))
            let text = String(buffer: try await blob.collect())
            guard let mark = InstallationMark(text) else { throw S3Failure.asPixelFlow(S3ProtocolError("a mark of an installation")) }
            return mark
        } catch let error as PixelFlowError where error.refusal?.isAbsence == true {
            return nil
        }
    }

    package func setInstallationMark(_ mark: InstallationMark, replacing old: InstallationMark?) async throws -> Bool {
        guard try await installationMark() == old else { return false }
        _ = try await transport.call(S3Request(.putObject, key: markName, body: ByteBuffer(string: mark.description)))
        return true
    }

    package func holdsData() async throws -> Bool { try await !taskPrefixes(after: nil, limit: 1).isEmpty }
}
