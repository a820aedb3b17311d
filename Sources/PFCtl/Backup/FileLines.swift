import NIOCore
import PixelFlowClient
import Terminal

/// The lines of a file, without line ends; the file is read in chunks.
struct FileLines: AsyncSequence, Sendable {
    /// The maximum length of a line in bytes; a row is far shorter.
    private static let limit = 32 * 1024 * 1024

    let path: String

    func makeAsyncIterator() -> Iterator { Iterator(path: path) }

    struct Iterator: AsyncIteratorProtocol {
        let path: String
        private var file: FileReader?
        private var rest = ByteBuffer()
        private var isAtEnd = false

        init(path: String) { self.path = path }

        mutating func next() async throws -> ByteBuffer? {
            // How many bytes have already been searched for a line end.
            var searched = 0
            while true {
                if let end = rest.readableBytesView.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
                    let line = rest.readSlice(length: end - rest.readerIndex)
                    rest.moveReaderIndex(forwardBy: 1)
                    return line
                }
                searched = rest.readableBytes
                guard searched < FileLines.limit else { throw CommandError(.failed, "\(path) contains a line longer than 32 MiB") }
                guard !isAtEnd, let bytes = try await read() else {
                    isAtEnd = true
                    return rest.readableBytes == 0 ? nil : rest.readSlice(length: rest.readableBytes)
                }
                rest.discardReadBytes()
                rest.writeImmutableBuffer(bytes)
            }
        }

        private mutating func read() async throws -> ByteBuffer? {
            let file = try self.file ?? FileReader(path)
            self.file = file
            return try await file.next()
        }
    }
}
