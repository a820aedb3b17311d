public import HTTPTypes
public import PixelFlowCore

/// An error whose answer has header fields of its own.
public struct HeaderedError: Error, CustomStringConvertible {
    public let error: PixelFlowError
    public let headers: HTTPFields

    public init(_ error: PixelFlowError, headers: HTTPFields) {
        self.error = error
        self.headers = headers
    }

    public var description: String { error.description }
}
