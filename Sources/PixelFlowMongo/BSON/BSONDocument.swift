/// A BSON document (bsonspec.org): an ordered list of fields.
struct BSONDocument: Sendable, Hashable {
    struct Field: Sendable, Hashable {
        var name: String
        var value: BSONValue
    }

    var fields: [Field]

    init(_ fields: [Field] = []) { self.fields = fields }

    /// The value of a field. Setting nil does nothing, so that missing values are not written.
    subscript(name: String) -> BSONValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            guard let newValue else { return }
            if let index = fields.firstIndex(where: { $0.name == name }) {
                fields[index].value = newValue
            } else {
                fields.append(Field(name: name, value: newValue))
            }
        }
    }

    var isEmpty: Bool { fields.isEmpty }
}

/// The subset of BSON that tasks and commands need. Integers are written with 64 bits.
enum BSONValue: Sendable, Hashable {
    case double(Double)
    case string(String)
    case document(BSONDocument)
    case array([BSONValue])
    case bool(Bool)
    case int(Int64)
    case null
    /// Any other type that a server may send; skipped when decoding, never written.
    case other
}

extension BSONValue {
    static func int(_ number: Int) -> BSONValue { .int(Int64(number)) }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var document: BSONDocument? { if case .document(let document) = self { document } else { nil } }
    var array: [BSONValue]? { if case .array(let values) = self { values } else { nil } }
    var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }

    /// Servers return integers with 32 or 64 bits.
    var int64: Int64? {
        switch self {
        case .int(let number): number
        case .double(let number): Int64(exactly: number.rounded())
        default: nil
        }
    }

    var int: Int? { int64.map(Int.init) }

    var double: Double? {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }
}

extension BSONDocument: ExpressibleByDictionaryLiteral {
    init(dictionaryLiteral elements: (String, BSONValue)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int64) { self = .int(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(arrayLiteral elements: BSONValue...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, BSONValue)...) {
        self = .document(BSONDocument(elements.map { BSONDocument.Field(name: $0.0, value: $0.1) }))
    }
}
