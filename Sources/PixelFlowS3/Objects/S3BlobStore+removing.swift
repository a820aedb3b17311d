import Crypto
import Foundation
import NIOCore
package import PixelFlowCore
import Synchronization

extension S3BlobStore {
    package func remove(_ prefix: BlobKey) async throws {
        try await eachPage(of: prefix) { try await delete($0) }
    }

    /// Aborts multipart uploads that were started before `time` and neither completed nor aborted.
    package func removeUnfinishedWrites(before time: Timestamp) async throws -> Int {
        var marker: [(name: String, value: String)] = []
        var removed = 0
        repeat {
            let request = S3Request(.listMultipartUploads, query: [("uploads", ""), ("prefix", names.prefix)] + marker)
            let page = try await transport.call(request) { try $0.document() }
            // Both are ISO 8601 in UTC; second precision is sufficient.
            for upload in page.all("Upload") where (upload["Initiated"] ?? "~").prefix(19) < time.iso8601.prefix(19) {
                guard let name = upload["Key"], let id = upload["UploadId"] else { continue }
                await MultipartUpload(name: name, id: id, transport: transport).abort()
                removed += 1
            }
            marker = Self.marker(after: page)
        } while !marker.isEmpty
        return removed
    }

    private static func marker(after page: XMLElement) -> [(name: String, value: String)] {
        guard page["IsTruncated"] == "true", let key = page["NextKeyMarker"], !key.isEmpty else { return [] }
        return [("key-marker", key), ("upload-id-marker", page["NextUploadIdMarker"] ?? "")]
    }

    private func delete(_ names: [String]) async throws {
        if names.count > 1, !deletesSingly.load(ordering: .relaxed) {
            do {
                return try await deleteTogether(names)
            } catch let error as PixelFlowError where error.refusal.map({ [405, 501].contains($0.status) }) == true {
                deletesSingly.store(true, ordering: .relaxed)
            }
        }
        try await deleteSingly(names)
    }

    private func deleteTogether(_ names: [String]) async throws {
        let objects = names.map { "<Object><Key>\($0.xmlEscaped)</Key></Object>" }.joined()
        let body = ByteBuffer(string: "<Delete><Quiet>true</Quiet>\(objects)</Delete>")
        // S3 requires this digest here, in addition to the signed one.
        let digest = Data(Insecure.MD5.hash(data: Array(body.readableBytesView))).base64EncodedString()
        let request = S3Request(.deleteObjects, query: [("delete", "")], headers: [("content-md5", digest)], body: body)
        try await transport.call(request) { reply in
            let failed = try reply.document().all("Error").first { $0["Code"] != "NoSuchKey" }
            if let failed { throw S3ServiceError(document: failed) }
        }
    }

    private func deleteSingly(_ names: [String]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, name) in names.enumerated() {
                if index >= Self.deletesAtATime { try await group.next() }
                group.addTask { try await self.transport.delete(name) }
            }
            try await group.waitForAll()
        }
    }

    private static let deletesAtATime = 8
}

extension S3Transport {
    /// A missing object is not an error.
    func delete(_ name: String) async throws {
        do {
            _ = try await call(S3Request(.deleteObject, key: name))
        } catch let error as PixelFlowError where error.refusal?.isAbsence == true {
            // Some servers return 404 where S3 returns 204.
        }
    }
}
