/// Who asks, as the API server says.
struct Caller: Sendable, Hashable {
    var name: String
    var uid: String?
    var groups: [String] = []
    var extra: [String: [String]] = [:]
}
