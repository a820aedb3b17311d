import Crypto
import Hummingbird
package import PixelFlowCore

/// The secret that operators and services share: whoever has it may call the routes of `RouteAccess.operator`.
///
/// Only its digest is kept, so that no log, dump or error can show it.
package struct ServiceSecret: Sendable {
    /// The fewest characters of a secret: a guess must be hopeless, for nothing else guards these routes.
    package static let minimumLength = 32

    /// Nil if there is no secret, and so no operator access.
    private let digest: SHA256Digest?

    /// - Parameter text: empty for no operator access.
    package init(_ text: String) {
        digest = text.isEmpty ? nil : SHA256.hash(data: Array(text.utf8))
    }

    /// No operator access.
    package static let off = ServiceSecret("")

    /// Lets a request with the secret through, in a time that does not depend on how much of it is right.
    ///
    /// - Throws: `operator_access_off` (403) if there is no secret, whatever was sent; else `token_missing` or `token_invalid` (401).
    func require(in request: Request) throws(PixelFlowError) {
        guard let digest else { throw .operatorAccessOff }
        // Digests are compared in constant time, and all have the same length.
        guard SHA256.hash(data: Array(try request.bearerToken().utf8)) == digest else { throw .tokenInvalid }
    }
}

extension ServiceSecret {
    package static let setting = Setting<String>(
        "PIXELFLOW_SERVICE_SECRET", default: "", expected: "empty or a text of at least \(minimumLength) characters",
        help: "Secret of operators and services, sent as a bearer token to the operator routes; empty turns these routes off.",
        isSecret: true
    ) { $0.isEmpty || $0.count >= minimumLength ? $0 : nil }

    package static let descriptions: [SettingDescription] = [setting.description]

    /// - Throws: `setting_invalid` for a secret that is too short.
    package init(_ settings: Settings) throws(PixelFlowError) { self.init(try settings[Self.setting]) }
}
