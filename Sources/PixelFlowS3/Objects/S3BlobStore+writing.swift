package import NIOCore
package import PixelFlowCore

extension S3BlobStore {
    package func write(_ key: BlobKey, bytes: ByteBuffer) async throws {
        let name = try names.object(key)
        guard bytes.readableBytes > Self.partBytes else { return try await transport.put(name, bytes) }
        var rest = bytes
        _ = try await transport.upload(name) {
            rest.readableBytes == 0 ? nil : rest.readSlice(length: min(Self.partBytes, rest.readableBytes))
        }
    }

    package func write(_ key: BlobKey, from stream: ByteStream) async throws -> Int {
        try await transport.write(try names.object(key), from: stream)
    }
}

extension S3Transport {
    /// - Returns: the number of bytes written.
    func write(_ name: String, from stream: ByteStream, partBytes: Int = S3BlobStore.partBytes) async throws -> Int {
        var parts = PartReader(stream, size: partBytes)
        let first = try await parts.next() ?? ByteBuffer()
        guard let second = try await parts.next() else {
            try await put(name, first)
            return first.readableBytes
        }
        var begun = [second, first]
        return try await upload(name) { if let part = begun.popLast() { part } else { try await parts.next() } }
    }

    func put(_ name: String, _ bytes: ByteBuffer) async throws {
        _ = try await call(S3Request(.putObject, key: name, body: bytes))
        metrics.recordWritten(bytes.readableBytes)
    }

    func upload(_ name: String, _ next: () async throws -> ByteBuffer?) async throws -> Int {
        let upload = try await MultipartUpload.begin(name, self)
        do {
            try Task.checkCancellation()
            let parts = try await upload.send(next)
            try await upload.complete(parts)
            let size = parts.reduce(0) { $0 + $1.bytes }
            metrics.recordWritten(size)
            return size
        } catch {
            await upload.abort()
            throw error
        }
    }
}
