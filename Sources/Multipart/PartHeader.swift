import NIOCore

/// Collects the header lines of one part, within limits.
struct PartHeader: Sendable {
    private let limits: MultipartLimits
    private var headers: [MultipartPart.Header] = []
    private var bytes = 0

    init(limits: MultipartLimits) { self.limits = limits }

    /// Consumes complete lines from `buffer`.
    ///
    /// - Returns: all headers after the empty line, otherwise nil.
    mutating func read(from buffer: inout ByteBuffer) throws(MultipartError) -> [MultipartPart.Header]? {
        while true {
            let room = limits.headerBytes - bytes
            guard let end = lineEnd(in: buffer) else {
                if buffer.readableBytes >= room { throw .headerTooLarge(limit: limits.headerBytes) }
                return nil
            }
            guard end <= room, let line = buffer.readBytes(length: end) else { throw .headerTooLarge(limit: limits.headerBytes) }
            bytes += end
            guard line.dropLast().last == UInt8(ascii: "\r") else { throw .bareLineFeed }
            if line.count == 2 { return headers }
            guard headers.count < limits.headers else { throw .tooManyHeaders(limit: limits.headers) }
            headers.append(try Self.parse(line.dropLast(2)))
        }
    }

    /// The number of bytes up to and including the next line feed.
    private func lineEnd(in buffer: ByteBuffer) -> Int? {
        buffer.withUnsafeReadableBytes { $0.offset(of: UInt8(ascii: "\n"), from: 0) }.map { $0 + 1 }
    }

    private static func parse(_ line: ArraySlice<UInt8>) throws(MultipartError) -> MultipartPart.Header {
        let name = line.prefix(while: \.isToken)
        let value = line[name.endIndex...].dropFirst()
        guard !name.isEmpty, name.endIndex < line.endIndex, line[name.endIndex] == UInt8(ascii: ":"),
            value.allSatisfy(\.isFieldText)
        else { throw .headerLineInvalid }
        return MultipartPart.Header(name: name.text, value: value.trimmed.text)
    }
}
