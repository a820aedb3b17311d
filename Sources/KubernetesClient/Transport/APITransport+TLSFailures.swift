import NIOCore
import NIOPosix
import NIOSSL

extension APITransport {
    func wrongHost() -> KubernetesError {
        let name = configuration.tlsServerName ?? address.host
        return KubernetesError(
            .tls(.wrongHost), "the certificate of the server \(address.authority) is not for '\(name)'",
            hint: "set tls-server-name in the kubeconfig to a name that the certificate has")
    }

    /// BoringSSL reports only that verification failed; the certificate itself reveals why.
    func describeHandshake(_ error: any Error) async -> KubernetesError {
        let text = "\(error)"
        guard text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") else {
            return KubernetesError(.tls(.handshake), "no TLS connection to the server \(address.authority): \(Self.reason(text))")
        }
        guard let certificate = await presentedCertificate() else { return unknownAuthority() }
        let now = Timestamp.now
        let from = Timestamp(secondsSinceEpoch: Double(certificate.notValidBefore))
        let until = Timestamp(secondsSinceEpoch: Double(certificate.notValidAfter))
        if until < now {
            return KubernetesError(.tls(.expired), "the certificate of the server \(address.authority) ended on \(until.text)")
        }
        if now < from {
            return KubernetesError(
                .tls(.notYetValid), "the certificate of the server \(address.authority) starts on \(from.text) only",
                hint: "check this computer's clock")
        }
        return unknownAuthority()
    }

    private func unknownAuthority() -> KubernetesError {
        KubernetesError(
            .tls(.unknownAuthority),
            "the certificate of the server \(address.authority) is signed by an authority that is not trusted here",
            hint: "check certificate-authority-data of the kubeconfig")
    }

    /// The name of BoringSSL's error, such as `HANDSHAKE_FAILURE_ON_CLIENT_HELLO`, extracted from a long list of numbers.
    private static func reason(_ text: String) -> String {
        let words = text.split { !($0.isLetter && $0.isUppercase) && $0 != "_" }.filter { $0.contains("_") }
        if let word = words.max(by: { $0.count < $1.count }) { return word.lowercased().split(separator: "_").joined(separator: " ") }
        return text.contains("eof") || text.contains("EOF") ? "the connection was closed" : "the handshake failed"
    }

    /// Connects again without verification, and sends nothing, to obtain the certificate.
    private func presentedCertificate() async -> NIOSSLCertificate? {
        let found = group.next().makePromise(of: NIOSSLCertificate?.self)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .noHostnameVerification
        guard proxy == nil, let context = try? NIOSSLContext(configuration: tls) else {
            found.succeed(nil)
            return nil
        }
        let name = configuration.tlsServerName ?? address.host
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: TLSName.forIndication(name),
                        customVerificationCallback: { certificates, verified in
                            found.succeed(certificates.first)
                            verified.succeed(.failed)
                        })
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        guard let channel = try? await bootstrap.connect(host: address.host, port: address.port).get() else {
            found.succeed(nil)
            return nil
        }
        channel.closeFuture.whenComplete { _ in found.succeed(nil) }
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
        let certificate = try? await found.futureResult.get()
        deadline.cancel()
        channel.close(promise: nil)
        return certificate ?? nil
    }
}

enum TLSName {
    /// Nil for IP addresses, which are not allowed in the handshake.
    static func forIndication(_ host: String) -> String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }
}
