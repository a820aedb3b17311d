/// The token that the services know people by, as `login` gives it.
enum AccessToken {
    static let variable = "PIXELFLOW_TOKEN"

    static func find(in environment: [String: String]) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// - Throws: `CommandFailure` where there is none.
    static func require(in environment: [String: String]) throws -> String {
        if let token = find(in: environment) { return token }
        throw CommandFailure(
            .unreachable, "the api wants to know who asks", hint: "set \(variable) to the token that a login at PixelFlow gives")
    }
}
