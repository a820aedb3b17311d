import Foundation

/// The shared encoder and decoder: both are immutable, so all requests use them.
/// Keys are spelled out in `CodingKeys`, times are strings already (`Timestamp.iso8601`).
enum JSONCoding {
    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    static let decoder = JSONDecoder()
}
