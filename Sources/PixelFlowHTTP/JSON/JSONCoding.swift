import Foundation

/// The one encoder and the one decoder: both are immutable once made, so every request shares them.
/// Keys are spelled out in `CodingKeys`, times are strings already (`Timestamp.iso8601`).
enum JSONCoding {
    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    static let decoder = JSONDecoder()
}
