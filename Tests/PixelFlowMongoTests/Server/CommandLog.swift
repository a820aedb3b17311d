import FaultProxy
import NIOCore
import Synchronization
import Testing

@testable import PixelFlowMongo

/// The commands that a store sends through a proxy.
final class CommandLog: Sendable {
    private let log = Mutex<[BSONDocument]>([])

    init(_ proxy: FaultProxy) {
        // Looks at every request, and cuts the reply to none.
        proxy.cutReplies { [self] request in
            if let command = Self.command(of: request) { log.withLock { $0.append(command) } }
            return false
        }
    }

    /// The commands during `body`.
    func commands(_ body: () async throws -> Void) async rethrows -> [BSONDocument] {
        log.withLock { $0 = [] }
        try await body()
        return log.withLock { $0 }
    }

    /// The plans of the queries during `body`, which must return this value.
    func plans<Value: Equatable & Sendable>(finding value: Value, _ body: () async throws -> Value) async throws -> [String] {
        let commands = try await commands {
            let found = try await body()
            #expect(found == value)
        }
        return commands.compactMap { QueryPlan(of: $0)?.description }
    }

    /// - Parameter request: a message of MongoDB's wire protocol; parts of one are ignored.
    private static func command(of request: ByteBuffer) -> BSONDocument? {
        let message: UInt32 = 2013
        let documentStart = request.readerIndex + 21
        guard request.getInteger(at: request.readerIndex, endianness: .little, as: UInt32.self).map(Int.init) == request.readableBytes,
            request.getInteger(at: request.readerIndex + 12, endianness: .little) == message,
            let length = request.getInteger(at: documentStart, endianness: .little, as: UInt32.self),
            let bytes = request.getBytes(at: documentStart, length: Int(length))
        else { return nil }
        return try? bytes.withUnsafeBytes { try BSONDocument(decoding: $0) }
    }
}
