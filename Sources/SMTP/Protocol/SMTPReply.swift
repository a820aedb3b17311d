/// An answer of a server: a code and one or more lines.
public struct SMTPReply: Sendable, Hashable, CustomStringConvertible {
    public let code: Int
    public let lines: [String]

    public var description: String { "\(code) \(lines.joined(separator: " "))" }

    var isPositive: Bool { (200..<300).contains(code) }
    var isIntermediate: Bool { (300..<400).contains(code) }
    var isTransient: Bool { (400..<500).contains(code) }
}
