/// Writes files into a tar archive, in the ustar format of POSIX.1-1988.
struct TarArchive: Sendable {
    private static let block = 512
    /// The limits of a path: 155 bytes of folders and 100 of the name, separated by a slash.
    private static let (longestPrefix, longestName) = (155, 100)

    private var bytes: [UInt8] = []
    /// The modification time of every file, in seconds since 1970.
    private let time: Int

    init(time: Int) {
        self.time = max(0, time)
    }

    /// Adds a file that only its owner can read.
    /// - Parameter path: Relative, with slashes. If it is too long, its start is cut off.
    mutating func add(_ path: String, _ contents: [UInt8]) {
        bytes += header(path, size: contents.count)
        bytes += contents
        bytes += padding(contents.count)
    }

    /// The whole archive, terminated by two empty blocks.
    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: Self.block * 2) }

    private func padding(_ size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (Self.block - size % Self.block) % Self.block)
    }

    private func header(_ path: String, size: Int) -> [UInt8] {
        let (prefix, name) = Self.split(Array(path.utf8))
        var header: [UInt8] = []
        header += Self.field(name, width: 100)
        header += Self.octal(0o600, width: 8) + Self.octal(0, width: 8) + Self.octal(0, width: 8)
        header += Self.octal(size, width: 12) + Self.octal(time, width: 12)
        header += [UInt8](repeating: 0x20, count: 8)
        header += Array("0".utf8) + Self.field([], width: 100) + Array("ustar\u{0}00".utf8)
        header += Self.field([], width: 32) + Self.field([], width: 32)
        header += Self.octal(0, width: 8) + Self.octal(0, width: 8) + Self.field(prefix, width: 155)
        header += [UInt8](repeating: 0, count: Self.block - header.count)
        // The sum of all bytes, with the checksum field itself counted as eight spaces; written as six digits, a zero byte and a space.
        let sum = header.reduce(0) { $0 + Int($1) }
        header.replaceSubrange(148..<156, with: Self.octal(sum, width: 7) + [0x20])
        return header
    }

    private static func split(_ path: [UInt8]) -> (prefix: [UInt8], name: [UInt8]) {
        guard path.count > longestName else { return ([], path) }
        let slash = UInt8(ascii: "/")
        let cut = path.indices.first { path[$0] == slash && $0 <= longestPrefix && path.count - $0 - 1 <= longestName && $0 > 0 }
        guard let cut else { return ([], Array(path.suffix(longestName))) }
        return (Array(path[..<cut]), Array(path[(cut + 1)...]))
    }

    private static func field(_ text: [UInt8], width: Int) -> [UInt8] {
        Array(text.prefix(width)) + [UInt8](repeating: 0, count: max(0, width - text.count))
    }

    /// Octal digits with leading zeros and a trailing zero byte.
    private static func octal(_ number: Int, width: Int) -> [UInt8] {
        let digits = Array(String(number, radix: 8).utf8)
        return [UInt8](repeating: 0x30, count: max(0, width - 1 - digits.count)) + digits.suffix(width - 1) + [0]
    }
}
