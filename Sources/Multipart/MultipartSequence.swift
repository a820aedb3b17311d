public import NIOCore

/// The events of a body that arrives as an asynchronous sequence of buffers.
///
/// Ends after `finished`. Throws `MultipartError` and the errors of the body. Applies back pressure: reads the body only
/// when events are requested.
public struct MultipartSequence<Body: AsyncSequence>: AsyncSequence where Body.Element == ByteBuffer {
    public typealias Element = MultipartEvent
    public typealias Failure = any Error

    private let body: Body
    private let parser: MultipartParser

    /// - Throws: `boundaryInvalid`.
    public init(_ body: Body, boundary: String, limits: MultipartLimits = MultipartLimits()) throws(MultipartError) {
        self.body = body
        self.parser = try MultipartParser(boundary: boundary, limits: limits)
    }

    public func makeAsyncIterator() -> Iterator { Iterator(body: body.makeAsyncIterator(), parser: parser) }

    public struct Iterator: AsyncIteratorProtocol {
        private var body: Body.AsyncIterator
        private var parser: MultipartParser
        private var hasEnded = false

        init(body: Body.AsyncIterator, parser: MultipartParser) {
            self.body = body
            self.parser = parser
        }

        public mutating func next() async throws -> MultipartEvent? { try await next(isolation: nil) }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> MultipartEvent? {
            while !hasEnded {
                if let event = try parser.next() {
                    if case .finished = event { hasEnded = true }
                    return event
                }
                guard let chunk = try await body.next(isolation: actor) else {
                    hasEnded = true
                    try parser.finish()
                    return nil
                }
                parser.feed(chunk)
            }
            return nil
        }
    }
}

extension MultipartSequence: Sendable where Body: Sendable {}
