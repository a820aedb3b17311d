import NIOCore
import WireFormats

/// Percent-encodes non-ASCII bytes in the `Location` of a response before it is parsed.
///
/// Servers send UTF-8, Latin-1, spaces and worse in that header and mean these exact bytes. The HTTP parser would drop or reject them.
final class LocationEncoder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// In bytes; a longer head is passed on unchanged, and the parser rejects it.
    static let maximumHead = 64 * 1024

    private var head = ByteBuffer()
    /// How many bytes of `head` have been searched for its end, and where its last line starts: a head may arrive byte by byte.
    private var searched = 0
    private var lineStart = 0
    private var isDone = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isDone else { return context.fireChannelRead(data) }
        head.writeBuffer(&bytes)
        let beginning = Array("HTTP/".utf8)
        while !isDone {
            let isHead = head.readableBytesView.prefix(5).elementsEqual(beginning.prefix(head.readableBytes))
            guard isHead, head.readableBytes <= Self.maximumHead else { return passOn(context) }
            guard let length = lengthOfHead(), let one = head.readSlice(length: length) else { return }
            context.fireChannelRead(wrapInboundOut(Self.encoded(one)))
            // Informational responses, such as 103 Early Hints, come before the final one.
            isDone = !Self.isInformational(one)
        }
        passOn(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        passOn(context)
        context.fireChannelInactive()
    }

    private func passOn(_ context: ChannelHandlerContext) {
        isDone = true
        let rest = head
        head = ByteBuffer()
        if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
    }

    /// The length of the head, including the empty line; nil until it is complete. Examines each byte once.
    private func lengthOfHead() -> Int? {
        let view = head.readableBytesView
        while let end = view[(view.startIndex + searched)...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = view[(view.startIndex + lineStart)..<end]
            searched = end + 1 - view.startIndex
            lineStart = searched
            guard line.isEmpty || line.elementsEqual([UInt8(ascii: "\r")]) else { continue }
            defer { (searched, lineStart) = (0, 0) }
            return searched
        }
        searched = view.count
        return nil
    }

    /// For example `HTTP/1.1 103 Early Hints`.
    private static func isInformational(_ head: ByteBuffer) -> Bool {
        head.readableBytesView.split(separator: UInt8(ascii: " "), maxSplits: 2).dropFirst().first?.first == UInt8(ascii: "1")
    }

    private static func encoded(_ head: ByteBuffer) -> ByteBuffer {
        var result = ByteBuffer()
        result.reserveCapacity(head.readableBytes)
        for line in head.readableBytesView.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            if let colon = line.firstIndex(of: UInt8(ascii: ":")), isLocation(line[..<colon]) {
                result.writeString("Location: \(encoded(value: line[(colon + 1)...]))\r\n")
            } else {
                result.writeBytes(line)
                result.writeInteger(UInt8(ascii: "\n"))
            }
        }
        return result
    }

    private static func isLocation(_ name: ByteBufferView) -> Bool {
        name.count == 8 && String(decoding: name, as: UTF8.self).lowercased() == "location"
    }

    private static func encoded(value: ByteBufferView) -> String {
        func isBlank(_ byte: UInt8) -> Bool { [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")].contains(byte) }
        let end = value.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? value.startIndex
        var text = ""
        for byte in value[..<end].drop(while: isBlank) {
            switch byte {
            // Removed, as in browsers.
            case UInt8(ascii: "\t"), UInt8(ascii: "\r"): continue
            case 0x21...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += PercentEncoding.encoded(byte)
            }
        }
        return text
    }
}
