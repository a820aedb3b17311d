/// Encodes values as JSON in one pass. Faster than `JSONEncoder`, which builds a tree of the complete document first.
///
/// The text has no whitespace. It is that of `JSONEncoder`, except that slashes are not escaped, that DEL is, and that backspace
/// and form feed are escaped by their numbers. Types of Foundation that `JSONEncoder` treats specially, such as `Data` and `URL`, are
/// encoded as their own conformance says.
public struct JSONStreamEncoder: Sendable {
    private let sortsKeys: Bool

    /// - Parameter sortsKeys: whether the members of each object are in the order of their keys, so that equal values have equal texts.
    ///   Otherwise they are in the order in which a value encodes them.
    public init(sortsKeys: Bool) {
        self.sortsKeys = sortsKeys
    }

    /// The JSON text of `value` in UTF-8.
    ///
    /// A container must be complete before its parent continues, as it is wherever the compiler writes the conformance.
    /// - Throws: `EncodingError` for a number that is not finite, without its path; and the errors of `value`.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
        let stream = JSONStream(sortsKeys: sortsKeys)
        try stream.append(value, depth: 0)
        return stream.text
    }
}

/// JSON text that a `JSONStreamEncoder` copies as it is; other encoders write the value that it stands for.
public struct EncodedJSON: Sendable, Encodable {
    private let text: String

    /// - Parameter text: one value as JSON without whitespace around it, for example from `JSONStreamEncoder`. Its keys stay in their order.
    public init(_ text: String) {
        self.text = text
    }

    /// - Throws: `JSONValue.SyntaxError` if another encoder needs the value and the text is not JSON.
    public func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? JSONValueEncoder else { return try JSONValue(parsing: text).encode(to: encoder) }
        encoder.stream.append(encoded: text)
    }
}

/// The text so far, and the objects and arrays that are open at its end.
///
/// Used by one thread during one call of `encode`, so checks of exclusive access would find nothing; they took a tenth of its time.
final class JSONStream {
    private struct Container {
        /// Distinguishes containers that were at the same depth one after the other.
        let number: Int
        let isObject: Bool
        var isEmpty = true
        /// The index of its first member in `members`.
        let firstMember: Int
    }

    /// The position of a member whose object may have to be sorted.
    private struct Member {
        let key: String
        let start: Int
    }

    @exclusivity(unchecked) private(set) var text: [UInt8] = []
    @exclusivity(unchecked) private var containers: [Container] = []
    @exclusivity(unchecked) private var members: [Member] = []
    @exclusivity(unchecked) private var opened = 0
    private let sortsKeys: Bool

    init(sortsKeys: Bool) {
        self.sortsKeys = sortsKeys
        text.reserveCapacity(1024)
    }

    /// Appends a value inside of `depth` containers.
    func append(_ value: some Encodable, depth: Int) throws {
        let start = text.count
        try value.encode(to: JSONValueEncoder(stream: self, depth: depth))
        close(to: depth)
        if text.count == start { text += "{}".utf8 }
    }

    func append(_ value: String) { JSONText.append(value, to: &text) }
    func append(encoded json: String) { text += json.utf8 }
    func append(_ value: Bool) { text += (value ? "true" : "false").utf8 }
    func append(_ value: some FixedWidthInteger) { text += String(value).utf8 }
    func appendNull() { text += "null".utf8 }

    func append<Number: BinaryFloatingPoint & CustomStringConvertible>(_ value: Number) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "JSON has no number for \(value)."))
        }
        let digits = value.description
        text += (digits.hasSuffix(".0") ? digits.dropLast(2) : digits[...]).utf8
    }

    /// Opens an object or array inside of `depth` others, or returns to the one that the same value has opened there.
    /// - Returns: its number.
    func open(depth: Int, isObject: Bool) -> Int {
        close(to: depth + 1)
        if containers.count > depth {
            precondition(containers[depth].isObject == isObject, "one value is encoded as an object and as an array")
            return containers[depth].number
        }
        opened += 1
        containers.append(Container(number: opened, isObject: isObject, firstMember: members.count))
        text.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        return opened
    }

    /// Begins a member of the object that is open inside of `depth` others.
    func beginMember(_ key: String, of number: Int, depth: Int) {
        separate(number, depth)
        if sortsKeys { members.append(Member(key: key, start: text.count)) }
        JSONText.append(key, to: &text)
        text.append(UInt8(ascii: ":"))
    }

    /// Begins an element of the array that is open inside of `depth` others.
    func beginElement(of number: Int, depth: Int) { separate(number, depth) }

    private func separate(_ number: Int, _ depth: Int) {
        close(to: depth + 1)
        precondition(containers.count > depth && containers[depth].number == number, "a container is continued after its parent")
        if containers[depth].isEmpty {
            containers[depth].isEmpty = false
        } else {
            completeMember()
            text.append(UInt8(ascii: ","))
        }
    }

    /// Closes all containers inside of `depth` others.
    private func close(to depth: Int) {
        while containers.count > depth {
            let container = containers.removeLast()
            if !container.isEmpty { completeMember() }
            if sortsKeys, container.isObject { sortMembers(from: container.firstMember) }
            text.append(container.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        }
    }

    /// A member whose value encoded nothing, as one that was left to `superEncoder` can, becomes an empty object.
    private func completeMember() {
        if let last = text.last, last == UInt8(ascii: ":") || last == UInt8(ascii: ",") || last == UInt8(ascii: "[") {
            text += "{}".utf8
        }
    }

    /// Sorts the members of the object that ends here by their keys.
    private func sortMembers(from first: Int) {
        defer { members.removeSubrange(first...) }
        guard members.count - first > 1 else { return }
        let sorted = members[first...].indices.sorted { members[$0].key < members[$1].key }
        guard sorted != Array(first..<members.count) else { return }
        let base = members[first].start
        var result: [UInt8] = []
        result.reserveCapacity(text.count - base)
        for index in sorted {
            if !result.isEmpty { result.append(UInt8(ascii: ",")) }
            let end = index + 1 < members.count ? members[index + 1].start - 1 : text.count
            result += text[members[index].start..<end]
        }
        text.replaceSubrange(base..., with: result)
    }
}

