package import ArgumentParser
package import PixelFlowClient
package import Terminal

/// A kind of objects that commands print with `-o name`, such as `task/ID`, and take as arguments.
package protocol ObjectKind: Sendable {
    static var kind: String { get }
    /// What is before the slash.
    static var prefixes: [String] { get }
    /// What is after the slash: an id, or a name.
    static var identifier: String { get }
}

extension ObjectKind {
    package static var prefixes: [String] { [kind] }
    package static var identifier: String { "id" }

    /// For `-o name` and messages.
    package static func reference(_ id: String) -> String { "\(kind)/\(id)" }
}

/// An object on the command line: its id, or its reference as `-o name` prints it.
package struct ObjectArgument<Kind: ObjectKind>: ExpressibleByArgument, Sendable {
    private let text: String

    package init(argument: String) { text = argument }

    /// Refuses what the service would take for another path.
    ///
    /// - Throws: `CommandError` with `usage` if it cannot be the id of an object of this kind.
    package var id: String {
        get throws(CommandError) {
            let prefix = Kind.prefixes.map { $0 + "/" }.first { text.hasPrefix($0) } ?? ""
            let id = String(text.dropFirst(prefix.count))
            let isPossible = id.allSatisfy { $0 != "/" && !$0.isWhitespace } && !["", ".", ".."].contains(id)
            guard isPossible else { throw CommandError(.usage, "'\(text)' is not the \(Kind.identifier) of any \(Kind.kind)") }
            return id
        }
    }
}

extension Array {
    /// - Throws: `CommandError` with `usage` if one of them cannot be an id, before anything is done to the others.
    package func ids<Kind>() throws(CommandError) -> [String] where Element == ObjectArgument<Kind> {
        var ids: [String] = []
        for argument in self { ids.append(try argument.id) }
        return ids
    }
}

extension ImageTask: ObjectKind { package static let kind = "task" }
extension ImageBatch: ObjectKind { package static let kind = "batch" }
extension APIKey: ObjectKind { package static let kind = "key" }
extension Organisation: ObjectKind { package static let kind = "organisation" }
extension UserAccount: ObjectKind { package static let kind = "user" }
extension Webhook: ObjectKind { package static let kind = "webhook" }
extension WebhookDelivery: ObjectKind { package static let kind = "delivery" }

extension Preset: ObjectKind {
    package static let kind = "preset"
    package static let identifier = "name"
}
