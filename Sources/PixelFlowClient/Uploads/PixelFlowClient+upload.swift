import FoundationEssentials
import NIOCore
import NIOHTTP1
import WireFormats

extension PixelFlowClient {
    /// Submits an image or its URL, and returns the task that the service has created.
    ///
    /// Retried after transient failures with the same idempotency key, so that it creates only one task.
    ///
    /// - Parameter progress: reports the bytes of the image; never called for a URL.
    /// - Throws: also `ClientError.file`.
    public func upload(_ upload: Upload, progress: Progress? = nil) async throws -> ImageTask {
        var call = Call(.POST, endpoints.api + "/api/upload", isRepeatable: true)
        switch upload.source {
        case .url(let url):
            call.headers = .json
            call.body = .json(Self.body(url: url, upload))
        case .bytes(let bytes):
            set(&call, upload, length: Int64(bytes.readableBytes), progress) { ByteStream(bytes) }
        case .file(let path):
            set(&call, upload, length: try FileReader(path).size(), progress) { .file(path) }
        case .stream(let length, let make): set(&call, upload, length: length, progress, make)
        }
        call.headers.add(name: "idempotency-key", value: upload.idempotencyKey ?? UUID().uuidString)
        return try await task(call, within: nil)
    }

    private func set(
        _ call: inout Call, _ upload: Upload, length: Int64?, _ progress: Progress?,
        _ make: @escaping @Sendable () async throws -> ByteStream
    ) {
        let form = UploadForm(
            processing: upload.processing, priority: upload.priority, batch: upload.batch, webhookURL: upload.webhookURL,
            fileName: upload.effectiveFileName)
        call.headers = form.headers
        call.body = form.body(length: length) {
            let bytes = try await make()
            return progress.map { bytes.reporting(total: length, to: $0) } ?? bytes
        }
    }

    private static func body(url: String, _ upload: Upload) -> JSONValue {
        var body: [String: JSONValue] = ["image_url": .string(url)]
        switch upload.processing {
        case .standard: break
        case .preset(let name): body["preset"] = .string(name)
        case .pipeline(let pipeline): body["pipeline"] = pipeline
        }
        body["priority"] = upload.priority.map { .string($0.rawValue) }
        body["batch"] = upload.batch.map { .string($0) }
        body["webhook_url"] = upload.webhookURL.map { .string($0) }
        return .object(body)
    }
}
