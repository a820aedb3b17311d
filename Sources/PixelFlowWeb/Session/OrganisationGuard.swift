import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP
import WireFormats

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
            // The service behind web verifies the same token: a forged claim gains nothing, and one that cannot be read is refused there.
            let organisation = UnverifiedToken.organisation(of: token), organisation != expected
        {
            throw PixelFlowError(
                .conflict, code: Self.code, "The session of this browser is now in another organisation.")
        }
        return try await next(request, context)
    }
}

extension HTTPField.Name {
    // The literal is a valid header name, so the fallback is never taken.
    static let pixelFlowOrganisation = HTTPField.Name("pixelflow-organisation") ?? .via
}
