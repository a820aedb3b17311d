/// The caller, as authenticated by the API server.
struct Caller: Sendable, Hashable {
    var name: String
    var uid: String?
    var groups: [String] = []
    var extra: [String: [String]] = [:]
}
