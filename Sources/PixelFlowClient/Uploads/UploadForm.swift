import FoundationEssentials
import NIOCore
import NIOHTTP1
import WireFormats

/// An upload as `multipart/form-data`, with the file name and a pipeline of any length.
struct UploadForm: Sendable {
    private let boundary = "pixelflow-\(UUID().uuidString)"
    let processing: Upload.Processing
    let priority: Upload.Priority?
    let batch: String?
    let webhookURL: String?
    let fileName: String?

    var headers: HTTPHeaders { ["content-type": "multipart/form-data; boundary=\(boundary)"] }

    /// - Parameters:
    ///   - length: of the image in bytes; nil if unknown.
    ///   - make: opens a new stream of the image.
    func body(length: Int64?, _ make: @escaping @Sendable () async throws -> ByteStream) -> RequestBody {
        let (head, tail) = (head, ByteBuffer(string: "\r\n--\(boundary)--\r\n"))
        return .stream(length: length.map { $0 + Int64(head.readableBytes + tail.readableBytes) }) {
            .joined([ByteStream(head), try await make(), ByteStream(tail)])
        }
    }

    /// Everything before the first byte of the image.
    private var head: ByteBuffer {
        var head = ByteBuffer()
        func field(_ name: String, _ value: String) {
            head.writeString("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n")
        }
        switch processing {
        case .standard: break
        case .preset(let name): field("preset", name)
        case .pipeline(let pipeline): field("pipeline", pipeline.text())
        }
        if let priority { field("priority", priority.rawValue) }
        if let batch { field("batch", batch) }
        if let webhookURL { field("webhook_url", webhookURL) }
        head.writeString(
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(Self.escaped(fileName ?? "image"))\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n")
        return head
    }

    /// Escapes a name in a form like browsers do.
    static func escaped(_ name: String) -> String {
        name.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }
}
