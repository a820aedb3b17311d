import WireFormats
import Yams

/// Converts YAML to JSON values, within limits that no legitimate configuration reaches.
enum YAMLDocument {
    struct ParseError: Error, CustomStringConvertible {
        let description: String
    }

    enum Scalars {
        /// All scalars except null stay strings.
        case text
        /// Plain scalars become numbers and booleans.
        case typed
    }

    /// The maximum size after aliases are expanded.
    private static let maximumNodes = 1_000_000
    /// Each alias can at most double the document, so this number bounds its size before it is composed.
    private static let maximumAliases = 32
    /// Composing and converting are recursive.
    private static let maximumDepth = 100

    static func parse(_ bytes: [UInt8], scalars: Scalars = .text) throws(ParseError) -> JSONValue {
        let text = String(decoding: bytes, as: UTF8.self)
        guard aliasCount(bytes) <= maximumAliases else { throw ParseError(description: "too many aliases") }
        guard !nestsTooDeeply(bytes) else { throw ParseError(description: "nested too deeply") }
        let root: Yams.Node?
        do throws(any Error) {
            root = try Yams.compose(yaml: text)
        } catch {
            throw ParseError(description: oneLine(error))
        }
        guard let root else { return .null }
        var budget = maximumNodes
        return try convert(root, scalars: scalars, depth: 0, budget: &budget)
    }

    /// The position and the problem, without the lines of the file, which may contain secrets.
    private static func oneLine(_ error: any Error) -> String {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            "line \(mark.line): \(problem)"
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            "line \(context.mark.line): \(duplicates.first ?? "a key") is given twice"
        case YamlError.reader(let problem, _, _, _): problem
        default: "not YAML"
        }
    }

    private static func aliasCount(_ bytes: [UInt8]) -> Int {
        zip(bytes, bytes.dropFirst()).count { star, next in
            guard star == UInt8(ascii: "*") else { return false }
            let character = Character(UnicodeScalar(next))
            return character.isLetter || character.isNumber || character == "_" || character == "-"
        }
    }

    /// An upper bound of the nesting, computed before any recursion: open brackets, plus consecutive dashes or question marks
    /// (`- - -`), each of which opens a level. Indentation is bounded by the scanner's limit on line starts.
    private static func nestsTooDeeply(_ bytes: [UInt8]) -> Bool {
        var brackets = 0
        var indicators = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): brackets += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(0, brackets - 1)
            case UInt8(ascii: "-"), UInt8(ascii: "?"): indicators += 1
            case UInt8(ascii: " "): break
            default: indicators = 0
            }
            if max(brackets, indicators) > maximumDepth { return true }
        }
        return false
    }

    private static func convert(_ node: Yams.Node, scalars: Scalars, depth: Int, budget: inout Int) throws(ParseError) -> JSONValue {
        budget -= 1
        guard budget > 0 else { throw ParseError(description: "too large") }
        guard depth < maximumDepth else { throw ParseError(description: "nested too deeply") }
        switch node {
        case .scalar(let scalar): return value(of: scalar, scalars)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try convert(element, scalars: scalars, depth: depth + 1, budget: &budget)) }
            return .array(elements)
        case .mapping(let mapping):
            var fields: [String: JSONValue] = [:]
            for (key, element) in mapping {
                guard case .scalar(let name) = key else { throw ParseError(description: "a key that is not a string") }
                fields[name.string] = try convert(element, scalars: scalars, depth: depth + 1, budget: &budget)
            }
            return .object(fields)
        case .alias: throw ParseError(description: "an alias to nothing")
        }
    }

    private static func value(of scalar: Yams.Node.Scalar, _ scalars: Scalars) -> JSONValue {
        let text = scalar.string
        guard scalar.style == .plain || scalar.style == .any else { return .string(text) }
        if ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
        guard scalars == .typed else { return .string(text) }
        if let flag = boolean(text) { return .bool(flag) }
        if let integer = Int(text) { return .integer(integer) }
        if let first = text.first, first.isNumber || first == "-" || first == ".", let number = Double(text) { return .number(number) }
        return .string(text)
    }

    static func boolean(_ text: String) -> Bool? {
        switch text {
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        default: nil
        }
    }
}
