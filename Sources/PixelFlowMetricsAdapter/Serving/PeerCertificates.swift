import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// A handler that holds the certificates that its client has presented.
final class PeerCertificates: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let shown = Mutex<[Certificate]>([])

    /// The client's own first; empty if it showed none that can be read.
    var chain: [Certificate] { shown.withLock { $0 } }

    func note(_ certificates: [NIOSSLCertificate]) {
        let chain = try? certificates.map { try Certificate(derEncoded: $0.toDERBytes()) }
        shown.withLock { $0 = chain ?? [] }
    }
}
