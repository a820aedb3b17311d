import Crypto
import Hummingbird
package import PixelFlowCore

/// The secret shared by operators and services. It authorises the routes of `RouteAccess.operator`.
///
/// Only its digest is kept, so that no log, dump or error can reveal it.
package struct ServiceSecret: Sendable {
    /// Minimum number of characters, which rules out guessing: nothing else protects these routes.
    package static let minimumLength = 32

    /// Nil if no secret is set, which turns operator access off.
    private let digest: SHA256Digest?

    /// - Parameter text: empty turns operator access off.
    package init(_ text: String) {
        digest = text.isEmpty ? nil : SHA256.hash(data: Array(text.utf8))
    }

    /// Operator access is off.
    package static let off = ServiceSecret("")

    /// Checks that a request has the secret, in constant time.
    ///
    /// - Throws: `operator_access_off` (403) if no secret is set; `token_missing` or `token_invalid` (401) otherwise.
    func require(in request: Request) throws(PixelFlowError) {
        guard let digest else { throw .operatorAccessOff }
        // Compares digests, in constant time; they all have the same length.
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

    /// - Throws: `setting_invalid` if the secret is too short.
    package init(_ settings: Settings) throws(PixelFlowError) { self.init(try settings[Self.setting]) }
}
