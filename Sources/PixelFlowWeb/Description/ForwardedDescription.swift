import WireFormats

/// The description of a service behind web, and where web has its paths.
struct ForwardedDescription: Sendable {
    let document: JSONValue
    /// Names the service in the codes of problems.
    let name: String
    /// What web puts before the service's own paths.
    let prefix: String
    /// What web passes on; the service's other paths are not the product's.
    let forwarded: ProxiedPaths

    static func auth(_ document: JSONValue) -> Self { Self(document: document, name: "auth", prefix: "/auth", forwarded: .auth) }
    static func api(_ document: JSONValue) -> Self { Self(document: document, name: "api", prefix: "", forwarded: .api) }
}

/// Why descriptions cannot be made one: the services that they come from are of different versions.
enum DescriptionClashError: Error, Equatable {
    /// Two components of one name, such as `schemas/Problem`.
    case component(String)
    case operation(id: String)
    /// Two services have this path.
    case path(String)
    /// What is no description has no paths.
    case noPaths(String)
}