/// Encodes one value inside of `depth` containers.
fileprivate struct JSONValueEncoder: Encoder, SingleValueEncodingContainer {
    let stream: JSONStream
    let depth: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONObjectEncoder<Key>(stream, depth: depth))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { JSONArrayEncoder(stream, depth: depth) }
    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { stream.appendNull() }
    func encode(_ value: Bool) { stream.append(value) }
    func encode(_ value: String) { stream.append(value) }
    func encode(_ value: Double) throws { try stream.append(value) }
    func encode(_ value: Float) throws { try stream.append(value) }
    func encode(_ value: Int) { stream.append(value) }
    func encode(_ value: Int8) { stream.append(value) }
    func encode(_ value: Int16) { stream.append(value) }
    func encode(_ value: Int32) { stream.append(value) }
    func encode(_ value: Int64) { stream.append(value) }
    func encode(_ value: Int128) { stream.append(value) }
    func encode(_ value: UInt) { stream.append(value) }
    func encode(_ value: UInt8) { stream.append(value) }
    func encode(_ value: UInt16) { stream.append(value) }
    func encode(_ value: UInt32) { stream.append(value) }
    func encode(_ value: UInt64) { stream.append(value) }
    func encode(_ value: UInt128) { stream.append(value) }
    func encode(_ value: some Encodable) throws { try stream.append(value, depth: depth) }
}

private struct JSONObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let stream: JSONStream
    private let depth: Int
    private let number: Int

    init(_ stream: JSONStream, depth: Int) {
        self.stream = stream
        self.depth = depth
        number = stream.open(depth: depth, isObject: true)
    }

    var codingPath: [any CodingKey] { [] }

    /// Begins the member of a key, and returns the encoder of its value.
    private func member(_ key: some CodingKey) -> JSONValueEncoder {
        stream.beginMember(key.stringValue, of: number, depth: depth)
        return JSONValueEncoder(stream: stream, depth: depth + 1)
    }

    func encodeNil(forKey key: Key) { member(key).encodeNil() }
    func encode(_ value: Bool, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: String, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Double, forKey key: Key) throws { try member(key).encode(value) }
    func encode(_ value: Float, forKey key: Key) throws { try member(key).encode(value) }
    func encode(_ value: Int, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Int8, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Int16, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Int32, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Int64, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Int128, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: UInt, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: UInt8, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: UInt16, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: UInt32, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: UInt64, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: UInt128, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try member(key).encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { member(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { member(SuperKey()) }
    func superEncoder(forKey key: Key) -> any Encoder { member(key) }
}

private struct JSONArrayEncoder: UnkeyedEncodingContainer {
    private let stream: JSONStream
    private let depth: Int
    private let number: Int
    private(set) var count = 0

    init(_ stream: JSONStream, depth: Int) {
        self.stream = stream
        self.depth = depth
        number = stream.open(depth: depth, isObject: false)
    }

    var codingPath: [any CodingKey] { [] }

    /// Begins an element, and returns the encoder of its value.
    private mutating func element() -> JSONValueEncoder {
        stream.beginElement(of: number, depth: depth)
        count += 1
        return JSONValueEncoder(stream: stream, depth: depth + 1)
    }

    mutating func encodeNil() { element().encodeNil() }
    mutating func encode(_ value: Bool) { element().encode(value) }
    mutating func encode(_ value: String) { element().encode(value) }
    mutating func encode(_ value: Double) throws { try element().encode(value) }
    mutating func encode(_ value: Float) throws { try element().encode(value) }
    mutating func encode(_ value: Int) { element().encode(value) }
    mutating func encode(_ value: Int8) { element().encode(value) }
    mutating func encode(_ value: Int16) { element().encode(value) }
    mutating func encode(_ value: Int32) { element().encode(value) }
    mutating func encode(_ value: Int64) { element().encode(value) }
    mutating func encode(_ value: Int128) { element().encode(value) }
    mutating func encode(_ value: UInt) { element().encode(value) }
    mutating func encode(_ value: UInt8) { element().encode(value) }
    mutating func encode(_ value: UInt16) { element().encode(value) }
    mutating func encode(_ value: UInt32) { element().encode(value) }
    mutating func encode(_ value: UInt64) { element().encode(value) }
    mutating func encode(_ value: UInt128) { element().encode(value) }
    mutating func encode(_ value: some Encodable) throws { try element().encode(value) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        element().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { element().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { element() }
}

private struct SuperKey: CodingKey {
    let stringValue = "super"
    var intValue: Int? { nil }
    init() {}
    init?(stringValue: String) { nil }
    init?(intValue: Int) { nil }
}
