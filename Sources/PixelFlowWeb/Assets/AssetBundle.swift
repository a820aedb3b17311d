import CWebAssets
import Crypto
import NIOCore
import PixelFlowHTTP
import WireFormats

/// One file of the page.
struct Asset: Sendable {
    let path: String
    let mediaType: String
    let bytes: ByteBuffer
    /// The compressed bytes, if compression was worthwhile.
    let gzip: ByteBuffer?
    /// Whether the path identifies exactly this content.
    let isImmutable: Bool
    /// The entity tag of the uncompressed bytes.
    let entityTag: EntityTag
}

/// The files of the page, which are linked into the executable.
struct AssetBundle: Sendable {
    let assets: [Asset]

    init() {
        assets = UnsafeBufferPointer(start: pf_web_assets(), count: pf_web_asset_count()).map(Asset.init)
    }
}

extension Asset {
    fileprivate init(_ file: pf_web_asset) {
        path = String(cString: file.path)
        mediaType = String(cString: file.type)
        bytes = ByteBuffer(bytes: UnsafeRawBufferPointer(start: file.bytes, count: file.length))
        gzip = file.gzip.map { ByteBuffer(bytes: UnsafeRawBufferPointer(start: $0, count: file.gzip_length)) }
        isImmutable = file.is_immutable
        let hash = SHA256.hash(data: UnsafeRawBufferPointer(start: file.bytes, count: file.length))
        entityTag = EntityTag(hash.prefix(16).hexadecimal)
    }
}
