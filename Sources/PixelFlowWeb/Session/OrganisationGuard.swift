import Foundation
import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP

/// Refuses requests that are meant for another organisation than the session's.
///
/// All tabs of a browser share the session, and any of them can switch its organisation. A page therefore sends the organisation that it
/// shows in `PixelFlow-Organisation`. Requests without this header, and those with a credential of their own, are not checked.
struct OrganisationGuard: RouterMiddleware {
    typealias Context = AppRequestContext

    static let code = "organisation_changed"

    func handle(
        _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
    ) async throws -> Response {
        if let expected = request.headers[.pixelFlowOrganisation], let token = SessionCookie.credential(of: request),
            let organisation = Self.organisation(of: token), organisation != expected
        {
            throw PixelFlowError(
                .conflict, code: Self.code, "The session of this browser is now in another organisation.")
        }
        return try await next(request, context)
    }

    /// The organisation that a token claims. The service behind web verifies the same token, so a forged claim gains nothing, and a token
    /// that cannot be read is refused there.
    private static func organisation(of token: String) -> String? {
        struct Claims: Decodable {
            let tenant: String
        }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let encoded = String(parts[1].map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        let padded = encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
        return Data(base64Encoded: padded).flatMap { try? JSONDecoder().decode(Claims.self, from: $0).tenant }
    }
}

extension HTTPField.Name {
    // The literal is a valid header name, so the fallback is never taken.
    static let pixelFlowOrganisation = HTTPField.Name("pixelflow-organisation") ?? .via
}
