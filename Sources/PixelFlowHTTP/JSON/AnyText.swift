package import OpenAPI
import Synchronization

/// A text of a request that may contain U+0000, which `JSONBody` refuses in any other text: a password, which is only hashed, or an
/// address, whose own check names a better reason.
package struct AnyText: Codable, Sendable, Hashable, SchemaDescribed {
    package static let schema = JSONSchema.string()
    package static let sample = AnyText("")

    package let text: String

    package init(_ text: String) { self.text = text }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
        (decoder.userInfo[AnyTextPaths.key] as? AnyTextPaths)?.add(decoder.codingPath)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Where a body has `AnyText`, by the types that decode it. Passed to a decoder in its `userInfo`.
final class AnyTextPaths: Sendable {
    /// The literal is a valid key, so that nothing is found without it.
    static let key = CodingUserInfoKey(rawValue: "pixelflow.any-text") ?? { preconditionFailure("not a key") }()

    private let paths = Mutex<Set<String>>([])

    func add(_ path: [any CodingKey]) {
        guard let known = JSONBody.path(path) else { return }
        paths.withLock { _ = $0.insert(known) }
    }

    func contains(_ path: String) -> Bool { paths.withLock { $0.contains(path) } }
}
