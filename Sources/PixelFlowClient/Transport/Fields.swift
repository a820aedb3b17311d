import FoundationEssentials
import NIOCore
import NIOHTTP1
import WireFormats

/// Reads the members of a response. Unknown members are ignored, so that later services can add some.
struct Fields {
    let json: JSONValue

    /// - Throws: `ClientError.invalidResponse` if it is not an object.
    init(_ json: JSONValue) throws {
        guard json.objectValue != nil else {
            throw ClientError.invalidResponse("an object was expected, and not \(json.text().prefix(200))")
        }
        self.json = json
    }

    /// - Throws: `ClientError.invalidResponse` if there is no string of this name.
    func text(_ name: String) throws -> String {
        guard let text = json[name]?.stringValue else { throw ClientError.invalidResponse("the response has no \(name)") }
        return text
    }

    func list<Value>(_ name: String, _ make: (Fields) throws -> Value) throws -> [Value] {
        try (json[name]?.arrayValue ?? []).map { try make(Fields($0)) }
    }

    func object<Value>(_ name: String, _ make: (Fields) throws -> Value) throws -> Value? {
        guard let value = json[name], value != .null else { return nil }
        return try make(Fields(value))
    }

    /// Nil also for a string that is not a time.
    func time(_ name: String) -> Date? {
        json[name]?.stringValue.flatMap { RFC3339($0) }.map {
            Date(timeIntervalSince1970: Double($0.seconds) + Double($0.nanoseconds) / 1e9)
        }
    }
}

extension RequestBody {
    static func json(_ value: JSONValue) -> RequestBody { .bytes(ByteBuffer(string: value.text())) }
}

extension HTTPHeaders {
    static let json: HTTPHeaders = ["content-type": "application/json"]
}
