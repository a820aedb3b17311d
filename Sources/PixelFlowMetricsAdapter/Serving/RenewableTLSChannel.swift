import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import SwiftASN1
import Synchronization
import X509

/// HTTP over TLS, where each new connection uses the current certificate.
struct RenewableTLSChannel: ServerChildChannel {
    /// A connection arrived before there was a certificate.
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
                    // The identity of the client determines the response, not whether it may connect.
                    verified.succeed(.certificateVerified)
                })
            try channel.pipeline.syncOperations.addHandlers(tls, peer)
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }.flatMapErrorThrowing { error in
            // The acceptor would leave the connection open.
            channel.close(promise: nil)
            throw error
        }
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

/// A handler that stores the certificates that its client has presented.
final class PeerCertificates: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let shown = Mutex<[Certificate]>([])

    /// The leaf first; empty if the client has presented no readable certificate.
    var chain: [Certificate] { shown.withLock { $0 } }

    func note(_ certificates: [NIOSSLCertificate]) {
        let chain = try? certificates.map { try Certificate(derEncoded: $0.toDERBytes()) }
        shown.withLock { $0 = chain ?? [] }
    }
}
