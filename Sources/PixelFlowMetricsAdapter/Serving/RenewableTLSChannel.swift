import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// HTTP over TLS where each connection gets the certificate of its time.
struct RenewableTLSChannel: ServerChildChannel {
    /// Before the first certificate there is nothing to talk by.
    struct NoCertificateError: Error {}

    let base: HTTP1Channel
    let identity: ServingIdentity

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        channel.eventLoop.makeCompletedFuture {
            guard let context = identity.context else { throw NoCertificateError() }
            let peer = PeerCertificates()
            let tls = NIOSSLServerHandler(
                context: context,
                customVerificationCallback: { certificates, verified in
                    peer.note(certificates)
                    // Who it is decides about the answer, not about the connection.
                    verified.succeed(.certificateVerified)
                })
            try channel.pipeline.syncOperations.addHandlers(tls, peer)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapErrorThrowing { error in
            // Whoever accepted the connection leaves it open otherwise.
            channel.close(promise: nil)
            throw error
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

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
