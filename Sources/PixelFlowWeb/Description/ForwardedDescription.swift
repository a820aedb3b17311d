import WireFormats

/// The description of a service behind web, and the location of its paths in web.
struct ForwardedDescription: Sendable {
    let document: JSONValue
    /// The name of the service in problem codes.
    let name: String
    /// The prefix that web adds to the service's paths.
    let prefix: String
    /// The paths that web forwards; the service's other paths are not part of the product.
    let forwarded: ProxiedPaths

    static func auth(_ document: JSONValue) -> Self { Self(document: document, name: "auth", prefix: "/auth", forwarded: .auth) }
    static func api(_ document: JSONValue) -> Self { Self(document: document, name: "api", prefix: "", forwarded: .api) }
}

/// The reason why descriptions cannot be merged: the services have different versions.
enum DescriptionClashError: Error, Equatable {
    /// Two different components have the same name, such as `schemas/Problem`.
    case component(String)
    case operation(id: String)
    /// Two services have this path.
    case path(String)
    /// The document has no paths, so it is not a description.
    case noPaths(String)
}
