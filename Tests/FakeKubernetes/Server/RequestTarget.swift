import KubernetesClient
import WireFormats

/// The resource that a path refers to.
package struct RequestTarget: Sendable, Hashable {
    package var group: String
    package var version: String
    package var plural: String
    package var namespace: String?
    package var name: String?
    package var subresource: String?

    /// Nil if the path is not that of a resource.
    init?(path: String) {
        var parts = path.split(separator: "/").map { Self.unescape($0) }
        if parts.first == "api", parts.count >= 3 {
            group = ""
            version = parts[1]
            parts.removeFirst(2)
        } else if parts.first == "apis", parts.count >= 4 {
            group = parts[1]
            version = parts[2]
            parts.removeFirst(3)
        } else {
            return nil
        }
        if parts.count > 2, parts[0] == "namespaces" {
            namespace = parts[1]
            parts.removeFirst(2)
        }
        plural = parts[0]
        name = parts.count > 1 ? parts[1] : nil
        subresource = parts.count > 2 ? parts[2...].joined(separator: "/") : nil
    }

    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    var qualifiedPlural: String { group.isEmpty ? plural : "\(plural).\(group)" }

    var details: JSONValue {
        var details: JSONValue = ["kind": .string(plural)]
        if let name { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        return details
    }

    func key(_ name: String) -> ObjectKey {
        ObjectKey(group: group, plural: plural, namespace: namespace, name: name)
    }

    static func unescape(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
