import HTTPTypes
import Hummingbird
import PixelFlowCore
import PixelFlowHTTP
import PixelFlowIdentity
import WireFormats

/// The origin of a request, for sessions and the audit log.
struct RequestOrigin: Sendable {
    let address: String
    /// The `User-Agent`; at most 256 bytes.
    let device: String
    let requestID: String
    let at: Timestamp
    /// The client address as the throttles count it: IPv6 by /64.
    let subscriber: String?

    init(_ request: Request, _ context: AppRequestContext, proxies: TrustedProxies, clock: any WallClock) {
        let client = proxies.client(of: request, context: context)
        address = client?.description ?? ""
        subscriber = client?.subscriber
        device = String(decoding: (request.headers[.userAgent] ?? "").utf8.filter { $0 >= 0x20 && $0 < 0x7f }.prefix(256), as: UTF8.self)
        requestID = context.requestID
        at = clock.now()
    }

    /// An audit entry for an action of a person, a program or an operator.
    func audit(
        _ action: AuditAction, in organisation: TenantID, by actor: AuditActor, target: String = "", detail: String = ""
    ) -> AuditEntry {
        AuditEntry(
            id: UUIDv7.make(at: at), organisation: organisation, at: at, actor: actor.id, actorName: actor.name, action: action,
            target: target, detail: detail, address: address, requestID: requestID)
    }
}

extension AuditActor {
    init(_ user: User) { self.init(id: user.id.rawValue, name: user.email) }
}
