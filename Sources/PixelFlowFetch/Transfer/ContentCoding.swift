import NIOHTTP1
import PixelFlowCore

/// A compression of the body that is undone: some servers send it although `identity` alone was asked for.
enum ContentCoding: Sendable {
    case gzip, deflate

    /// Nil if the body comes as it is.
    ///
    /// - Throws: `source_encoding_unsupported` for any other coding, and for several at once.
    init?(_ headers: HTTPHeaders) throws(PixelFlowError) {
        let codings = headers[canonicalForm: "content-encoding"].map { $0.lowercased() }.filter { !["", "identity"].contains($0) }
        switch codings.count {
        case 0: return nil
        case 1 where ["gzip", "x-gzip"].contains(codings[0]): self = .gzip
        case 1 where codings[0] == "deflate": self = .deflate
        default: throw .encodingUnsupported(codings.joined(separator: ", "))
        }
    }
}
