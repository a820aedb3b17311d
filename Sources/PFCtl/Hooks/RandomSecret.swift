import FoundationEssentials
import KubernetesClient

/// A Secret whose values nobody has chosen.
struct RandomSecret: Sendable {
    /// Safe in a URL, a shell and a configuration file: 64 of them, 6 bits each.
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    /// 240 bits.
    private static let length = 40

    let name: String
    let keys: [String]
    let labels: [String: String]

    /// With new values each time.
    func object() -> JSONValue {
        let values = keys.map { ($0, JSONValue.string(Data(Self.value()).base64EncodedString())) }
        return [
            "metadata": ["name": .string(name), "labels": .object(labels.mapValues { .string($0) })],
            "type": "Opaque", "data": .object(Dictionary(values) { $1 }),
        ]
    }

    private static func value() -> [UInt8] {
        // The system's generator is a cryptographic one.
        var generator = SystemRandomNumberGenerator()
        // A value that begins with a dash would be an option to the program that is started with it.
        let first = UInt8.random(in: 0..<62, using: &generator)
        let rest = (1..<length).map { _ in UInt8.random(in: 0..<64, using: &generator) }
        return ([first] + rest).map { alphabet[Int($0)] }
    }
}
