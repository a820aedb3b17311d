import AsyncHTTPClient
import FakeKubernetes
import Foundation
import KubernetesClient
import NIOCore
import NIOHTTP1
import NIOSSL
import WireFormats

@testable import PixelFlowMetricsAdapter

/// Calls the adapter as the API server does: over TLS, verifying the name of its Service against the caBundle.
struct APIServer: Sendable {
    struct Response {
        let status: Int
        let headers: [String: String]
        let body: JSONValue?
    }

    let port: Int
    var shows: IssuedCertificate?
    /// Base64-encoded PEM, as in the APIService.
    var caBundle: String
    var user: String? = Cluster.reader
    var headers: [(String, String)] = []
    var limit: TimeAmount = .seconds(20)

    func get(_ path: String, method: String = "GET", accept: String? = nil, headers more: [(String, String)] = []) async throws -> Response
    {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(Data(base64Encoded: caBundle) ?? Data())))
        if let shows {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(shows.certificate.utf8)).map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(shows.key.utf8), format: .pem))
        }
        let name = "\(Cluster.settings.service).\(Cluster.settings.namespace).svc"
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.dnsOverride = [name: "127.0.0.1"]
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(configuration: configuration)
        do {
            var request = HTTPClientRequest(url: "https://\(name):\(port)\(path)")
            request.method = .init(rawValue: method)
            if let user { request.headers.add(name: "X-Remote-User", value: user) }
            if let accept { request.headers.add(name: "Accept", value: accept) }
            for (name, value) in headers + more { request.headers.add(name: name, value: value) }
            let response = try await client.execute(request, deadline: .now() + limit)
            let bytes = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
            try await client.shutdown()
            return Response(
                status: Int(response.status.code),
                headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { $0 + ", " + $1 },
                body: bytes.isEmpty ? nil : try JSONValue(parsing: bytes))
        } catch {
            try? await client.shutdown()
            throw error
        }
    }
}
