import NIOCore

/// A command with its arguments, encoded as an array of byte strings.
package struct RedisCommand: Sendable {
    /// The first word, also the label in metrics.
    package let name: String
    private let arguments: [String]
    private let payload: [UInt8]?

    /// - Parameters:
    ///   - name: in uppercase: `GET`.
    ///   - payload: bytes inserted after the first argument.
    package init(_ name: String, _ arguments: [String] = [], payload: [UInt8]? = nil) {
        self.name = name
        self.arguments = arguments
        self.payload = payload
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.writeString("*\(1 + arguments.count + (payload == nil ? 0 : 1))\r\n")
        Self.write(name, to: &buffer)
        for (index, argument) in arguments.enumerated() {
            Self.write(argument, to: &buffer)
            if index == 0, let payload {
                buffer.writeString("$\(payload.count)\r\n")
                buffer.writeBytes(payload)
                buffer.writeString("\r\n")
            }
        }
    }

    private static func write(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeString("$\(text.utf8.count)\r\n")
        buffer.writeString(text)
        buffer.writeString("\r\n")
    }
}
